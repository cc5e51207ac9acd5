import type { FailureCode, SendOutcome } from '../channels/channel.ts'

/** What can become of one message to one chat. */
export const DELIVERY_STATES = [
  'planned',
  'ready',
  'leased',
  'sent',
  'unknown',
  'throttled',
  'retry',
  'dead',
  'skipped',
  'superseded',
  'expired',
  'awaiting-human',
] as const
export type DeliveryState = (typeof DELIVERY_STATES)[number]

/** Every move that exists. `planned` waits for its hour, `ready`, `throttled` and `retry` for their turn. */
const MOVES: Record<DeliveryState, readonly DeliveryState[]> = {
  planned: ['leased', 'superseded', 'expired', 'skipped'],
  ready: ['leased', 'superseded', 'expired', 'skipped', 'unknown'],
  throttled: ['leased', 'superseded', 'expired', 'skipped', 'unknown'],
  retry: ['leased', 'superseded', 'expired', 'skipped', 'dead', 'unknown'],
  leased: [
    'sent',
    'unknown',
    'throttled',
    'retry',
    'dead',
    'skipped',
    'superseded',
    'expired',
    'awaiting-human',
    'ready',
  ],
  unknown: ['ready'],
  dead: ['ready'],
  'awaiting-human': ['sent', 'dead', 'superseded', 'expired'],
  sent: [],
  skipped: [],
  superseded: [],
  expired: [],
}

/** States in which a message waits for its turn. */
export const WAITING: readonly DeliveryState[] = ['planned', 'ready', 'throttled', 'retry']
/** States that a closed message is counted under; `unknown` and `dead` can be opened again by an operator. */
export const FINAL: readonly DeliveryState[] = [
  'sent',
  'unknown',
  'dead',
  'skipped',
  'superseded',
  'expired',
  'awaiting-human',
]

export function mayMove(from: DeliveryState, to: DeliveryState): boolean {
  return MOVES[from].includes(to)
}

/** States from which a message may become `to`. */
export function originsOf(to: DeliveryState): DeliveryState[] {
  return DELIVERY_STATES.filter((from) => mayMove(from, to))
}

/**
 * Reason of a message that is sent again although an earlier attempt may have arrived. It never ends as if nobody had
 * got it: where it is not sent it is `unknown`, so that a correction reaches everybody who may have read it.
 */
export const IN_DOUBT = 'in-doubt'

/** What a message needs to know of itself when its fate is decided. */
export interface Attempted {
  /** `IN_DOUBT` counts, every other one is of the past. */
  reason: string | null
  /** Attempts that counted, this one not. */
  attempts: number
  /** May be sent once more although it may have arrived. */
  resendUnknown: boolean
  /** The channel delivers one key once, however often it is sent. */
  idempotent: boolean
  expiresAt: Date
}

export interface NextState {
  state: DeliveryState
  attempts: number
  /** Of states that wait: not before then. */
  readyAt?: Date
  reason?: string
  platformId?: string
  /** The one resend is used up. */
  resendUnknown?: false
}

/** Waits between attempts; after the last one a message is dead. */
export const RETRY_AFTER_MS: readonly number[] = [1_000, 5_000, 30_000, 120_000, 300_000]
/** Nothing was tried: however long a channel is away, what it has to send waits until it expires. */
const NOT_TRIED: ReadonlySet<FailureCode> = new Set(['not-connected', 'switched-off'])
const NOT_TRIED_WAIT_MS = 10_000
/** When a platform throttles without saying for how long. */
const DEFAULT_THROTTLE_MS = 5_000

/**
 * What becomes of a leased message after an attempt. A throttle never costs an attempt, nor does a channel that is away. What may have arrived is sent
 * again where the channel drops doubles, or once where it is urgent enough that twice is better than never; otherwise it
 * is held. Pure.
 */
export function decideAfter(outcome: SendOutcome, row: Attempted, now: Date): NextState {
  return keepDoubt(row, decideOutcome(outcome, row, now))
}

function decideOutcome(outcome: SendOutcome, row: Attempted, now: Date): NextState {
  const { attempts } = row
  if (outcome.kind === 'sent') {
    return {
      state: 'sent',
      attempts: attempts + 1,
      ...(outcome.messageId !== undefined && { platformId: outcome.messageId }),
    }
  }
  if (outcome.kind === 'awaiting-human') {
    return { state: 'awaiting-human', attempts: attempts + 1, platformId: outcome.task, reason: outcome.sentence }
  }
  const { failure } = outcome
  if (failure.kind === 'throttled') {
    const readyAt = failure.until ?? new Date(now.getTime() + DEFAULT_THROTTLE_MS)
    return readyAt >= row.expiresAt
      ? { state: 'expired', attempts, reason: failure.code }
      : { state: 'throttled', attempts, readyAt, reason: failure.code }
  }
  if (failure.kind === 'permanent') {
    const gone = failure.code === 'blocked' || failure.code === 'chat-gone'
    return { state: gone ? 'skipped' : 'dead', attempts: attempts + 1, reason: failure.code }
  }
  if (failure.kind === 'unknown') return decideUnknown(row, failure.code)
  if (NOT_TRIED.has(failure.code)) {
    const readyAt = new Date(now.getTime() + NOT_TRIED_WAIT_MS)
    return readyAt >= row.expiresAt
      ? { state: 'expired', attempts, reason: failure.code }
      : { state: 'retry', attempts, readyAt, reason: failure.code }
  }
  const waitMs = RETRY_AFTER_MS[attempts]
  if (waitMs === undefined) return { state: 'dead', attempts: attempts + 1, reason: failure.code }
  const readyAt = new Date(now.getTime() + waitMs)
  return readyAt >= row.expiresAt
    ? { state: 'expired', attempts: attempts + 1, reason: failure.code }
    : { state: 'retry', attempts: attempts + 1, readyAt, reason: failure.code }
}

/** A lease that nobody settled: the attempt may have arrived. */
export function decideAbandoned(row: Attempted): NextState {
  return decideUnknown(row, 'crashed')
}

/** A leased message that is not sent after all. */
export function decideUnsent(
  row: Pick<Attempted, 'attempts' | 'reason'>,
  state: 'expired' | 'skipped' | 'ready',
  reason?: string,
): NextState {
  return keepDoubt(row, { state, attempts: row.attempts, ...(reason !== undefined && { reason }) })
}

function keepDoubt({ reason }: Pick<Attempted, 'reason'>, next: NextState): NextState {
  if (reason !== IN_DOUBT || next.state === 'sent' || next.state === 'awaiting-human') return next
  return WAITING.includes(next.state) ? { ...next, reason: IN_DOUBT } : { ...next, state: 'unknown' }
}

function decideUnknown({ attempts, resendUnknown, idempotent }: Attempted, reason: string): NextState {
  if (idempotent && attempts < RETRY_AFTER_MS.length) {
    return { state: 'ready', attempts: attempts + 1, reason: IN_DOUBT }
  }
  return resendUnknown
    ? { state: 'ready', attempts: attempts + 1, reason: IN_DOUBT, resendUnknown: false }
    : { state: 'unknown', attempts: attempts + 1, reason }
}
