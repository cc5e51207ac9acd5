import { createCounters, type Counters } from '../counters.ts'

/** Every name that the channel counts under. */
const COUNTERS = [
  'sent',
  'sentUrgent',
  'refusedByRoomCap',
  'refusedByDayCap',
  'refusedByKillSwitch',
  'received',
  'receiveTooSlow',
  'logins',
  'reconnects',
  'logouts',
  'scansAsked',
  'restarts',
  'errors',
  'resets',
  'rejectionsCaught',
  'friendRequests',
  'roomInvites',
  'ignoredDuplicate',
  'ignoredOwn',
  'ignoredRecalled',
  'ignoredSystem',
  'ignoredMoney',
  'ignoredUnknown',
  'ignoredMalformed',
  'ignoredOverflow',
] as const
export type Counter = (typeof COUNTERS)[number]

export type WechatyCounters = Counters<Counter>

export const createWechatyCounters = (): WechatyCounters => createCounters(COUNTERS)
