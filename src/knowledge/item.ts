import { createHash } from 'node:crypto'
import { calendarDaySchema, type CalendarDay } from './calendar-day.ts'
import { cardSchema, type Card } from './card.ts'
import { hotlineSchema, type Hotline } from './hotline.ts'
import { lifeThreatSchema, type LifeThreat } from './life-threat.ts'
import { planSchema, type Plan } from './plan.ts'
import { quizQuestionSchema, type QuizQuestion } from './quiz.ts'
import { rebuttalSchema, type Rebuttal } from './rebuttal.ts'

/** Everything the knowledge base holds, by kind. */
export interface ContentByKind {
  card: Card
  'life-threat': LifeThreat
  rebuttal: Rebuttal
  plan: Plan
  hotline: Hotline
  'calendar-day': CalendarDay
  'quiz-question': QuizQuestion
}
export type ItemKind = keyof ContentByKind
export const ITEM_KINDS = [
  'card',
  'life-threat',
  'rebuttal',
  'plan',
  'hotline',
  'calendar-day',
  'quiz-question',
] as const satisfies readonly ItemKind[]

/** What an item of a kind must look like when it is read back from a file or the store. */
export const CONTENT_SCHEMAS = {
  card: cardSchema,
  'life-threat': lifeThreatSchema,
  rebuttal: rebuttalSchema,
  plan: planSchema,
  hotline: hotlineSchema,
  'calendar-day': calendarDaySchema,
  'quiz-question': quizQuestionSchema,
} as const

const NUMBER_LETTERS: Record<ItemKind, string> = {
  card: 'K',
  'life-threat': 'L',
  rebuttal: 'R',
  plan: 'P',
  hotline: 'H',
  'calendar-day': 'C',
  'quiz-question': 'Q',
}

/** The number residents see, e.g. K-023. */
export function formatNumber(kind: ItemKind, number: number): string {
  return `${NUMBER_LETTERS[kind]}-${String(number).padStart(3, '0')}`
}

/** One item as it comes from a seed file or an import, not yet in the store. */
export type SeedItem = { [Kind in ItemKind]: { kind: Kind; slug: string; content: ContentByKind[Kind] } }[ItemKind]

/** A published version with the number that the store gave its item. */
export interface Published<Kind extends ItemKind> {
  kind: Kind
  slug: string
  number: string
  version: number
  origin: 'shipped' | 'local'
  content: ContentByKind[Kind]
}

/** sha256 of the content with its keys in order, so that the same content always has the same hash. */
export function hashContent(content: unknown): string {
  return createHash('sha256')
    .update(JSON.stringify(sortKeys(content)))
    .digest('hex')
}

function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys)
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, part]) => part !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, part]) => [key, sortKeys(part)]),
  )
}
