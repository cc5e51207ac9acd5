import type { Card } from '../../knowledge/card.ts'
import type { KnowledgeSnapshot } from '../../knowledge/knowledge-base.ts'
import type { SearchHit } from '../../retrieval/search-index.ts'
import type { LifeThreatLexicon } from '../life-threat-lexicon.ts'
import { learnReliability } from './entry-reliability.ts'
import { findNearestLine } from './nearest-line.ts'
import { recognizeTopics, type TopicGuess } from './recognize-topics.ts'
import type { TopicLexicon } from './topic-lexicon.ts'
import { buildTopicStatistics } from './topic-statistics.ts'

/** Knows the topics of one snapshot. */
export interface TopicRecognizer {
  /** The topics that a question may belong to, best first; `hits` are the cards found for it. */
  recognize(text: string, hits: readonly SearchHit[]): TopicGuess[]
  /** The card's line that is nearest to the question, see `findNearestLine`. */
  findNearestLine(question: string, card: Card, shown: readonly string[]): string | undefined
}

export interface TopicWordings {
  lexicon: TopicLexicon
  /** Brings dialect and synonyms to one form. */
  normalize: (text: string) => string
  /** Slips of typing and dictation, as the life-threat lexicon knows them. */
  slips: LifeThreatLexicon['rewrites']
}

/** Built anew when the published cards change. */
export function buildTopicRecognizer(
  { lexicon, normalize, slips }: TopicWordings,
  { items }: KnowledgeSnapshot,
): TopicRecognizer {
  const cards = [...items.card.values()].map(({ content }) => content)
  const statistics = buildTopicStatistics(cards, normalize)
  const reliability = learnReliability(lexicon, cards)
  return {
    recognize(text, hits) {
      const mended = text.replace(slips.pattern, (word) => slips.to.get(word) ?? word)
      const found = hits.flatMap((hit) => {
        const card = items.card.get(hit.id.slice(hit.id.indexOf(':') + 1))
        return card ? [{ topic: card.content.topic, hit }] : []
      })
      return recognizeTopics(text, mended, { lexicon, reliability, statistics, hits: found })
    },
    findNearestLine: (question, card, shown) => findNearestLine(question, card, normalize, shown),
  }
}
