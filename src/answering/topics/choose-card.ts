import type { Published } from '../../knowledge/item.ts'
import type { KnowledgeSnapshot } from '../../knowledge/knowledge-base.ts'
import { acceptHit } from '../../retrieval/acceptance.ts'
import type { Reason, SearchHit } from '../../retrieval/search-index.ts'
import { TOPIC_THRESHOLDS, type TopicGuess } from './recognize-topics.ts'

export type CardChoice =
  | {
      outcome: 'answer'
      card: Published<'card'>
      confidence: number
      /** A stored question is the same; else only the topic is. */
      sameQuestion: boolean
      reasons: Reason[]
    }
  | { outcome: 'ask'; cards: Published<'card'>[]; confidence: number }
  /** `topic`: named beyond doubt, but there is no card for it. */
  | { outcome: 'none'; topic?: TopicGuess }

export interface CardScope {
  knowledge: KnowledgeSnapshot
  /** Regions whose own cards may answer. */
  regions: readonly string[]
  /** The day of asking, `YYYY-MM-DD`. */
  today: string
  /** Whether the guesses could have named a topic: a card of a new topic is found by its questions alone. */
  knowsTopic(topic: string): boolean
}

const MAX_CARDS = 3
/** A topic without a card keeps others from answering that are not as sure as this. */
const SURE_DESPITE = 0.15
/** A stored question that is the same answers, unless what it is asked for makes the topic as unlikely as this. */
const ANOTHER_MATTER = 0.2

/**
 * Which card answers: the one whose stored question is the same, or the one of the topic that the question belongs to;
 * close topics are asked about. Cards of another region or out of date take no part.
 */
export function chooseCard(hits: readonly SearchHit[], guesses: readonly TopicGuess[], scope: CardScope): CardChoice {
  const [best, runnerUp] = hits
  const asked =
    best && acceptHit(best, runnerUp) === 'answer' ? scope.knowledge.items.card.get(slugOf(best)) : undefined
  const first = guesses[0]
  const answer = pickTopic(guesses, hits, scope)
  if (best && asked) {
    const topic = guesses.find((guess) => guess.topic === asked.content.topic)
    const another = answer.card && answer.card.content.topic !== asked.content.topic ? answer.guess : undefined
    const confidence = Math.max(best.confidence, topic?.confidence ?? 0)
    const fits = guesses.length === 0 || !scope.knowsTopic(asked.content.topic)
    if (!another && (fits || (topic?.confidence ?? 0) >= ANOTHER_MATTER)) {
      return { outcome: 'answer', card: asked, confidence, sameQuestion: true, reasons: best.reasons }
    }
    if (another && best.confidence > another.confidence) {
      return { outcome: 'answer', card: asked, confidence, sameQuestion: true, reasons: best.reasons }
    }
  }
  if (answer.card && answer.guess) {
    const { confidence, reasons } = answer.guess
    return { outcome: 'answer', card: answer.card, confidence, sameQuestion: false, reasons }
  }
  if (first && first.confidence >= TOPIC_THRESHOLDS.answer) return { outcome: 'none', topic: first }
  if (!first || first.confidence < TOPIC_THRESHOLDS.ask) return { outcome: 'none' }
  const offered = guesses.flatMap(({ topic }) => findCard(topic, hits, scope) ?? []).slice(0, MAX_CARDS)
  if (offered.length > 0) return { outcome: 'ask', cards: offered, confidence: first.confidence }
  return { outcome: 'none' }
}

/** The surest topic that has a card; a topic without one gives way only to another that is nearly as sure. */
function pickTopic(
  guesses: readonly TopicGuess[],
  hits: readonly SearchHit[],
  scope: CardScope,
): { guess?: TopicGuess; card?: Published<'card'> } {
  const sure = guesses.filter(({ confidence }) => confidence >= TOPIC_THRESHOLDS.answer)
  for (const guess of sure) {
    const card = findCard(guess.topic, hits, scope)
    if (card) return { guess, card }
    const next = sure.find((other) => other !== guess && findCard(other.topic, hits, scope) !== undefined)
    if (!next || next.confidence < guess.confidence - SURE_DESPITE) return {}
  }
  return {}
}

/** The card of a topic that may answer: the one the search found first, else the one nearest to the asker's place. */
function findCard(topic: string, hits: readonly SearchHit[], scope: CardScope): Published<'card'> | undefined {
  const { items } = scope.knowledge
  for (const hit of hits) {
    const card = items.card.get(slugOf(hit))
    if (card?.content.topic === topic) return card
  }
  return listCards(topic, items.card)
    .filter(({ content }) => mayAnswer(content, scope))
    .sort((a, b) => rankRegion(a, scope) - rankRegion(b, scope))[0]
}

/** By the cards of a snapshot: those of each topic. */
const byTopic = new WeakMap<Cards, ReadonlyMap<string, Published<'card'>[]>>()
type Cards = KnowledgeSnapshot['items']['card']

function listCards(topic: string, cards: Cards): readonly Published<'card'>[] {
  let known = byTopic.get(cards)
  if (!known) {
    known = Map.groupBy(cards.values(), ({ content }) => content.topic)
    byTopic.set(cards, known)
  }
  return known.get(topic) ?? []
}

function mayAnswer(content: Published<'card'>['content'], { regions, today }: CardScope): boolean {
  return (
    (content.region === undefined || regions.includes(content.region)) &&
    (content.validFrom === undefined || content.validFrom <= today) &&
    content.validUntil >= today
  )
}

function rankRegion({ content }: Published<'card'>, { regions }: CardScope): number {
  return content.region === undefined ? regions.length : regions.indexOf(content.region)
}

/** Document ids are `card:slug`. */
function slugOf(hit: SearchHit): string {
  return hit.id.slice(hit.id.indexOf(':') + 1)
}
