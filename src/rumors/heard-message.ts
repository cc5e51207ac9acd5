import { foldText } from '../base/fold-text.ts'
import type { ClaimSlots } from '../knowledge/rebuttal.ts'
import type { Places } from '../places/places.ts'
import { weighClauses, type WeighedMessage } from './claim-similarity.ts'
import type { ClaimWeights } from './claim-weights.ts'
import { splitClauses, toClaimText } from './claim-words.ts'
import { maskSlots, nameSlots } from './mask-slots.ts'
import { readShape, type MessageShape } from './message-shape.ts'
import { listClauseNegatedGrams, listNegatedGrams } from './negated-grams.ts'
import { extractSlots, type Slots } from './slots.ts'

/** A message with what is worked out once for all candidates. */
export interface HeardMessage {
  folded: string
  whole: Slots
  clauses: string[]
  shape: MessageShape
  /** The text with everyday words unified. */
  topic: string
  /** Grams that a negation governs. */
  negated: ReadonlySet<string>
  /** Grams of clauses with a negation. */
  negatedAround: ReadonlySet<string>
  /** Weighed clauses by what is masked in them. */
  weighed: Map<string, WeighedMessage>
}

export function hearMessage(message: string, places: Places): HeardMessage {
  const folded = foldText(message)
  return {
    folded,
    whole: extractSlots(folded, places),
    clauses: splitClauses(folded),
    shape: readShape(folded),
    topic: toClaimText(folded),
    negated: listNegatedGrams(folded),
    negatedAround: listClauseNegatedGrams(folded),
    weighed: new Map(),
  }
}

/** The clauses of a message, weighed, with what a template leaves open masked. */
export function weighMessage(
  heard: HeardMessage,
  open: ClaimSlots['open'],
  places: Places,
  weights: ClaimWeights,
): WeighedMessage {
  const key = [...open].sort().join()
  const known = heard.weighed.get(key)
  if (known) return known
  const named = nameSlots(heard.folded, heard.whole)
  const masked = heard.clauses.map((clause) => maskSlots(clause, open, places, heard.whole))
  const message = weighClauses(heard.clauses, masked, weights, named)
  heard.weighed.set(key, message)
  return message
}
