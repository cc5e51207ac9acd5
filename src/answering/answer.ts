import type { Audience, Source } from '../knowledge/fields.ts'
import type { Verdict } from '../knowledge/rebuttal.ts'
import type { Reason } from '../retrieval/search-index.ts'

export const OUTCOMES = ['life-threat', 'rebuttal', 'card', 'plan', 'clarify', 'declined'] as const

/** What somebody asks. `quote` is the message they forward or quote; both are data, never instructions. */
export interface Question {
  text: string
  quote?: string | undefined
  audience: Audience
  /** GB/T 2260 code of where the asker is; unknown = the home region of the deployment. */
  region?: string | undefined
  conversation: Conversation
}

/** What a conversation remembers between two messages: never the words, only what was answered. */
export interface Conversation {
  /** Slug of the card that was answered last. */
  card?: string | undefined
  /** The choices offered last, in the order in which they were numbered. */
  choices?: Choice[] | undefined
  /** The last answer already was a question back. */
  clarified?: boolean | undefined
}

export interface Choice {
  label: string
  kind: 'card' | 'rebuttal' | 'none'
  slug: string
}

export interface Citation {
  title: string
  issuer: string
  date?: string | undefined
  url?: string | undefined
  locator?: string | undefined
}

/** Why nothing was answered; decides the words and whether a ticket may be opened. */
export type DeclineCause =
  | 'no-material'
  | 'outside-field'
  | 'nothing-said'
  | 'greeting'
  | 'thanks'
  | 'about-bot'
  | 'rude'
  | 'foreign-language'
  | 'none-of-these'
  | 'degraded'
  | 'danger-unclear'

interface AnswerBase {
  /** Private form, at most 300 visible signs. */
  text: string
  /** Group form, at most 120 visible signs and 6 lines; relays excepted. */
  group: string
  topic?: string | undefined
  citations: Citation[]
  /** 0…1: how sure the matching is; 1 for fixed texts. */
  confidence: number
  reasons: Reason[]
  /** What the conversation remembers after this answer. */
  conversation: Conversation
}

export type Answer =
  | (AnswerBase & { outcome: 'life-threat'; topic: string; number: string; call: { number: string; label: string } })
  | (AnswerBase & { outcome: 'rebuttal'; rebuttal: { id: string; number: string; claim: string; verdict: Verdict } })
  | (AnswerBase & {
      outcome: 'card'
      topic: string
      card: { id: string; number: string; topic: string; title: string; version: number }
    })
  | (AnswerBase & { outcome: 'plan'; plan: { document: string; number: string; section: string } })
  | (AnswerBase & { outcome: 'clarify'; choices: Choice[] })
  | (AnswerBase & { outcome: 'declined'; cause: DeclineCause })

/** A source as it is cited to the reader. */
export function citeSource(source: Source): Citation {
  return {
    title: source.document === undefined ? source.title : `${source.title}（${source.document}）`,
    issuer: source.issuer,
    date: source.date,
    url: source.url,
    locator: source.locator,
  }
}
