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

export interface Counters {
  count(what: Counter): void
  get(what: Counter): number
  /** All of them, those that never happened too. */
  all(): Record<Counter, number>
}

export function createCounters(): Counters {
  const counts = Object.fromEntries(COUNTERS.map((name) => [name, 0])) as Record<Counter, number>
  return {
    count(what) {
      counts[what]++
    },
    get: (what) => counts[what],
    all: () => ({ ...counts }),
  }
}
