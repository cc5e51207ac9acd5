// A process that sends for the delivery bench and is killed by it: the real store and the real engine, an adapter that
// posts to the bench, no app. Commands come as lines of JSON on its input, each answered by a line on its output.
import { writeSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { setTimeout as wait } from 'node:timers/promises'

import { and, count, eq, inArray } from 'drizzle-orm'
import { pino } from 'pino'

import { systemTimers } from '../src/base/timers.ts'
import type { SendRate } from '../src/channels/channel.ts'
import { createDelivery, type DeliveryParts } from '../src/delivery/deliver.ts'
import type { Delivery } from '../src/delivery/delivery.ts'
import { WAITING } from '../src/delivery/delivery-states.ts'
import { readDeliveryStatus } from '../src/delivery/delivery-status.ts'
import { callOff, haltDelivery, releaseFanOut, resumeDelivery, retryFailed } from '../src/delivery/fan-out.ts'
import type { Lane } from '../src/delivery/lanes.ts'
import { createContacts } from '../src/people/contacts.ts'
import { createSealer } from '../src/people/sealer.ts'
import { readSecretKey } from '../src/people/secret-key.ts'
import { openStore } from '../src/store/open-store.ts'
import type { Store } from '../src/store/store.ts'
import { delivery as deliveryTable, fanOutChunk } from '../src/store/tables/delivery.ts'
import { inTransaction } from '../src/store/transaction.ts'
import { HttpChannel } from '../test/support/delivery-http-channel.ts'

export type WorkerPoint = Parameters<NonNullable<DeliveryParts['onPoint']>>[0]

/** How a worker is set up; its one argument, as JSON. */
export interface WorkerPlan {
  dataDir: string
  databaseUrl: string | null
  receiverUrl: string
  idempotent: boolean
  rates: SendRate[]
  timeoutMs: number
  /** Kills itself when it is at this point for the so-manieth time. */
  dieAt?: { point: WorkerPoint; time: number }
  /** Says what the engine logs. */
  loud?: boolean
}

export interface BenchRelease {
  version: string
  lane: Lane
  /** The first chats of the bench, so many. */
  chats: number
  resendUnknown: boolean
  lifeMs: number
  /** Not before then. */
  delayMs?: number
  /** Another process would not wake the engine of this one. */
  quiet?: boolean
}

export type WorkerCommand =
  | { do: 'release'; release: BenchRelease }
  | { do: 'reply'; key: string; chat: string; text: string; urgent?: boolean }
  /** Resolves when every piece of every snapshot is planned. */
  | { do: 'plan' }
  /** Resolves when no row waits or is under way. */
  | { do: 'settle' }
  | { do: 'clock'; ms: number }
  | { do: 'halt' }
  | { do: 'resume' }
  | { do: 'retry'; version: string }
  | { do: 'call-off'; version: string }
  | { do: 'status' }
  | { do: 'stop' }

interface Running {
  store: Store
  delivery: Delivery
  channel: HttpChannel
  clock: { now(): Date; offsetMs: number }
}

export function chatName(number: number): string {
  return `chat-${number}`
}

/** The words of a bench message name its release, so that doubles show whatever key they carry. */
export function releaseText(version: string): string {
  return `消息 ${version}`
}

async function main(): Promise<void> {
  const plan = JSON.parse(process.argv[2] ?? '{}') as WorkerPlan
  const log = pino({ level: plan.loud === true ? 'warn' : 'silent' }, pino.destination({ fd: 2, sync: true }))
  const store = await openStore({ dataDir: plan.dataDir, databaseUrl: plan.databaseUrl, poolSize: 5 }, { log })
  const [leased] = await store.db
    .select({ number: count() })
    .from(deliveryTable)
    .where(eq(deliveryTable.state, 'leased'))
  const secret = readSecretKey(plan.dataDir)
  const clock = {
    offsetMs: 0,
    now: () => new Date(Date.now() + clock.offsetMs),
  }
  const channel = new HttpChannel({ ...plan, url: plan.receiverUrl, clock })
  let times = 0
  const delivery = createDelivery({
    store: () => store,
    channels: [channel],
    contacts: createContacts(secret),
    sealer: createSealer(secret, 'deliveries'),
    clock,
    timers: systemTimers,
    log,
    onPoint: (point) => {
      if (point === plan.dieAt?.point && ++times === plan.dieAt.time) process.kill(process.pid, 'SIGKILL')
    },
  })
  const running = { store, delivery, channel, clock }
  say({ ready: true, leased: leased?.number ?? 0 })
  // Keeps the process alive, which the engine's own timers do not, as long as the bench lives.
  const input = createInterface({ input: process.stdin })
  input.on('close', () => process.exit(0))
  input.on('line', (line) => {
    const { id, command } = JSON.parse(line) as { id: number; command: WorkerCommand }
    carryOut(running, command).then(
      (result) => say({ id, result }),
      (error: unknown) => say({ id, error: error instanceof Error ? error.message : String(error) }),
    )
  })
  delivery.wake()
}

async function carryOut(running: Running, command: WorkerCommand): Promise<unknown> {
  const { store, delivery, clock } = running
  const operator = { store, clock }
  switch (command.do) {
    case 'release':
      return release(running, command.release)
    case 'reply': {
      const { key, chat, text, urgent } = command
      return delivery.deliver({
        channel: 'telegram',
        endpoint: chat,
        chat: { id: chat, kind: 'private' },
        text,
        key,
        ...(urgent === true && { urgent }),
      })
    }
    case 'plan':
      return waitUntilPlanned(store)
    case 'settle':
      return waitUntilSettled(store)
    case 'clock':
      clock.offsetMs += command.ms
      return undefined
    case 'halt':
      return haltDelivery(operator, 'bench')
    case 'resume':
      await resumeDelivery(operator, 'bench')
      return delivery.wake()
    case 'retry': {
      const again = await retryFailed(operator, { version: command.version, unknown: false }, 'bench')
      delivery.wake()
      return again
    }
    case 'call-off':
      return inTransaction(store, (tx) => callOff(tx, command.version, 'cancelled', clock.now()))
    case 'status':
      return readDeliveryStatus(store.db, () => running.channel.capabilities, 1_000)
    case 'stop':
      await delivery.stop()
      await store.close()
      setImmediate(() => process.exit(0))
      return undefined
  }
}

/** Answers whether it was released just now; a life before may have done so. */
async function release({ store, delivery, clock }: Running, wanted: BenchRelease): Promise<boolean> {
  const now = clock.now()
  const text = releaseText(wanted.version)
  try {
    await inTransaction(store, (tx) =>
      releaseFanOut(
        tx,
        {
          version: wanted.version,
          lane: wanted.lane,
          message: { group: { text }, private: { text } },
          recipients: Array.from({ length: wanted.chats }, (_, number) => ({
            endpoint: chatName(number),
            channel: 'telegram',
            region: null,
          })),
          effectiveAt: new Date(now.getTime() + (wanted.delayMs ?? 0)),
          expiresAt: new Date(now.getTime() + wanted.lifeMs),
          resendUnknown: wanted.resendUnknown,
        },
        now,
      ),
    )
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'already-released')) throw error
    return false
  }
  say({ released: wanted.version })
  if (wanted.quiet !== true) delivery.wake()
  return true
}

async function waitUntilPlanned(store: Store): Promise<void> {
  for (;;) {
    const [chunk] = await store.db
      .select({ ordinal: fanOutChunk.ordinal })
      .from(fanOutChunk)
      .where(eq(fanOutChunk.state, 'waiting'))
      .limit(1)
    if (!chunk) return
    await wait(20)
  }
}

async function waitUntilSettled(store: Store): Promise<void> {
  for (;;) {
    try {
      await waitUntilPlanned(store)
      const [open] = await store.db
        .select({ id: deliveryTable.id })
        .from(deliveryTable)
        .where(and(inArray(deliveryTable.state, [...WAITING, 'leased'])))
        .limit(1)
      if (!open) return
    } catch {
      // The database is away; the bench takes care of that.
    }
    await wait(100)
  }
}

function say(line: object): void {
  writeSync(1, `${JSON.stringify(line)}\n`)
}

if (import.meta.main) await main()
