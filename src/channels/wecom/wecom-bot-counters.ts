const COUNTERS = [
  'frames',
  'events',
  'ignored_kind',
  'ignored_event',
  'malformed',
  'dropped',
  'receive_too_slow',
  'sent',
  'throttled',
  'failed',
  'unknown',
  'untied_replies',
  'button_cards_failed',
  'connections',
  'connections_lost',
  'subscriptions_refused',
  'taken_over',
  'sdk_complaints',
] as const
export type WecomBotCounter = (typeof COUNTERS)[number]

export interface WecomBotCounters {
  add(name: WecomBotCounter): void
  read(): Readonly<Record<string, number>>
}

export function createWecomBotCounters(): WecomBotCounters {
  const counts = new Map<WecomBotCounter, number>(COUNTERS.map((name) => [name, 0]))
  return {
    add: (name) => void counts.set(name, (counts.get(name) ?? 0) + 1),
    read: () => Object.fromEntries(counts),
  }
}
