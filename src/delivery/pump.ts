import { inArray } from 'drizzle-orm'
import type { Clock } from '../base/clock.ts'
import type { Logger } from '../base/log.ts'
import type { Timers } from '../base/timers.ts'
import type { Channel, OutboundMessage, SendOutcome } from '../channels/channel.ts'
import { outboundSchema } from './outbound.ts'
import type { Contact, Contacts } from '../people/contacts.ts'
import type { Sealer } from '../people/sealer.ts'
import type { Store } from '../store/store.ts'
import { findStoreRefusal } from '../store/store-errors.ts'
import { fanOut } from '../store/tables/delivery.ts'
import { decideAfter, decideUnsent, type NextState } from './delivery-states.ts'
import { messageFormsSchema, type MessageForms } from './fan-out.ts'
import { leaseRows, type LeasedRow } from './lease.ts'
import { pauseUntil, resetAbandoned, settleRows, type Settled } from './settle.ts'

export interface PumpParts {
  store: () => Store | null
  channel: Channel
  contacts: Contacts
  sealer: Sealer
  clock: Clock
  timers: Timers
  log: Logger
  /** Called with what became of a row, after it was written. */
  onSettled?: (row: LeasedRow, next: NextState, outcome: SendOutcome | null) => void
  /** What comes of a reply that left by another way before its row was there; asked once. */
  takeGoneAhead?: (row: LeasedRow) => Promise<SendOutcome> | undefined
  /** Where a test may stop the process. */
  onPoint?: (point: PumpPoint) => void
}

export const PUMP_POINTS = ['leased', 'before-send', 'after-send', 'before-settle', 'settled'] as const
export type PumpPoint = (typeof PUMP_POINTS)[number]

/** Sends the rows of one channel. */
export interface Pump {
  /** Something may be ready: looks at once. */
  wake(): void
  /** Resolves when no send is under way and nothing more can be sent at this moment. */
  drain(): Promise<void>
  /** Takes no more rows; resolves when those under way are settled. */
  stop(): Promise<void>
  /** Rows that are being sent at this moment. */
  held(): ReadonlySet<number>
  /** The store did not let it take rows the last time that it looked, or has not answered for long. */
  isStuck(): boolean
}

/** No platform asks for more; a wrong clock does. */
const MAX_PAUSE_MS = 24 * 3_600_000
const MAX_UNDER_WAY = 32
/** Longer than any adapter takes to give up. */
const LEASE_MS = 60_000
/** Another process may have written rows, and time makes rows ready. */
const LOOK_EVERY_MS = 1_000
/** While rows may wait for a rate's window to move on, that is, for so many looks after the last row. */
const LOOK_SOON_MS = 50
const LOOKS_SOON = 40
const SETTLE_TOGETHER_MS = 5
/** A look takes milliseconds; an engine that is starting anew on a full disk keeps it for half a minute. */
const HANGS_MS = 1_500

export function createPump(parts: PumpParts): Pump {
  const { channel, clock, timers, log } = parts
  const reached = parts.onPoint ?? (() => {})
  const underWay = new Map<number, Promise<void>>()
  const forms = new Map<string, MessageForms>()
  let settled: (Settled & { outcome: SendOutcome | null; row: LeasedRow })[] = []
  let settling: Promise<void> | null = null
  /** What came of sends while the store was away; nobody else knows it. */
  let unwritten: typeof settled = []
  let looksSoon = 0
  let looking: Promise<void> | null = null
  let again = false
  let stopped = false
  let refused = false
  /** By a clock that nobody sets: how long a store hangs is not what time it is. */
  let lookingSince = Infinity
  let adopted: Store | null = null
  let cancelTimer = () => {}

  const held = () => new Set([...underWay.keys(), ...unwritten.map(({ row }) => row.id)])

  const lookAfter = (ms: number) => {
    cancelTimer()
    if (!stopped) cancelTimer = timers.after(ms, wake)
  }

  const look = async (): Promise<void> => {
    const store = parts.store()
    if (stopped) return
    if (!store || isUnconnected(channel)) return lookAfter(LOOK_EVERY_MS)
    if (unwritten.length > 0) await writeSettled(unwritten.splice(0))
    if (adopted !== store) {
      await adopt(store)
      adopted = store
    }
    const room = MAX_UNDER_WAY - underWay.size - unwritten.length
    if (room <= 0) return lookAfter(LOOK_EVERY_MS)
    const { rates } = channel.capabilities
    const rows = await leaseRows(store, { channel: routeOf(channel), rates, room, leaseMs: LEASE_MS, now: clock.now() })
    if (rows.length === 0) return lookAfter(looksSoon-- > 0 ? LOOK_SOON_MS : LOOK_EVERY_MS)
    looksSoon = LOOKS_SOON
    reached('leased')
    const contacts = await readRecipients(store, rows).catch(async (error: unknown) => {
      // Nothing has left: the rows go back as they came.
      await settleRows(
        store.db,
        rows.map((row) => ({ row, next: decideUnsent(row, 'ready') })),
        clock.now(),
      )
      throw error
    })
    for (const row of rows) {
      const sending = sendRow(store, row, contacts.get(row.endpoint))
      underWay.set(row.id, sending)
      void sending.finally(() => underWay.delete(row.id))
    }
    lookAfter(LOOK_SOON_MS)
  }

  const readRecipients = async (store: Store, rows: readonly LeasedRow[]) => {
    await readForms(store, rows)
    return parts.contacts.findAll(
      store.db,
      rows.flatMap((row) => (row.sealed === null ? [row.endpoint] : [])),
    )
  }

  /** A store that was just opened may hold leases of a process that died. */
  const adopt = async (store: Store) => {
    const request = { channel: routeOf(channel), idempotent: channel.capabilities.idempotent, now: clock.now() }
    const count = await resetAbandoned(store.db, { ...request, everyone: store.kind === 'embedded', except: held() })
    if (count > 0) log.warn({ count, channel: channel.name }, 'sends that a crash interrupted were taken up')
  }

  const readForms = async (store: Store, rows: readonly LeasedRow[]) => {
    const wanted = [
      ...new Set(rows.flatMap(({ fanOutId }) => (fanOutId === null || forms.has(fanOutId) ? [] : [fanOutId]))),
    ]
    if (wanted.length === 0) return
    const found = await store.db
      .select({ id: fanOut.id, message: fanOut.message })
      .from(fanOut)
      .where(inArray(fanOut.id, wanted))
    if (forms.size > 50) forms.clear()
    for (const { id, message } of found) forms.set(id, messageFormsSchema.parse(message))
  }

  const sendRow = async (store: Store, row: LeasedRow, contact: Contact | undefined): Promise<void> => {
    try {
      const goneAhead = parts.takeGoneAhead?.(row)
      const message = compose(row, contact)
      if (!message) return await settle(row, decideUnsent(row, 'skipped', 'no-contact'), null)
      const late = !goneAhead && row.expiresAt <= clock.now()
      if (late) return await settle(row, decideUnsent(row, 'expired'), null)
      reached('before-send')
      const first = await (goneAhead ?? channel.send(message))
      const moved = first.kind === 'failed' ? first.failure.movedTo : undefined
      const outcome = moved === undefined ? first : await sendToMoved(store, row, message, moved)
      reached('after-send')
      if (outcome.kind === 'failed') await heed(store, row, outcome)
      const next = decideAfter(outcome, { ...row, idempotent: channel.capabilities.idempotent }, clock.now())
      await settle(row, next, outcome)
    } catch (error) {
      // The lease stays and is taken up as interrupted when it ends.
      log.error({ error, channel: channel.name }, 'delivery interrupted')
    }
  }

  /** The platform says where the chat is now: the message follows it, and so does every later one. */
  const sendToMoved = async (store: Store, row: LeasedRow, message: OutboundMessage, chatId: string) => {
    const { kind, title } = message.chat
    const contact = { kind: kind === 'group' ? ('group' as const) : ('person' as const), channel: channel.name, title }
    await parts.contacts.remember(store.db, row.endpoint, { ...contact, chatId }, clock.now())
    return channel.send({ ...message, chat: { ...message.chat, id: chatId } })
  }

  /** What a failure says about more than this one message. */
  const heed = async (store: Store, row: LeasedRow, { failure }: SendOutcome & { kind: 'failed' }): Promise<void> => {
    // A cap of our own making is about this message, not about the chat.
    if (failure.kind === 'throttled' && failure.until && failure.code !== 'cap-reached') {
      const key = failure.scope === 'account' ? routeOf(channel) : `${routeOf(channel)} ${row.endpoint}`
      const latest = new Date(clock.now().getTime() + MAX_PAUSE_MS)
      await pauseUntil(store.db, key, failure.until < latest ? failure.until : latest)
      log.warn({ channel: channel.name, until: failure.until, scope: failure.scope }, 'throttled by the platform')
    }
  }

  const compose = (row: LeasedRow, contact: Contact | undefined): OutboundMessage | undefined => {
    if (row.sealed !== null) {
      const reply = outboundSchema.safeParse(parts.sealer.unseal(row.version, row.sealed))
      return reply.success ? reply.data : undefined
    }
    const form = row.fanOutId === null ? undefined : forms.get(row.fanOutId)
    if (!contact || !form) return undefined
    const kind = contact.kind === 'group' ? 'group' : 'private'
    const chat = { id: contact.chatId, kind, ...(contact.title !== undefined && { title: contact.title }) } as const
    const { text, buttons } = form[kind]
    return { chat, text, ...(buttons && { buttons }), key: `${row.version} ${row.endpoint}` }
  }

  /** Rows that are settled at about the same time are written together. */
  const settle = (row: LeasedRow, next: NextState, outcome: SendOutcome | null): Promise<void> => {
    settled.push({ row, next, outcome })
    settling ??= new Promise<void>((resolve, reject) => {
      timersAfterTick(() => {
        settling = null
        const batch = settled
        settled = []
        writeSettled(batch).then(resolve, reject)
      })
    })
    return settling
  }

  const writeSettled = async (batch: typeof settled): Promise<void> => {
    reached('before-settle')
    const written = await tryToSettle(batch)
    if (!written) {
      unwritten.push(...batch)
      return lookAfter(LOOK_EVERY_MS)
    }
    reached('settled')
    for (const { row, next, outcome } of batch) {
      // Makes room before the next look asks for it.
      underWay.delete(row.id)
      if (written.has(row.id)) parts.onSettled?.(row, next, outcome)
      else log.warn({ channel: channel.name }, 'a lease ended before its send did')
    }
    wake()
  }

  /** Undefined while the store is away. */
  const tryToSettle = async (batch: typeof settled): Promise<ReadonlySet<number> | undefined> => {
    try {
      const store = parts.store()
      return store ? await settleRows(store.db, batch, clock.now()) : undefined
    } catch (error) {
      if (findStoreRefusal(error)?.retryable !== true) throw error
      log.warn({ error, channel: channel.name }, 'the store is away, what came of sends is kept in memory')
      return undefined
    }
  }

  const run = async (): Promise<void> => {
    lookingSince = performance.now()
    try {
      await look()
      refused = false
    } catch (error) {
      refused = true
      log.warn({ error, channel: channel.name }, 'no rows taken, will be tried again')
      lookAfter(LOOK_EVERY_MS)
    } finally {
      lookingSince = Infinity
    }
  }

  function wake(): void {
    if (stopped) return
    if (looking) {
      again = true
      return
    }
    looking = run().finally(() => {
      looking = null
      if (!again) return
      again = false
      wake()
    })
  }

  const isBusy = () => looking !== null || underWay.size > 0 || settling !== null

  return {
    wake,
    held,
    isStuck: () => refused || performance.now() - lookingSince > HANGS_MS,
    async drain() {
      while (isBusy()) await Promise.allSettled([looking, settling, ...underWay.values()])
    },
    async stop() {
      stopped = true
      cancelTimer()
      while (isBusy()) await Promise.allSettled([looking, settling, ...underWay.values()])
    },
  }
}

/** Sends before the first connection would only use up attempts. */
function isUnconnected(channel: Channel): boolean {
  const { state } = channel.health()
  return state === 'off' || state === 'connecting'
}

/** Groups what arrives within one turn of the event loop. */
function timersAfterTick(work: () => void): void {
  setTimeout(work, SETTLE_TOGETHER_MS)
}

/** What rows call the channel: accounts of their own queue and count apart. */
export function routeOf({ name, account }: Pick<Channel, 'name' | 'account'>): string {
  return name === 'wecom-robot' ? `${name}:${account}` : name
}
