const COUNTERS = [
  'updates',
  'events',
  'ignored_other_kind',
  'ignored_channel',
  'ignored_service',
  'ignored_ephemeral',
  'ignored_button',
  'ignored_membership',
  'malformed',
  'receive_too_slow',
  'button_answers_failed',
  'webhook_unauthorized',
  'sent',
  'throttled',
  'failed',
  'unknown',
  'recalled',
  'conflicts',
  'reconnects',
] as const
export type CounterName = (typeof COUNTERS)[number]

export interface Counters {
  add(name: CounterName): void
  read(): Readonly<Record<string, number>>
}

export function createCounters(): Counters {
  const counts = new Map<CounterName, number>(COUNTERS.map((name) => [name, 0]))
  return {
    add: (name) => void counts.set(name, (counts.get(name) ?? 0) + 1),
    read: () => Object.fromEntries(counts),
  }
}
