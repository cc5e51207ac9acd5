import type { Reason, SearchHit } from '../../retrieval/search-index.ts'
import type { EntryReliability } from './entry-reliability.ts'
import type { HeardWords, SaidEntry, TopicLexicon, TopicWords } from './topic-lexicon.ts'
import { readTopicConfidence, type TopicFeatures } from './topic-model.ts'
import type { TopicStatistics } from './topic-statistics.ts'

export interface TopicGuess {
  topic: string
  /** Its Chinese name. */
  name: string
  /** 0…1: how likely the question belongs to this topic and can be asked about it. */
  confidence: number
  /** Without a card of its own the card of what happens answers. */
  setting: boolean
  reasons: Reason[]
}

export interface TopicParts {
  lexicon: TopicLexicon
  reliability: EntryReliability
  statistics: TopicStatistics
  /** Card hits of the same text, best first, each with the topic of its card. */
  hits: readonly { topic: string; hit: Pick<SearchHit, 'confidence' | 'score'> }[]
}

/** A topic that has nothing but this much of its cards' words in common with the question is not weighed. */
const LEAST_COVER = 0.12
/** More evidence by words than this changes nothing. */
const MOST_WORDS = 6

/**
 * The topics that a question may belong to, best first. `mended` is the text with slips of typing and dictation put right;
 * words count from either form. Pure.
 */
export function recognizeTopics(text: string, mended: string, parts: TopicParts): TopicGuess[] {
  const heard = parts.lexicon.listen(text, mended)
  return weighTopics(text, heard, parts)
    .map(({ topic, features }) => ({
      topic,
      name: parts.lexicon.topics.get(topic)?.name ?? topic,
      confidence: readTopicConfidence(features),
      setting: parts.lexicon.topics.get(topic)?.setting ?? false,
      reasons: explain(features, heard, heard.topics.get(topic)),
    }))
    .sort((a, b) => b.confidence - a.confidence)
}

/** Every topic that anything speaks for, with what speaks for it; for recognizing and for fitting the model. */
export function weighTopics(
  text: string,
  heard: HeardWords,
  { reliability, statistics, hits }: TopicParts,
): { topic: string; features: TopicFeatures }[] {
  const { byTopic: cover, familiar } = statistics.cover(text)
  const byTopic = new Map<string, Pick<SearchHit, 'confidence' | 'score'>>()
  for (const { topic, hit } of hits) if (!byTopic.has(topic)) byTopic.set(topic, hit)
  const candidates = new Set([...heard.topics.keys(), ...byTopic.keys()])
  for (const [topic, share] of cover) if (share >= LEAST_COVER) candidates.add(topic)

  const aside =
    Math.min(
      heard.aspects.reduce((sum, { weight }) => sum + weight, 0),
      1.2,
    ) / 1.2
  const weights = new Map([...heard.topics].map(([topic, { entries }]) => [topic, weighEntries(entries, reliability)]))
  const words = rank([...weights].map(([topic, { sum }]) => [topic, sum]))
  const scores = rank([...byTopic].map(([topic, { score }]) => [topic, score]))
  const covers = rank([...cover])
  return [...candidates].map((topic) => {
    const own = weights.get(topic) ?? { sum: 0, best: 0, decides: 0, names: 0 }
    const score = byTopic.get(topic)?.score ?? 0
    const share = Math.min((heard.topics.get(topic)?.covered ?? 0) / Math.max(heard.signs, 4), 0.8)
    const lead = own.sum - words.bestBut(topic)
    return {
      topic,
      features: {
        decides: Math.min(own.decides, 2) / 2,
        named: own.decides + own.names > 0 ? 1 : 0,
        words: Math.min(own.sum, MOST_WORDS) / MOST_WORDS,
        firstWords: Math.min(own.sum, 1.5) / 1.5,
        bestWord: own.best,
        share,
        unasked: heard.cares === 0 ? 0.8 - share : 0,
        cares: Math.min(heard.cares, 3) / 3,
        wordsAhead: clamp(lead, 0, 3) / 3,
        wordsBehind: clamp(-lead, 0, 3) / 3,
        asked: byTopic.get(topic)?.confidence ?? 0,
        found: score === 0 ? 0 : clamp((score - scores.bestBut(topic)) / score, -1, 1),
        familiar,
        cover: Math.min(cover.get(topic) ?? 0, 0.6),
        coverLead: clamp((cover.get(topic) ?? 0) - covers.bestBut(topic), -0.3, 0.3),
        aside,
        asideOnly: heard.cares === 0 ? aside : 0,
      },
    }
  })
}

/** Each entry as a witness: two that are right half the time say as much as one that is right three times of four. */
function weighEntries(entries: readonly SaidEntry[], reliability: EntryReliability) {
  const weighed = { sum: 0, best: 0, decides: 0, names: 0 }
  for (const entry of entries) {
    const reliable = reliability(entry)
    weighed.sum -= Math.log(1 - 0.95 * reliable)
    weighed.best = Math.max(weighed.best, reliable)
    if (entry.level === 'decides') weighed.decides++
    if (entry.level === 'names') weighed.names++
  }
  return weighed
}

/** The best value of all topics but one. */
function rank(values: [string, number][]): { bestBut(topic: string): number } {
  const [first, second] = values.sort((a, b) => b[1] - a[1])
  return { bestBut: (topic) => (first?.[0] === topic ? second?.[1] : first?.[1]) ?? 0 }
}

function explain(features: TopicFeatures, heard: HeardWords, found: TopicWords | undefined): Reason[] {
  const reasons: Reason[] = []
  if (found)
    reasons.push({ code: 'topic-words', text: `说到“${found.topic.name}”：${found.said.slice(0, 4).join('、')}` })
  if (features.asked >= 0.3) reasons.push({ code: 'like-question', text: '与这一主题的一条常见问法相近' })
  if (features.cover >= 0.25) reasons.push({ code: 'topic-text', text: '用词与这一主题的内容相近' })
  if (heard.aspects.length > 0)
    reasons.push({ code: 'other-matter', text: `像是在${heard.aspects.map(({ name }) => name).join('、')}` })
  return reasons
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(most, Math.max(least, value))
}
