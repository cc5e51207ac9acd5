import type { Channel, ChannelName } from '../../src/channels/channel.ts'
import type { FakeClock } from './fake-clock.ts'

/** What somebody says on the day, as every platform can carry it. */
export interface Said {
  /** Unique within the day; a redelivery carries the same one. */
  id: number
  /** Number of the group; undefined in private. */
  group?: number | undefined
  /** Number of the person; 0 runs the groups. */
  person: number
  text: string
  /** Our account is mentioned by name. */
  mention?: boolean
  /** What somebody else wrote and this message replies to. */
  quote?: string
  forwarded?: boolean
  /** `picture`: `text` is its caption where the platform has captions. */
  media?: 'picture' | 'link'
  /** Another program. */
  bot?: boolean
  /** A button of one of our messages is pressed. */
  press?: { shown: Shown; label: string }
  at: Date
}

/** A message of ours as the platform shows it. */
export interface Shown {
  /** `group 3`, `person 2`. */
  place: string
  text: string
  buttons: string[]
  /** As the platform got it; only the stage reads it. */
  raw: unknown
}

/** What goes wrong with the next message of ours, or with the connection at the moment when it is sent. */
export interface StageFault {
  name: string
  begin(): void | Promise<void>
  /** Puts right again what was wrong. */
  end?(): void | Promise<void>
  /** The adapter gives up waiting when the fake clock has gone on by that much. */
  unansweredMs?: number
  /** How long until the message can have been sent again. */
  laterMs: number
  expected: 'sent once' | 'may have arrived once' | 'given up'
  /** How the rest is named in `delivery status`. */
  reason?: string
}

/** A platform: its double and the real adapter, the same to do with for each. */
export interface Stage {
  readonly name: ChannelName
  /** A new one for each start of the app. */
  openChannel(): Channel
  /** Resolves when the platform hands over what is said. */
  ready(): Promise<void>
  /** Resolves when everything is taken up. */
  hand(...said: Said[]): Promise<void>
  /** Payloads that mean nothing; resolves when they are read. */
  sendMalformed(): Promise<void>
  shown(): readonly Shown[]
  /** Sends that reached the platform or were refused by it. */
  attempts(): number
  /** One after the other; each in a place of its own. */
  faults: readonly StageFault[]
  close(): Promise<void>
}

export interface StageParts {
  clock: FakeClock
}

export const GROUPS = 8
export const PEOPLE = 24
export const BOT_PERSON = 23

/** Groups for the faults, apart from the others. */
export const FAULT_GROUP = 100
export const ALL_GROUPS: readonly number[] = [
  ...Array.from({ length: GROUPS }, (_, group) => group),
  ...Array.from({ length: 20 }, (_, number) => FAULT_GROUP + number),
]

export const placeOf = ({ group, person }: Pick<Said, 'group' | 'person'>): string =>
  group === undefined ? `person ${person}` : `group ${group}`

/** Waits for what another part of this process is about to do. */
export async function until(what: string, holds: () => boolean): Promise<void> {
  const deadline = Date.now() + 20_000
  while (!holds()) {
    if (Date.now() > deadline) throw new Error(`not within 20 seconds: ${what}`)
    await new Promise((resolve) => setImmediate(resolve))
  }
}
