/** What speaks for or against one topic, each 0…1 unless said otherwise. */
export interface TopicFeatures {
  /** Entries that decide; one that at least names the topic. */
  decides: number
  named: number
  /** Evidence by words of the lexicon: all of it, its first part, and the most reliable entry. */
  words: number
  firstWords: number
  bestWord: number
  /** Share of the text that its words make up, at most 0.8. */
  share: number
  /** The rest of a text, 0…0.8, where nothing is asked as people ask about safety. */
  unasked: number
  /** The text asks as people ask about safety. */
  cares: number
  /** Weight of its words more, or less, than that of the best other topic. */
  wordsAhead: number
  wordsBehind: number
  /** Confidence of the retrieval that a stored question is the same. */
  asked: number
  /** Lead in the order of the search over the next topic, -1…1. */
  found: number
  /** Share of the text's pairs of signs that any card has. */
  familiar: number
  /** Share of the question's information that its cards speak of. */
  cover: number
  /** Lead in `cover` over the next topic, -0.3…0.3. */
  coverLead: number
  /** Aspects that make the question another matter. */
  aside: number
  /** The same where nothing is asked as people ask about safety. */
  asideOnly: number
}

export interface TopicModel {
  bias: number
  weights: Record<keyof TopicFeatures, number>
}

/** Fitted by scripts/fit-topics.ts, see there for the sets. */
export const TOPIC_MODEL: TopicModel = {
  bias: -4.57,
  weights: {
    decides: 2.19,
    named: 0.87,
    words: 0.4,
    firstWords: 1.39,
    bestWord: 0.75,
    share: 2.28,
    cares: 0,
    wordsAhead: 1.39,
    wordsBehind: -2.4,
    asked: 0,
    found: 0.01,
    familiar: 0.79,
    cover: 0.11,
    coverLead: 0.75,
    aside: -2.75,
    unasked: -0.83,
    asideOnly: -1.83,
  },
}

/** Confidence from which a topic answers, and from which it is offered as a choice; set on the lines of the fit. */
export const TOPIC_THRESHOLDS = { answer: 0.65, ask: 0.2 } as const

/** 0…1 */
export function readTopicConfidence(features: TopicFeatures, { bias, weights }: TopicModel = TOPIC_MODEL): number {
  let sum = bias
  for (const name in weights) {
    const feature = name as keyof TopicFeatures // for…in forgets the key type
    sum += weights[feature] * features[feature]
  }
  return 1 / (1 + Math.exp(-sum))
}
