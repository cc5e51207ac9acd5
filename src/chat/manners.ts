import type { Group } from '../people/groups.ts'

/** What counts when deciding whether to speak; nothing of the message's words. */
export interface Heard {
  private: boolean
  fromBot: boolean
  ageMs: number
  /** Sent before the channel was connected: it comes from a backlog. */
  backlog: boolean
  /** How it turns to us: by name, by replying to us, by a command, a button, or by picking a choice we offered. */
  addressed: 'mention' | 'reply' | 'command' | 'button' | 'choice' | null
  mentionsEveryone: boolean
  forwarded: boolean
  /** Somebody is in danger now; `sure` where phrases and examples agree. */
  danger?: { topic: string; sure: boolean }
  /** A published rumor, nearly word by word. */
  rumor?: string
  /** A command that only changes how we behave in this group. */
  setsManners: boolean
}

export const SILENCES = [
  'bot',
  'old',
  'everyone',
  'left',
  'muted',
  'not-addressed',
  'not-sure',
  'life-threat-cap',
  'quiet-hours',
  'rumor-cap',
] as const
export type Silence = (typeof SILENCES)[number]

export type Trigger = NonNullable<Heard['addressed']> | 'private' | 'life-threat' | 'rumor'

export type Speech = { speak: true; trigger: Trigger } | { speak: false; reason: Silence }

/** What waited longer before we were connected is not answered any more. */
const MAX_AGE_MS = 5 * 60_000
/** Somebody in danger who wrote to us alone is answered even then. */
const MAX_DANGER_AGE_MS = 60 * 60_000
/** Between two unasked life-threat texts about one hazard in one group. */
const LIFE_THREAT_EVERY_MS = 30 * 60_000
const MINUTE_MS = 60_000

const yes = (trigger: Trigger): Speech => ({ speak: true, trigger })
const no = (reason: Silence): Speech => ({ speak: false, reason })

/**
 * The manners of a guest: whether a message may be answered at all. Pure. Private messages and whoever turns to us are
 * answered; unasked we speak of danger only when sure, and of rumors only where the group's administrator wants it.
 * A life threat goes past 静音 and quiet hours.
 */
export function maySpeak(heard: Heard, group: Group, at: { now: Date; hour: number }): Speech {
  if (heard.fromBot) return no('bot')
  const maxAgeMs = heard.private && heard.danger ? MAX_DANGER_AGE_MS : MAX_AGE_MS
  if (heard.backlog && heard.ageMs > maxAgeMs) return no('old')
  if (heard.private) return yes('private')
  if (!group.member && heard.addressed === null) return no('left')
  const { settings } = group
  const muted = settings.mutedUntil !== null && settings.mutedUntil > at.now
  if (heard.addressed !== null) {
    if (heard.danger) return yes('life-threat')
    return muted && !heard.setsManners ? no('muted') : yes(heard.addressed)
  }
  if (heard.mentionsEveryone) return no('everyone')
  if (heard.danger && heard.rumor === undefined) return mayWarn(heard, group, at.now)
  if (heard.rumor === undefined || !settings.unaskedRumors) return no('not-addressed')
  if (muted) return no('muted')
  if (isQuiet(at.hour, settings.quietFrom, settings.quietTo)) return no('quiet-hours')
  return mayRefute(heard.rumor, group, at.now) ? yes('rumor') : no('rumor-cap')
}

function mayWarn({ danger, forwarded }: Heard, { spoken }: Group, now: Date): Speech {
  if (!danger?.sure || forwarded) return no('not-sure')
  const last = spoken.lifeThreats[danger.topic]
  return last !== undefined && now.getTime() - last.getTime() < LIFE_THREAT_EVERY_MS
    ? no('life-threat-cap')
    : yes('life-threat')
}

function mayRefute(rumor: string, { settings, spoken }: Group, now: Date): boolean {
  const since = (last: Date | undefined) => (last === undefined ? Infinity : now.getTime() - last.getTime())
  return (
    since(spoken.rumorAt) >= settings.unaskedEveryMinutes * MINUTE_MS &&
    since(spoken.rumors[rumor]) >= settings.sameRumorEveryMinutes * MINUTE_MS
  )
}

function isQuiet(hour: number, from: number, to: number): boolean {
  return from <= to ? hour >= from && hour < to : hour >= from || hour < to
}
