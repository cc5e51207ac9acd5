import type { Clock } from '../base/clock.ts'
import type { Logger } from '../base/log.ts'
import type { Timers } from '../base/timers.ts'
import type { Channel, SendOutcome } from '../channels/channel.ts'
import type { Contacts } from '../people/contacts.ts'
import type { Sealer } from '../people/sealer.ts'
import type { Store } from '../store/store.ts'
import { delivery } from '../store/tables/delivery.ts'
import type { NextState } from './delivery-states.ts'
import { REPLY_LIFE_MS, type Delivery, type Outgoing } from './delivery.ts'
import { createDirectDelivery } from './direct-delivery.ts'
import { planNextChunk } from './fan-out.ts'
import { LANES } from './lanes.ts'
import type { LeasedRow } from './lease.ts'
import { createPump, routeOf, type Pump, type PumpPoint } from './pump.ts'
import { checkTasks } from './check-tasks.ts'
import { expireRows, followClockBack, forgetOldDeliveries, resetAbandoned, supersedeReturned } from './settle.ts'

export interface DeliveryParts {
  store: () => Store | null
  channels: readonly Channel[]
  contacts: Contacts
  sealer: Sealer
  clock: Clock
  timers: Timers
  log: Logger
  /** Where a test may stop the process. */
  onPoint?: (point: PumpPoint | 'chunk-planned') => void
}

/** How long a reply waits for a slow store before it goes without a row. */
const PATIENCE_MS = 500
const PLAN_EVERY_MS = 1_000
/** Staff confirm tasks within minutes or hours; platforms limit how often one may ask. */
const CHECK_TASKS_EVERY_MS = 60_000
/** Clocks are corrected by less than this all the time. */
const SET_BACK_MS = 1_000
const REPLY_KEPT_MS = 24 * 3_600_000
const SHORT_OF_TIME: SendOutcome = {
  kind: 'failed',
  failure: { kind: 'permanent', code: 'timeout', sentence: '五分钟内没有发出去，这条回答不再发。' },
}

/** The delivery engine: rows are the queue, and what waits survives the process. Without a store, replies go directly. */
export function createDelivery(parts: DeliveryParts): Delivery {
  const { clock, timers, log, sealer } = parts
  const direct = createDirectDelivery(parts)
  const waiting = new Map<number, (outcome: SendOutcome) => void>()
  /** Replies that went without waiting for their row, which may still be written: what comes of them. */
  const goneAhead = new Map<string, Promise<SendOutcome>>()
  let planning: Promise<void> | null = null
  let stopped = false
  let tasksCheckedAt = -Infinity
  let seenAt: Date | null = null
  let cancelTimer = () => {}

  const onSettled = (row: LeasedRow, next: NextState, outcome: SendOutcome | null) => {
    const resolve = waiting.get(row.id)
    if (!resolve || next.state === 'throttled' || next.state === 'retry' || next.state === 'ready') return
    waiting.delete(row.id)
    resolve(outcome ?? SHORT_OF_TIME)
  }
  const takeGoneAhead = ({ version }: LeasedRow) => {
    const outcome = goneAhead.get(version)
    goneAhead.delete(version)
    return outcome
  }
  const pumps = parts.channels.map((channel) => ({
    channel,
    pump: createPump({ ...parts, channel, onSettled, takeGoneAhead }),
  }))
  const wakeAll = () => {
    for (const { pump } of pumps) pump.wake()
  }

  const plan = async (): Promise<void> => {
    const store = parts.store()
    if (!store || stopped) return
    const now = clock.now()
    if (seenAt === null || seenAt.getTime() - now.getTime() > SET_BACK_MS) await followClockBack(store.db, seenAt, now)
    seenAt = now
    await expireRows(store.db, now)
    await supersedeReturned(store.db, now)
    for (const { channel, pump } of pumps) await takeUpAfterOthers(store, channel, pump.held(), now)
    while ((await planNextChunk(store, clock.now())) > 0) {
      parts.onPoint?.('chunk-planned')
      wakeAll()
      if (stopped) return
    }
  }

  /** Leases that ended without a word, of this process or another; and tasks that somebody may have confirmed. */
  const takeUpAfterOthers = async (
    store: Store,
    channel: Channel,
    except: ReadonlySet<number>,
    now: Date,
  ): Promise<void> => {
    const { idempotent } = channel.capabilities
    await resetAbandoned(store.db, { channel: routeOf(channel), idempotent, everyone: false, except, now })
    if (channel.checkTask && now.getTime() - tasksCheckedAt >= CHECK_TASKS_EVERY_MS) {
      tasksCheckedAt = now.getTime()
      await checkTasks(store.db, { channel, contacts: parts.contacts, now })
    }
  }

  const keepPlanning = (): void => {
    if (stopped || planning) return
    cancelTimer()
    planning = plan()
      .catch((error: unknown) => log.warn({ error }, 'not planned, will be tried again'))
      .finally(() => {
        planning = null
        if (!stopped) cancelTimer = timers.after(PLAN_EVERY_MS, keepPlanning)
      })
  }

  /** The row's id; undefined when the reply is on its way already. */
  const writeReply = async (store: Store, { channel: name, endpoint, ...message }: Outgoing) => {
    const now = clock.now()
    const channel = parts.channels.find((each) => each.name === name)
    const [row] = await store.db
      .insert(delivery)
      .values({
        version: message.key,
        endpoint,
        channel: channel === undefined ? name : routeOf(channel),
        lane: message.urgent === true ? LANES.urgent : LANES.reply,
        state: 'ready',
        sealed: sealer.seal(message.key, message),
        attempts: 0,
        resendUnknown: message.urgent === true,
        readyAt: now,
        expiresAt: new Date(now.getTime() + REPLY_LIFE_MS),
        createdAt: now,
        updatedAt: now,
      })
      .onConflictDoNothing()
      .returning({ id: delivery.id })
    return row?.id
  }

  const goAhead = (message: Outgoing): Promise<SendOutcome> => {
    const outcome = direct.deliver(message)
    goneAhead.set(message.key, outcome)
    timers.after(REPLY_LIFE_MS, () => goneAhead.delete(message.key))
    return outcome
  }

  /** A row as soon as the store has taken it; when it does not in time, what comes of sending without. */
  const writePatiently = (store: Store, message: Outgoing): Promise<{ id: number | undefined } | SendOutcome> =>
    new Promise((resolve) => {
      let ahead = false
      const goOnce = () => {
        if (!ahead) resolve(goAhead(message))
        ahead = true
      }
      const cancel = timers.after(PATIENCE_MS, goOnce)
      writeReply(store, message).then(
        (id) => {
          cancel()
          resolve({ id })
        },
        (error: unknown) => {
          cancel()
          log.warn({ error }, 'reply not written, it goes directly')
          goOnce()
        },
      )
    })

  /** What comes of a reply by its row, or without it where the store takes rows and then lets nobody have them. */
  const followRow = (message: Outgoing, id: number, pump: Pump | undefined): Promise<SendOutcome> =>
    new Promise((resolve) => {
      waiting.set(id, resolve)
      timers.after(REPLY_LIFE_MS, () => {
        waiting.delete(id)
        resolve(SHORT_OF_TIME)
      })
      const watch = () => {
        if (!waiting.has(id)) return
        if (!pump?.isStuck() || pump.held().has(id)) return void timers.after(PATIENCE_MS, watch)
        waiting.delete(id)
        resolve(goAhead(message))
      }
      timers.after(PATIENCE_MS, watch)
      pump?.wake()
    })

  // Rows of the process before this one may wait.
  wakeAll()
  keepPlanning()
  return {
    async deliver(message) {
      const store = parts.store()
      if (store === null || stopped) return direct.deliver(message)
      const written = await writePatiently(store, message)
      if ('kind' in written) return written
      const { id } = written
      // On its way already.
      if (id === undefined) return { kind: 'sent' }
      return followRow(message, id, pumps.find(({ channel }) => channel.name === message.channel)?.pump)
    },
    wake() {
      keepPlanning()
      wakeAll()
    },
    async drain() {
      keepPlanning()
      await planning
      wakeAll()
      await Promise.all([...pumps.map(({ pump }) => pump.drain()), direct.drain()])
    },
    async stop() {
      stopped = true
      cancelTimer()
      await planning
      await Promise.all([...pumps.map(({ pump }) => pump.stop()), direct.stop()])
    },
    async forgetOld() {
      const store = parts.store()
      const now = clock.now()
      if (store) await forgetOldDeliveries(store.db, now, new Date(now.getTime() - REPLY_KEPT_MS))
    },
  }
}
