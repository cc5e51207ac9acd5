import type { Card } from '../../knowledge/card.ts'
import type { Level, SaidEntry, TopicLexicon } from './topic-lexicon.ts'

/** How often an entry of each level is right about its topic, as far as its writer could tell, 0…1. */
const EXPECTED: Record<Level, number> = { decides: 0.85, names: 0.75, hints: 0.35 }
/** So many stored questions weigh as much as the writer's expectation. */
const EXPECTED_WEIGHT = 3

/** How far an entry can be trusted, 0…1. */
export type EntryReliability = (entry: SaidEntry) => number

/**
 * Holds every entry against the stored questions of all cards, whose topics are known: an entry that speaks up for
 * the questions of other topics is trusted less than it was written to be.
 */
export function learnReliability(lexicon: TopicLexicon, cards: Iterable<Card>): EntryReliability {
  const right = new Map<number, number>()
  const said = new Map<number, number>()
  for (const card of cards) {
    for (const question of [...card.aliases, ...card.questions]) {
      for (const [topic, { entries }] of lexicon.listen(question).topics) {
        for (const { number } of entries) {
          said.set(number, (said.get(number) ?? 0) + 1)
          if (topic === card.topic) right.set(number, (right.get(number) ?? 0) + 1)
        }
      }
    }
  }
  return ({ number, level }) =>
    ((right.get(number) ?? 0) + EXPECTED[level] * EXPECTED_WEIGHT) / ((said.get(number) ?? 0) + EXPECTED_WEIGHT)
}
