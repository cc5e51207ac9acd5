import type { Reason } from '../../retrieval/search-index.ts'
import type { RunModel } from '../run-model.ts'

export interface TopicGuess {
  topic: string
  /** 0…1: how likely the question belongs to this topic. */
  confidence: number
  reasons: Reason[]
}

/** The class of messages that none of the topics covers. */
export const NOT_OURS = '-'

/** Confidence from which a topic answers, and from which it is offered as a choice; set on the tune half of test/evals. */
export const TOPIC_THRESHOLDS = { answer: 0.4, ask: 0.12 } as const

const MAX_GUESSES = 5

/** The topics that a question may belong to, best first; none that would not be offered. */
export function recognizeTopics(text: string, model: RunModel): TopicGuess[] {
  const shares = model.classify(text)
  return [...shares.keys()]
    .map((index) => ({ topic: model.classes[index] ?? '', confidence: shares[index] ?? 0 }))
    .filter(({ topic, confidence }) => topic !== NOT_OURS && confidence >= TOPIC_THRESHOLDS.ask)
    .sort((a, b) => b.confidence - a.confidence)
    .slice(0, MAX_GUESSES)
    .map((guess) => {
      const runs = model.explain(text, guess.topic)
      return { ...guess, reasons: [{ code: 'topic-words', text: `问法像这一主题的：“${runs.join('”“')}”` }] }
    })
}
