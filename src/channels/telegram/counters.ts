import { createCounters, type Counters } from '../counters.ts'

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

export type TelegramCounters = Counters<CounterName>

export const createTelegramCounters = (): TelegramCounters => createCounters(COUNTERS)
