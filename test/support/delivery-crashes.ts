import { setTimeout as wait } from 'node:timers/promises'

import type { WorkerPlan, WorkerPoint } from '../../scripts/delivery-worker.ts'
import { chatName, releaseText } from '../../scripts/delivery-worker.ts'
import { createRandom } from '../../scripts/seeded-random.ts'
import { readDeliveryStatus } from '../../src/delivery/delivery-status.ts'
import { FINAL } from '../../src/delivery/delivery-states.ts'
import { LANES } from '../../src/delivery/lanes.ts'
import { PUMP_POINTS } from '../../src/delivery/pump.ts'
import type { Store } from '../../src/store/store.ts'
import { delivery, fanOut } from '../../src/store/tables/delivery.ts'
import { addChats, DeliveryWorker, withStore, type StorePlace } from './delivery-harness.ts'
import { DeliveryReceiver, type Arrival } from './delivery-receiver.ts'

export const CRASH_POINTS: readonly WorkerPoint[] = [...PUMP_POINTS, 'chunk-planned']
/** Sends of one channel that are under way at once, at most. */
export const MOST_IN_FLIGHT = 32
/** Without the optimizing compiler: short lives end before it is done, and it takes half of their time. */
const SHORT_LIFE = ['--liftoff-only']
/** A life in which nothing is left to be killed in ends after so long. */
const LIFE_LIMIT_MS = 30_000
const SETTLE_LIMIT_MS = 180_000

/** What the rows say, held against what arrived. */
export interface Balance {
  rows: number
  conserved: boolean
  byState: Record<string, number>
  /** Said to be sent and not arrived, without a row, never closed, or closed although nothing spoke against sending. */
  lost: number
  /** Unknown rows: how many did arrive and how many did not. */
  unknown: { arrived: number; notArrived: number }
  /** Arrivals beyond the first of a message in its chat. */
  duplicated: number
  mostOfOne: number
}

export interface CrashReport extends Balance {
  channel: 'without keys' | 'with keys'
  kills: number
  killedAt: Record<string, number>
  replies: number
  /** Rows under way when a worker died, summed and at most: what may be doubled without keys. */
  inFlight: number
  mostInFlight: number
  /** Keys that came again and were dropped by the channel. */
  repeated: number
  /** From the start of the next process to its first arrival, where rows waited. */
  restartMs: number[]
  seconds: number
}

export interface CrashPlan {
  kills: number
  rows: number
  idempotent: boolean
  place: StorePlace
  seed: number
  /** Every kill is at one of these points in turn; without them two in three are at random moments. */
  points?: readonly WorkerPoint[]
  onKill?: (kills: number, arrived: number) => void
}

/** Kills a sending process again and again, at random moments and at every named point, until all is sent. */
export async function runCrashes(plan: CrashPlan): Promise<CrashReport> {
  const startedAt = performance.now()
  const random = createRandom(plan.seed)
  // Every point has its turn, one life in three is killed at a point; being killed while planning takes a release.
  const turns = plan.points ?? CRASH_POINTS
  const momentOf = (kill: number): 'random' | 'starting' | WorkerPoint => {
    const turn = plan.points ? kill : (kill - 1) / 3
    if (Number.isInteger(turn)) return turns[turn % turns.length] ?? 'random'
    return kill % 12 === 5 ? 'starting' : 'random'
  }
  const moments = Array.from({ length: plan.kills }, (_, kill) => momentOf(kill))
  const countPlanning = () => moments.slice(kills).filter((moment) => moment === 'chunk-planned').length
  let [kills, released, replies, inFlight, mostInFlight] = [0, 0, 0, 0, 0]
  const releases = countPlanning() + 3
  const chats = Math.ceil(plan.rows / releases)
  const rowsPerKill = plan.rows / plan.kills
  await addChats(plan.place, chats)
  const receiver = new DeliveryReceiver({ idempotent: plan.idempotent, answerMs: 2 })
  await receiver.start()
  const setup: WorkerPlan = {
    ...plan.place,
    receiverUrl: receiver.url,
    idempotent: plan.idempotent,
    rates: [],
    timeoutMs: 10_000,
  }
  const killedAt: Record<string, number> = {}
  const restartMs: number[] = []

  const live = async (moment: 'random' | 'starting' | WorkerPoint, last: boolean): Promise<string | null> => {
    const named = CRASH_POINTS.find((point) => point === moment)
    const perRow = named === 'before-send' || named === 'after-send'
    const time = named === 'chunk-planned' ? 1 : 1 + Math.floor(random() * rowsPerKill * (perRow ? 1.5 : 0.1))
    const worker = new DeliveryWorker(
      { ...setup, ...(named && !last && { dieAt: { point: named, time } }) },
      SHORT_LIFE,
    )
    const arrivedBefore = receiver.arrivals.length
    const waiting = released * chats - arrivedBefore
    worker.ready.then(
      ({ leased }) => {
        inFlight += leased
        mostInFlight = Math.max(mostInFlight, leased)
      },
      () => {},
    )
    if (moment === 'starting' && !last) {
      await wait(random() * 1_200)
      await worker.kill()
      return 'starting'
    }
    const firstArrival = receiver.until(() => receiver.arrivals.length > arrivedBefore)
    const began = waiting > 2 * MOST_IN_FLIGHT ? worker.startedAt : undefined
    void firstArrival.then(() => {
      const first = receiver.arrivals[arrivedBefore]
      if (began !== undefined && first) restartMs.push(first.at - began)
    })
    await Promise.race([worker.ready.catch(() => {}), worker.ended])
    const needsRows = () => last || released * chats - receiver.arrivals.length < 2 * rowsPerKill
    const mayRelease = () => released < releases - (last || named === 'chunk-planned' ? 0 : countPlanning())
    for (let first = true; mayRelease() && worker.alive; first = false) {
      if (!needsRows() && !(first && named === 'chunk-planned')) break
      const version = `crash-${released}`
      const again = released % 2 === 1
      const lane = again ? LANES.urgent : LANES.notice
      const release = { version, lane, chats, resendUnknown: again, lifeMs: 24 * 3_600_000 }
      await Promise.race([worker.ask({ do: 'release', release }).catch(() => undefined), worker.ended])
      // Killed before it said so: the next one releases it, or is told that it was released before.
      if (!worker.released.has(version) && !worker.alive) break
      released++
    }
    for (const which of [1, 2]) {
      const key = `reply-${kills}-${which}`
      const chat = chatName(Math.floor(random() * chats))
      void worker.ask({ do: 'reply', key, chat, text: releaseText(key) }).catch(() => {})
      replies++
    }
    if (last) {
      await within(SETTLE_LIMIT_MS, worker.ask({ do: 'settle' }))
      await worker.stop()
      return null
    }
    const target = arrivedBefore + 1 + random() * 2 * rowsPerKill
    const enough =
      named === undefined ? receiver.until(() => receiver.arrivals.length >= target) : Promise.withResolvers().promise
    const limit = new AbortController()
    await Promise.race([worker.ended, enough, wait(LIFE_LIMIT_MS, undefined, { signal: limit.signal }).catch(() => {})])
    limit.abort()
    if (!worker.alive) {
      await worker.ended
      return moment
    }
    await wait(random() * 20)
    await worker.kill()
    return named === undefined ? 'random' : 'point not reached'
  }

  try {
    while (kills < plan.kills) {
      const at = (await live(moments[kills] ?? 'random', false)) ?? 'none'
      killedAt[at] = (killedAt[at] ?? 0) + 1
      kills++
      plan.onKill?.(kills, receiver.arrivals.length)
    }
    await live('random', true)
    const balance = await withStore(plan.place, (store) => balanceRows(store, receiver.arrivals))
    return {
      channel: plan.idempotent ? 'with keys' : 'without keys',
      kills,
      killedAt,
      replies,
      ...balance,
      inFlight,
      mostInFlight,
      repeated: receiver.counts.repeated,
      restartMs,
      seconds: (performance.now() - startedAt) / 1_000,
    }
  } finally {
    await receiver.stop()
  }
}

/** Counts rows against arrivals when nothing is on its way any more. `mayEnd`: rows that need not have arrived. */
export async function balanceRows(
  store: Store,
  arrivals: readonly Arrival[],
  mayEnd: (row: { version: string; endpoint: string; state: string }) => boolean = () => false,
): Promise<Balance> {
  const arrived = new Map<string, number>()
  for (const { chat, text } of arrivals) {
    const name = `${text} ${chat}`
    arrived.set(name, (arrived.get(name) ?? 0) + 1)
  }
  const rows = await store.db
    .select({
      version: delivery.version,
      endpoint: delivery.endpoint,
      state: delivery.state,
    })
    .from(delivery)
  const snapshots = await store.db.select({ version: fanOut.version, size: fanOut.snapshotCount }).from(fanOut)
  const status = await readDeliveryStatus(store.db, () => undefined, snapshots.length + 1)
  const byState: Record<string, number> = {}
  const unknown = { arrived: 0, notArrived: 0 }
  let lost = 0
  for (const row of rows) {
    byState[row.state] = (byState[row.state] ?? 0) + 1
    const count = arrived.get(`${releaseText(row.version)} ${row.endpoint}`) ?? 0
    if (row.state === 'unknown') unknown[count > 0 ? 'arrived' : 'notArrived']++
    else if (count === 0 && (row.state === 'sent' || !mayEnd(row))) lost++
    else if (isOpen(row.state)) lost++
  }
  for (const { version, size } of snapshots) lost += size - rows.filter((row) => row.version === version).length
  const counts = [...arrived.values()]
  return {
    rows: rows.length,
    conserved: status.fanOuts.length === snapshots.length && status.fanOuts.every(({ conserved }) => conserved),
    byState,
    lost,
    unknown,
    duplicated: counts.reduce((sum, count) => sum + count - 1, 0),
    mostOfOne: counts.reduce((most, count) => Math.max(most, count), 0),
  }
}

function isOpen(state: string): boolean {
  return !FINAL.some((final) => final === state)
}

/** Rejects when `work` takes longer. */
export async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  const limit = new AbortController()
  const late = wait(ms, undefined, { signal: limit.signal }).then(() => {
    throw new Error(`not done within ${ms / 1_000} s`)
  })
  late.catch(() => {})
  try {
    return await Promise.race([work, late])
  } finally {
    limit.abort()
  }
}
