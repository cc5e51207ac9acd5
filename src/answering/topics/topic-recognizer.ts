import type { Card } from '../../knowledge/card.ts'
import type { KnowledgeSnapshot } from '../../knowledge/knowledge-base.ts'
import type { SearchHit } from '../../retrieval/search-index.ts'
import type { LifeThreatLexicon } from '../life-threat-lexicon.ts'
import { learnReliability } from './entry-reliability.ts'
import { findNearestLine } from './nearest-line.ts'
import { recognizeTopics, type TopicGuess } from './recognize-topics.ts'
import type { TopicLexicon } from './topic-lexicon.ts'
import { buildTopicStatistics } from './topic-statistics.ts'
import { shareVotes, type TopicVotes } from './topic-votes.ts'

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
  /** What written examples say of runs of signs. */
  votes: TopicVotes
}

/** Built anew when the published cards change. */
export function buildTopicRecognizer(
  { lexicon, normalize, slips, votes }: TopicWordings,
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
      const guesses = recognizeTopics(text, mended, { lexicon, reliability, statistics, hits: found })
      return blend(guesses, shareVotes(normalize(mended), votes), lexicon)
    },
    findNearestLine: (question, card, shown) => findNearestLine(question, card, normalize, shown),
  }
}

/** On the scale of the thresholds, when words and votes count alike. */
const BLENDED = 0.75
/** A topic that no word speaks for is only weighed from this share of the votes. */
const LEAST_SHARE = 0.1

/** Words know few ways of asking well, votes know many a little: together they are wrong half as often as words alone. */
function blend(
  guesses: readonly TopicGuess[],
  shares: ReadonlyMap<string, number>,
  lexicon: TopicLexicon,
): TopicGuess[] {
  const heard = new Set(guesses.map(({ topic }) => topic))
  const voted = [...shares].flatMap(([topic, share]): TopicGuess[] => {
    const known = lexicon.topics.get(topic)
    if (!known || heard.has(topic) || share < LEAST_SHARE) return []
    const reasons = [{ code: 'topic-votes', text: `问法像“${known.name}”的` }]
    return [{ topic, name: known.name, confidence: 0, setting: known.setting ?? false, reasons }]
  })
  return [...guesses, ...voted]
    .map((guess) => ({
      ...guess,
      confidence: Math.min(1, BLENDED * (guess.confidence + (shares.get(guess.topic) ?? 0))),
    }))
    .sort((a, b) => b.confidence - a.confidence)
}
