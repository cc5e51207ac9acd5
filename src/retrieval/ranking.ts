import type { MatchFeatures } from './match-features.ts'
import type { DocumentKind } from './search-index.ts'

type Weights = Partial<Record<keyof MatchFeatures, number>>

/**
 * Order of the candidates of one query. Fitted by `node scripts/fit-acceptance.ts --ranking` (softmax over the 30 best
 * by BM25) and rounded by hand: rebuttal on forwarded text → claim, card on question → same question and on our own
 * cards, plan on question → passage.
 */
export const RANKING_WEIGHTS: Record<DocumentKind, Weights> = {
  rebuttal: {
    bm25Share: 8,
    cosineShare: 0.6,
    wordingCovered: 1.5,
    topicOfWordingCovered: 1.5,
    signsOfWordingCovered: 5,
    commonRun: 0.7,
    numbersAgree: 0.7,
    numbersConflict: -1,
    polarityConflicts: -0.3,
  },
  card: {
    bm25Share: 6.2,
    topicOfWordingCovered: 0.6,
    topicOfQueryCovered: 2.5,
    topicShared: 1.2,
    signsOfWordingCovered: 3.4,
    surfaceDice: 0.2,
    focusConflicts: -0.8,
    focusOnlyInWording: -0.2,
    numbersAgree: 0.7,
    numbersConflict: -0.8,
    polarityConflicts: -0.5,
  },
  plan: { bm25: 14, documentCovered: 9, documentPairsCovered: 2, titleCovered: 2 },
}

const listWeights = (weights: Weights) =>
  Object.entries(weights).map(([feature, weight]) => ({ feature: feature as keyof MatchFeatures, weight })) // entries forget the key type
const LISTED = {
  rebuttal: listWeights(RANKING_WEIGHTS.rebuttal),
  card: listWeights(RANKING_WEIGHTS.card),
  plan: listWeights(RANKING_WEIGHTS.plan),
}

/** Higher is better; comparable only among the candidates of one query and kind. */
export function rankScore(kind: DocumentKind, features: MatchFeatures): number {
  let score = 0
  for (const { feature, weight } of LISTED[kind]) score += weight * features[feature]
  return score
}
