import { collectGrams, splitClauses, toClaimText } from './claim-words.ts'
import { findNegations, hasNegation } from './polarity.ts'

const MOST_GOVERNED = 7

/** Grams that negations of a text govern (掐人 and 人中 of 不要掐人中); a question that only asks negates nothing. Folded text. */
export function listNegatedGrams(unified: string): Set<string> {
  const governed = new Set<string>()
  for (const { scope } of findNegations(unified, 'kept')) {
    for (const gram of collectGrams(toClaimText(scope.slice(0, MOST_GOVERNED)))) governed.add(gram)
  }
  return governed
}

/** Grams of clauses that hold a negation anywhere (鸡蛋清 of 鸡蛋清都别往伤口上抹). Folded text. */
export function listClauseNegatedGrams(folded: string): Set<string> {
  const governed = new Set<string>()
  for (const clause of splitClauses(folded)) {
    if (hasNegation(clause)) for (const gram of collectGrams(toClaimText(clause))) governed.add(gram)
  }
  return governed
}
