import { createCounters, type Counters } from '../counters.ts'

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

export type WecomBotCounters = Counters<WecomBotCounter>

export const createWecomBotCounters = (): WecomBotCounters => createCounters(COUNTERS)
