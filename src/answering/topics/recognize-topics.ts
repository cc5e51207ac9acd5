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

/** Set on the report half of test/evals/questions-*.jsonl, which the model has not seen. */
export const TOPIC_THRESHOLDS = {
  /** From here a topic answers. */
  answer: 0.4,
  /** From here the first topic is worth asking about. */
  ask: 0.2,
  /** From here a topic is offered beside the first. */
  beside: 0.08,
} as const

const MAX_GUESSES = 5

/** The topics that a question may belong to, best first; none that would not be offered. */
export function recognizeTopics(text: string, model: RunModel): TopicGuess[] {
  const shares = model.classify(text)
  return [...shares.keys()]
    .map((index) => ({ topic: model.classes[index] ?? '', confidence: shares[index] ?? 0 }))
    .filter(({ topic, confidence }) => topic !== NOT_OURS && confidence >= TOPIC_THRESHOLDS.beside)
    .sort((a, b) => b.confidence - a.confidence)
    .slice(0, MAX_GUESSES)
    .map((guess) => {
      const runs = model.explain(text, guess.topic)
      return { ...guess, reasons: [{ code: 'topic-words', text: `问法像这一主题的：“${runs.join('”“')}”` }] }
    })
}
