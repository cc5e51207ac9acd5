import type { Answer, Choice } from '../answering/answer.ts'
import type { Clock } from '../base/clock.ts'
import type { Reason } from '../retrieval/search-index.ts'

/** What was asked and answered just now; held in memory only, and not for long. */
export interface RecentAnswer {
  question: string
  region?: string | undefined
  reasons: Reason[]
  /** Slug of the card that was given. */
  card?: string | undefined
  /** What was offered to choose from. */
  choices?: Choice[] | undefined
}

export interface RecentAnswers {
  remember(session: string, answer: RecentAnswer): void
  find(session: string): RecentAnswer | undefined
  forget(session: string): void
  /** Notes that a group got this item; answers how many minutes ago it got it before, if that is not long ago. */
  noteInGroup(group: string, item: string): number | undefined
}

const KEEP_MS = 30 * 60_000
const REPEAT_MS = 10 * 60_000
const MAX_KEPT = 5_000

export function createRecentAnswers(clock: Clock): RecentAnswers {
  const answers = new Map<string, RecentAnswer & { at: number }>()
  const given = new Map<string, number>()
  return {
    remember(session, answer) {
      put(answers, session, { ...answer, at: clock.now().getTime() })
    },
    find(session) {
      const found = answers.get(session)
      return found && clock.now().getTime() - found.at <= KEEP_MS ? found : undefined
    },
    forget: (session) => void answers.delete(session),
    noteInGroup(group, item) {
      const now = clock.now().getTime()
      const key = `${group} ${item}`
      const before = given.get(key)
      if (before !== undefined && now - before < REPEAT_MS) return Math.max(1, Math.round((now - before) / 60_000))
      put(given, key, now)
      return undefined
    },
  }
}

/** The number by which an answer can be found again above: a card, a rebuttal or a plan text. */
export function itemOf(answer: Answer): string | undefined {
  if (answer.outcome === 'card') return answer.card.number
  if (answer.outcome === 'rebuttal') return answer.rebuttal.number
  return undefined
}

function put<T>(map: Map<string, T>, key: string, value: T): void {
  map.delete(key)
  map.set(key, value)
  if (map.size <= MAX_KEPT) return
  for (const oldest of map.keys()) {
    map.delete(oldest)
    return
  }
}
