// npm run bench:delivery: the delivery engine in processes of its own that send to a recording receiver.
// --kills 40 --rows 8000 (half of them without keys, half with) · --only makespan,halt,… · --json
// Counts (lost, doubled, sent late) decide the exit code; times are printed with the machine and the goal.
import { execFileSync } from 'node:child_process'
import { appendFileSync, cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { parseArgs } from 'node:util'

import type { SendRate } from '../src/channels/channel.ts'
import { PLATFORM_LIMITS } from '../src/channels/platform-limits.ts'
import type { DeliveryStatus } from '../src/delivery/delivery-status.ts'
import { LANES } from '../src/delivery/lanes.ts'
import { delivery } from '../src/store/tables/delivery.ts'
import {
  balanceRows,
  CRASH_POINTS,
  MOST_IN_FLIGHT,
  runCrashes,
  within,
  type CrashReport,
} from '../test/support/delivery-crashes.ts'
import { addChats, DeliveryWorker, withStore, type StorePlace } from '../test/support/delivery-harness.ts'
import { DeliveryReceiver, type Fault, type ReceiverRules } from '../test/support/delivery-receiver.ts'
import { createLocalPostgres, type LocalPostgres } from '../test/support/postgres-server.ts'
import { describeMachine, quantile, round } from './bench-search.ts'
import { chatName, releaseText, type BenchRelease, type WorkerPlan } from './delivery-worker.ts'
import { createRandom } from './seeded-random.ts'

const GROUPS = 1_031
const TELEGRAM_PER_SECOND = 30
const DAY_MS = 86_400_000
const LIMIT_MS = 120_000

interface Result {
  figures: Record<string, number | string>
  /** Counts that must not be; empty when all is right. */
  wrong: string[]
}

interface Scene {
  place: StorePlace
  receiver: DeliveryReceiver
  start(plan?: Partial<WorkerPlan>): Promise<DeliveryWorker>
}

/** A store with so many chats, a receiver, and the workers that are started in it; all of it gone afterwards. */
async function withScene(
  set: { chats: number; rules?: Partial<ReceiverRules>; databaseUrl?: string; parent?: string },
  play: (scene: Scene) => Promise<Result>,
): Promise<Result> {
  const dataDir = await makeDataDir(set.parent)
  const place = { dataDir, databaseUrl: set.databaseUrl ?? null }
  const receiver = new DeliveryReceiver({ answerMs: 5, ...set.rules })
  const workers: DeliveryWorker[] = []
  await addChats(place, set.chats)
  await receiver.start()
  const start = async (plan: Partial<WorkerPlan> = {}) => {
    const idempotent = receiver.rules.idempotent
    const worker = new DeliveryWorker({
      ...place,
      receiverUrl: receiver.url,
      idempotent,
      rates: [],
      timeoutMs: 5_000,
      ...plan,
    })
    workers.push(worker)
    await worker.ready
    return worker
  }
  try {
    return await play({ place, receiver, start })
  } finally {
    for (const worker of workers) if (worker.alive) await worker.kill()
    await receiver.stop()
    rmSync(dataDir, { recursive: true, force: true })
  }
}

let template: Promise<string> | undefined

/** With an empty embedded store in it; copying one is faster than making one. */
async function makeDataDir(parent = tmpdir()): Promise<string> {
  template ??= makeTemplate()
  const dataDir = mkdtempSync(join(parent, 'anxiao-delivery-'))
  cpSync(await template, dataDir, { recursive: true })
  return dataDir
}

async function makeTemplate(): Promise<string> {
  const dataDir = mkdtempSync(join(tmpdir(), 'anxiao-delivery-'))
  process.once('exit', () => rmSync(dataDir, { recursive: true, force: true }))
  await withStore({ dataDir, databaseUrl: null }, () => Promise.resolve())
  return dataDir
}

function planRelease(version: string, chats: number, more: Partial<BenchRelease> = {}): BenchRelease {
  return { version, chats, lane: LANES.notice, resendUnknown: false, lifeMs: DAY_MS, ...more }
}

function perSecond(count: number): SendRate[] {
  return [{ per: 'account', count, windowMs: 1_000 }]
}

/** Stops the workers and holds rows against arrivals. */
async function closeAndCount({ place, receiver }: Scene, workers: readonly DeliveryWorker[], mayEnd?: string[]) {
  for (const worker of workers) await worker.stop()
  return withStore(place, (store) =>
    balanceRows(store, receiver.arrivals, ({ state }) => mayEnd?.includes(state) ?? false),
  )
}

function listWrong(checks: Record<string, boolean>): string[] {
  return Object.entries(checks).flatMap(([name, holds]) => (holds ? [] : [name]))
}

async function settle(worker: DeliveryWorker, ms = LIMIT_MS): Promise<boolean> {
  return within(ms, worker.ask({ do: 'settle' })).then(
    () => true,
    () => false,
  )
}

/** From the command to the arrival. */
async function timeReply(scene: Scene, worker: DeliveryWorker, name: string): Promise<number> {
  const key = `reply-${name}`
  const startedAt = performance.now()
  const arrived = scene.receiver.until(() => scene.receiver.arrivals.at(-1)?.key === key)
  const done = worker.ask({ do: 'reply', key, chat: `asker-${name}`, text: releaseText(key) })
  await within(20_000, arrived)
  const took = performance.now() - startedAt
  await done
  return took
}

const makespan = () =>
  withScene({ chats: GROUPS, rules: { perSecond: TELEGRAM_PER_SECOND } }, async (scene) => {
    const rates = [...PLATFORM_LIMITS.telegram.rates]
    const worker = await scene.start({ rates })
    const alone: number[] = []
    for (let number = 0; number < 20; number++) {
      alone.push(await timeReply(scene, worker, `alone-${number}`))
      await wait(150)
    }
    await wait(2_000)
    const before = scene.receiver.arrivals.length
    const startedAt = performance.now()
    await worker.ask({ do: 'release', release: planRelease('all', GROUPS) })
    const settled = await settle(worker)
    const times = scene.receiver.arrivals.slice(before).map(({ at }) => at - startedAt)
    const { throttled } = scene.receiver.counts
    await wait(2_000)
    await worker.ask({ do: 'release', release: planRelease('with-replies', 500, { lane: LANES.urgent }) })
    await scene.receiver.until(() => scene.receiver.arrivals.at(-1)?.text === releaseText('with-replies'))
    const during: number[] = []
    for (let number = 0; number < 20; number++) {
      await wait(400)
      during.push(await timeReply(scene, worker, `during-${number}`))
    }
    const left = (await settle(worker)) && settled
    const balance = await closeAndCount(scene, [worker])
    const seconds = Math.max(...times) / 1_000
    const boundSeconds = GROUPS / TELEGRAM_PER_SECOND
    return {
      figures: {
        groups: times.length,
        'makespan s': round(seconds, 1),
        'goal s': round(boundSeconds * 1.02 + 5, 1),
        'platform bound s': round(boundSeconds, 1),
        'first byte ms': round(Math.min(...times), 0),
        'throttled by the platform': throttled,
        'reply alone p50 / p95 ms': `${round(quantile(alone, 0.5), 0)} / ${round(quantile(alone, 0.95), 0)}`,
        'reply during an urgent broadcast p50 / p95 ms': `${round(quantile(during, 0.5), 0)} / ${round(quantile(during, 0.95), 0)}`,
        'later by, p95 ms (goal 500)': round(quantile(during, 0.95) - quantile(alone, 0.95), 0),
      },
      wrong: listWrong({ settled: left, 'none lost': balance.lost === 0, 'none doubled': balance.duplicated === 0 }),
    }
  })

const firstByte = () =>
  withScene({ chats: 3 }, async (scene) => {
    const worker = await scene.start()
    const random = createRandom(1)
    const measure = async (quiet: boolean): Promise<number[]> => {
      const times: number[] = []
      for (let number = 0; number < 15; number++) {
        await wait(random() * 1_000)
        const version = `${quiet ? 'quiet' : 'woken'}-${number}`
        const startedAt = performance.now()
        const arrived = scene.receiver.until(() => scene.receiver.arrivals.at(-1)?.text === releaseText(version))
        await worker.ask({ do: 'release', release: planRelease(version, 3, { quiet }) })
        await within(20_000, arrived)
        times.push(performance.now() - startedAt)
      }
      return times
    }
    const [woken, quiet] = [await measure(false), await measure(true)]
    const show = (times: number[]) => `${round(quantile(times, 0.5), 0)} / ${round(quantile(times, 0.95), 0)}`
    return {
      figures: {
        'released in this process p50 / p95 ms': show(woken),
        'released by another p50 / p95 ms (goal 2000)': show(quiet),
      },
      wrong: [],
    }
  })

const planning = () =>
  withScene({ chats: 1 }, async (scene) => {
    const rows = 100_000
    const worker = await scene.start()
    const alone: number[] = []
    for (let number = 0; number < 10; number++) alone.push(await timeReply(scene, worker, `alone-${number}`))
    const release = planRelease('many', rows, { delayMs: 3_600_000 })
    const startedAt = performance.now()
    await worker.ask({ do: 'release', release })
    const releasedAt = performance.now()
    const planned = { done: false }
    const done = worker.ask({ do: 'plan' }).then(() => {
      planned.done = true
      return performance.now()
    })
    const during: number[] = []
    for (let number = 0; !planned.done && number < 50; number++) {
      during.push(await timeReply(scene, worker, `during-${number}`))
    }
    const plannedAt = await within(LIMIT_MS, done)
    const status = (await worker.ask({ do: 'status' })) as DeliveryStatus
    await worker.stop()
    return {
      figures: {
        rows,
        'release s': round((releasedAt - startedAt) / 1_000, 2),
        'planning s (goal 3)': round((plannedAt - releasedAt) / 1_000, 2),
        'reply alone p95 ms': round(quantile(alone, 0.95), 0),
        'reply during planning p50 / p95 ms': `${round(quantile(during, 0.5), 0)} / ${round(quantile(during, 0.95), 0)}`,
      },
      wrong: listWrong({
        conserved: status.fanOuts[0]?.conserved === true,
        'all planned': status.fanOuts[0]?.notPlanned === 0,
      }),
    }
  })

const restart = () =>
  withScene({ chats: 2_000 }, async (scene) => {
    const times: number[] = []
    for (let life = 0; life < 8; life++) {
      const before = scene.receiver.arrivals.length
      const startedAt = performance.now()
      const worker = await scene.start({ rates: perSecond(200) })
      if (life === 0) await worker.ask({ do: 'release', release: planRelease('restart', 2_000) })
      await within(
        30_000,
        scene.receiver.until(() => scene.receiver.arrivals.length > before),
      )
      if (life > 0) times.push((scene.receiver.arrivals[before]?.at ?? Infinity) - startedAt)
      await scene.receiver.until(() => scene.receiver.arrivals.length > before + 60)
      await worker.kill()
    }
    return {
      figures: {
        'start of the process → first arrival p50 / max ms (goal 5000)': `${round(quantile(times, 0.5), 0)} / ${round(Math.max(...times), 0)}`,
      },
      wrong: [],
    }
  })

const storm = () =>
  withScene({ chats: 200 }, async (scene) => {
    const worker = await scene.start()
    const until = performance.now() + 6_000
    scene.receiver.rules.faultOf = () =>
      performance.now() < until ? { kind: 'throttle', retryAfterSeconds: 1 } : undefined
    await worker.ask({ do: 'release', release: planRelease('storm', 200) })
    const settled = await settle(worker)
    const balance = await closeAndCount(scene, [worker])
    const attempts = await withStore(scene.place, ({ db }) => db.select({ attempts: delivery.attempts }).from(delivery))
    return {
      figures: { throttled: scene.receiver.counts.throttled, sent: balance.byState['sent'] ?? 0 },
      wrong: listWrong({
        settled,
        'all sent': balance.byState['sent'] === 200,
        'none doubled': balance.duplicated === 0,
        'no attempt spent on a throttle': attempts.every((row) => row.attempts === 1),
      }),
    }
  })

/** Failures before and after the message arrives, late answers, a chat that is gone, one that always fails. */
const faults = () =>
  withScene({ chats: 400 }, async (scene) => {
    const random = createRandom(5)
    const silenced = new Set<string>()
    scene.receiver.rules.faultOf = ({ chat }): Fault | undefined => {
      if (chat === chatName(1)) return { kind: 'refusal' }
      if (chat === chatName(2)) return { kind: 'blocked' }
      const chance = random()
      if (chance < 0.1) return { kind: 'server' }
      if (chance < 0.15) return { kind: 'slow', ms: 500 }
      if (chance > 0.02 + 0.15) return undefined
      silenced.add(chat)
      return { kind: 'silence' }
    }
    const worker = await scene.start({ timeoutMs: 1_500 })
    await worker.ask({ do: 'release', release: planRelease('faults', 400) })
    const settled = await settle(worker)
    const balance = await closeAndCount(scene, [worker], ['dead', 'skipped'])
    return {
      figures: { requests: scene.receiver.counts.requests, ...balance.byState },
      wrong: listWrong({
        settled,
        'none lost': balance.lost === 0,
        'none doubled': balance.duplicated === 0,
        'one dead, one skipped': balance.byState['dead'] === 1 && balance.byState['skipped'] === 1,
        'unknown = never answered': balance.byState['unknown'] === silenced.size && balance.unknown.notArrived === 0,
      }),
    }
  })

const partialFailure = () =>
  withScene({ chats: 68 }, async (scene) => {
    const fails = new Set(Array.from({ length: 23 }, (_, number) => chatName(number * 2)))
    scene.receiver.rules.faultOf = ({ chat }) => (fails.has(chat) ? { kind: 'refusal' } : undefined)
    const worker = await scene.start()
    await worker.ask({ do: 'release', release: planRelease('partial', 68) })
    const settled = await settle(worker)
    const status = (await worker.ask({ do: 'status' })) as DeliveryStatus
    const dead = status.fanOuts[0]?.counts.find(({ state }) => state === 'dead')?.count
    const before = scene.receiver.arrivals.length
    scene.receiver.rules.faultOf = () => undefined
    const again = await worker.ask({ do: 'retry', version: 'partial' })
    await settle(worker)
    const reached = scene.receiver.arrivals.slice(before).map(({ chat }) => chat)
    const balance = await closeAndCount(scene, [worker])
    return {
      figures: {
        recipients: 68,
        'shown as failed': dead ?? 0,
        retried: Number(again),
        'reached by it': reached.length,
      },
      wrong: listWrong({
        settled,
        'failures shown': dead === 23,
        'only the failed': again === 23 && reached.length === 23 && reached.every((chat) => fails.has(chat)),
        'none lost': balance.lost === 0,
        'none doubled': balance.duplicated === 0,
      }),
    }
  })

const halt = () =>
  withScene({ chats: 600 }, async (scene) => {
    const worker = await scene.start({ rates: perSecond(60) })
    await worker.ask({ do: 'release', release: planRelease('halted', 600) })
    await scene.receiver.until(() => scene.receiver.arrivals.length >= 100)
    const askedAt = performance.now()
    await worker.ask({ do: 'halt' })
    await wait(2_000)
    const replyMs = await timeReply(scene, worker, 'while-halted')
    await wait(2_000)
    const after = scene.receiver.arrivals.filter(({ at, key }) => at > askedAt && !key.startsWith('reply'))
    const late = after.filter(({ at }) => at > askedAt + 2_000)
    await worker.ask({ do: 'resume' })
    const settled = await settle(worker)
    const balance = await closeAndCount(scene, [worker])
    return {
      figures: {
        'left after the halt': after.length,
        'the last one ms after it': round(Math.max(0, ...after.map(({ at }) => at - askedAt)), 0),
        'reply while halted ms': round(replyMs, 0),
      },
      wrong: listWrong({
        'nothing later than 2 s after the halt': late.length === 0,
        'the rest after the resume': settled && balance.lost === 0,
        'none doubled': balance.duplicated === 0,
      }),
    }
  })

const clockJumps = () =>
  withScene({ chats: 400 }, async (scene) => {
    const hour = 3_600_000
    const { receiver } = scene
    const worker = await scene.start({ rates: perSecond(40) })
    const arrivedOf = (version: string) => receiver.arrivals.filter(({ text }) => text === releaseText(version))
    await worker.ask({ do: 'release', release: planRelease('short', 300, { lifeMs: hour / 2 }) })
    await receiver.until(() => arrivedOf('short').length >= 50)
    await worker.ask({ do: 'clock', ms: hour })
    const jumpedAt = performance.now()
    await worker.ask({ do: 'release', release: planRelease('long', 400) })
    await receiver.until(() => arrivedOf('long').length >= 50)
    // A throttle just before the clock goes back: until when it holds was written by the clock that was ahead.
    let throttles = 1
    receiver.rules.faultOf = () => (throttles-- > 0 ? { kind: 'throttle', retryAfterSeconds: 2 } : undefined)
    await within(
      LIMIT_MS,
      receiver.until(() => throttles < 0).then(() => {}),
    ).catch(() => {})
    const backAt = performance.now()
    await worker.ask({ do: 'clock', ms: -2 * hour })
    const replyMs = await timeReply(scene, worker, 'clock').catch(() => Infinity)
    const settled = await settle(worker, 60_000)
    const settledMs = performance.now() - backAt
    await worker.ask({ do: 'clock', ms: hour })
    const balance = await closeAndCount(scene, [worker], ['expired'])
    // A send that was under way when the clock jumped is no send after expiry.
    const late = arrivedOf('short').filter(({ at }) => at > jumpedAt + 500).length
    return {
      figures: {
        'sent before expiry': arrivedOf('short').length,
        expired: balance.byState['expired'] ?? 0,
        'all settled after the jump back s': round(settledMs / 1_000, 1),
        'reply after the jump back ms': round(replyMs, 0),
        ...balance.byState,
      },
      wrong: listWrong({
        'nothing after expiry': late === 0,
        'nothing stuck': settled,
        'none lost': balance.lost === 0,
        'none doubled': balance.duplicated === 0,
      }),
    }
  })

const postgresWorkers = () =>
  onServer(async (server) =>
    withScene({ chats: 3_000, databaseUrl: server.url }, async (scene) => {
      const first = await scene.start()
      const measure = async (version: string) => {
        const before = scene.receiver.arrivals.length
        await first.ask({ do: 'release', release: planRelease(version, 3_000) })
        await within(
          LIMIT_MS,
          scene.receiver.until(() => scene.receiver.arrivals.length >= before + 3_000),
        )
        const arrivals = scene.receiver.arrivals.slice(before)
        return 3_000 / (((arrivals.at(-1)?.at ?? 0) - (arrivals[0]?.at ?? 0)) / 1_000)
      }
      await measure('warm')
      const alone = await measure('alone')
      const others = await Promise.all([1, 2, 3].map(() => scene.start()))
      const together = await measure('together')
      await settle(first)
      const whole = await withStore(scene.place, (store) => balanceRows(store, scene.receiver.arrivals))
      await first.ask({ do: 'release', release: planRelease('killed', 3_000) })
      let killed = 0
      for (const worker of others) {
        const target = scene.receiver.arrivals.length + 200
        await scene.receiver.until(() => scene.receiver.arrivals.length >= target)
        await worker.kill()
        killed++
      }
      await within(
        LIMIT_MS,
        scene.receiver.until(() => scene.receiver.arrivals.length >= 11_900),
      )
      await wait(1_000)
      // Instead of waiting for a minute until the leases of the dead end.
      await first.ask({ do: 'clock', ms: 70_000 })
      const settled = await settle(first)
      const balance = await closeAndCount(scene, [first])
      return {
        figures: {
          'one worker rows/s': round(alone, 0),
          'four workers rows/s': round(together, 0),
          'four of one': round(together / alone, 2),
          killed,
          'unknown after it': balance.byState['unknown'] ?? 0,
        },
        wrong: listWrong({
          settled,
          'none sent twice': whole.duplicated === 0 && balance.duplicated === 0,
          'none lost': whole.lost === 0 && balance.lost === 0,
          'no more unknown than under way': (balance.byState['unknown'] ?? 0) <= killed * MOST_IN_FLIGHT,
        }),
      }
    }),
  )

const databaseGone = () =>
  onServer(async (server) =>
    withScene({ chats: 600, rules: { answerMs: 40 }, databaseUrl: server.url }, async (scene) => {
      const worker = await scene.start({ rates: perSecond(120) })
      await worker.ask({ do: 'release', release: planRelease('outage', 600) })
      await scene.receiver.until(() => scene.receiver.arrivals.length >= 150)
      await server.stop()
      const gone = scene.receiver.arrivals.length
      const replyMs = await timeReply(scene, worker, 'without-a-database').catch(() => Infinity)
      await wait(3_000)
      await server.start()
      const backAt = performance.now()
      const before = scene.receiver.arrivals.length
      await within(
        LIMIT_MS,
        scene.receiver.until(() => scene.receiver.arrivals.length > before),
      )
      const againMs = (scene.receiver.arrivals[before]?.at ?? Infinity) - backAt
      const settled = await settle(worker)
      const balance = await closeAndCount(scene, [worker])
      return {
        figures: {
          'sent before': gone,
          'reply without a database ms': round(replyMs, 0),
          'database back → sending again ms': round(againMs, 0),
          ...balance.byState,
        },
        wrong: listWrong({
          settled,
          'none lost': balance.lost === 0,
          'none doubled': balance.duplicated === 0,
          'what was sent is known': balance.unknown.arrived + balance.unknown.notArrived === 0,
        }),
      }
    }),
  )

/** The embedded store's disk is full in the middle of a broadcast, and has room again five seconds later. */
const diskFull = () =>
  onSmallDisk((disk) =>
    withScene({ chats: 3_000, parent: disk }, async (scene) => {
      const worker = await scene.start({ rates: perSecond(300) })
      await worker.ask({ do: 'release', release: planRelease('full', 3_000) })
      await scene.receiver.until(() => scene.receiver.arrivals.length >= 600)
      const filler = join(disk, 'filler')
      fillDisk(filler)
      const fullAt = scene.receiver.arrivals.length
      const replies: number[] = []
      for (let number = 0; number < 4; number++) {
        replies.push(await timeReply(scene, worker, `on-a-full-disk-${number}`).catch(() => Infinity))
        await wait(1_000)
      }
      const whileFull = scene.receiver.arrivals.length - fullAt
      const before = scene.receiver.arrivals.length
      const freedAt = performance.now()
      rmSync(filler)
      await within(
        LIMIT_MS,
        scene.receiver.until(() => scene.receiver.arrivals.length > before),
      ).catch(() => {})
      const againMs = (scene.receiver.arrivals[before]?.at ?? Infinity) - freedAt
      const settled = await settle(worker)
      const balance = await closeAndCount(scene, [worker])
      return {
        figures: {
          'sent before': fullAt,
          'sent while full': whileFull,
          'replies on a full disk ms': replies.map((ms) => round(ms, 0)).join(' / '),
          'room again → sending again ms': round(againMs, 0),
          ...balance.byState,
        },
        wrong: listWrong({
          settled,
          'every reply at once': replies.every((ms) => ms < 5_000),
          'none lost': balance.lost === 0,
          'none doubled': balance.duplicated === 0,
          'what was sent is known': balance.unknown.arrived + balance.unknown.notArrived === 0,
        }),
      }
    }),
  )

const SMALL_DISK_MB = 90

/** A disk of its own in memory, which only root may have on Linux. */
async function onSmallDisk(play: (disk: string) => Promise<Result>): Promise<Result> {
  const disk = mkdtempSync(join(tmpdir(), 'anxiao-disk-'))
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${SMALL_DISK_MB}m`, 'tmpfs', disk], { stdio: 'ignore' })
  } catch {
    rmSync(disk, { recursive: true })
    return { figures: { skipped: 'no disk can be mounted; run it as root on Linux' }, wrong: [] }
  }
  try {
    return await play(disk)
  } finally {
    execFileSync('umount', [disk])
    rmSync(disk, { recursive: true })
  }
}

function fillDisk(file: string): void {
  const piece = Buffer.alloc(64 * 1024)
  try {
    for (;;) appendFileSync(file, piece)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error
  }
}

async function onServer(play: (server: LocalPostgres) => Promise<Result>): Promise<Result> {
  const server = await createLocalPostgres(['-c', 'max_connections=60'])
  try {
    await server.start()
  } catch (error) {
    server.forget()
    return { figures: { skipped: `no Postgres: ${String(error)}` }, wrong: [] }
  }
  try {
    return await play(server)
  } finally {
    await server.stop()
    server.forget()
  }
}

async function crashes(set: { kills: number; rows: number; idempotent: boolean; seed: number }): Promise<Result> {
  const dataDir = await makeDataDir()
  try {
    const place = { dataDir, databaseUrl: null }
    const report = await runCrashes({ ...set, place, onKill: showProgress(set.kills) })
    const restarts = report.restartMs
    return {
      figures: {
        kills: report.kills,
        ...report.killedAt,
        rows: report.rows,
        'replies asked for': report.replies,
        lost: report.lost,
        doubled: report.duplicated,
        'under way at the kills': report.inFlight,
        'most at one': report.mostInFlight,
        sent: report.byState['sent'] ?? 0,
        'unknown, arrived': report.unknown.arrived,
        'unknown, not arrived': report.unknown.notArrived,
        'keys dropped by the channel': report.repeated,
        'restart → arrival p50 / p95 ms': `${round(quantile(restarts, 0.5), 0)} / ${round(quantile(restarts, 0.95), 0)}`,
        seconds: round(report.seconds, 0),
      },
      wrong: listCrashFaults(report),
    }
  } finally {
    rmSync(dataDir, { recursive: true, force: true })
  }
}

/** What the counts of a crash run must not show. */
function listCrashFaults(report: CrashReport): string[] {
  const keyed = report.channel === 'with keys'
  return listWrong({
    'none lost': report.lost === 0,
    conserved: report.conserved,
    'none doubled with keys': !keyed || report.duplicated === 0,
    'none unknown with keys': !keyed || (report.byState['unknown'] ?? 0) === 0,
    'no more doubled than were under way': report.duplicated <= report.inFlight,
    'no more than the most under way at one kill': report.mostInFlight <= MOST_IN_FLIGHT,
    'no message more than twice': report.mostOfOne <= 2,
    'every point was met': report.kills < 60 || CRASH_POINTS.every((point) => (report.killedAt[point] ?? 0) > 0),
  })
}

function showProgress(kills: number): (done: number, arrived: number) => void {
  return (done, arrived) => {
    if (process.stderr.isTTY || done % 50 === 0) process.stderr.write(`${done}/${kills} kills, ${arrived} arrived\n`)
  }
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      kills: { type: 'string', default: '40' },
      rows: { type: 'string', default: '8000' },
      seed: { type: 'string', default: '20261122' },
      only: { type: 'string' },
      json: { type: 'boolean', default: false },
    },
  })
  const half = {
    kills: Math.ceil(Number(values.kills) / 2),
    rows: Math.ceil(Number(values.rows) / 2),
    seed: Number(values.seed),
  }
  const runs: Record<string, () => Promise<Result>> = {
    makespan,
    'first-byte': firstByte,
    planning,
    restart,
    storm,
    faults,
    'partial-failure': partialFailure,
    halt,
    'clock-jumps': clockJumps,
    'postgres-workers': postgresWorkers,
    'database-gone': databaseGone,
    'disk-full': diskFull,
    'crashes-without-keys': () => crashes({ ...half, idempotent: false }),
    'crashes-with-keys': () => crashes({ ...half, idempotent: true }),
  }
  const wanted = values.only?.split(',') ?? Object.keys(runs)
  const results: Record<string, Result & { seconds: number }> = {}
  const machine = describeMachine()
  if (!values.json) console.log(machine)
  for (const name of wanted) {
    const run = runs[name]
    if (!run) throw new Error(`no run of this name: ${name}; there are ${Object.keys(runs).join(', ')}`)
    const startedAt = performance.now()
    const result = await run().catch((error: unknown) => ({ figures: {}, wrong: [String(error)] }))
    const seconds = round((performance.now() - startedAt) / 1_000, 1)
    results[name] = { ...result, seconds }
    if (result.wrong.length > 0) process.exitCode = 1
    if (values.json) continue
    console.log(`${name} (${seconds} s)${result.wrong.length > 0 ? `  WRONG: ${result.wrong.join('; ')}` : ''}`)
    for (const [figure, value] of Object.entries(result.figures)) console.log(`  ${figure.padEnd(62)} ${value}`)
  }
  const after = describeMachine()
  if (values.json) console.log(JSON.stringify({ machine, results, after }, null, 2))
  else console.log(after)
}

if (import.meta.main) await main()
