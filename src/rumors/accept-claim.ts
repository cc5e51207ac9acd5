import type { ClaimFeatures } from './claim-features.ts'

export interface ClaimModel {
  bias: number
  weights: Record<keyof ClaimFeatures, number>
}

/**
 * Fitted 2026-11 by `node scripts/fit-claims.ts` (logistic regression, sign of each weight fixed beforehand) on messages
 * about the claims of the `tune` half and on the stored wordings, each asked as if nobody had stored it. Nothing here
 * belongs to one claim: a rebuttal published tonight is matched without refitting.
 */
export const CLAIM_MODEL: ClaimModel = {
  bias: -8.24,
  weights: {
    agreedSaid: 1.95,
    coreSaid: 2.09,
    coreMissing: -0.91,
    stretchKnown: 1.15,
    wholeKnown: 3.58,
    mass: 2.73,
    hit: 1.41,
    first: 1.1,
    hitLead: 0.89,
    taught: -12.85,
    taughtAhead: -3.25,
    flipped: -1.02,
    flippedAround: -1.12,
    opposite: -1.4,
    advice: -1.68,
    refutes: -2.48,
    drill: -2.56,
    over: -3.4,
    asksHow: -0.52,
    seeks: -1.67,
    asks: 0.25,
    hearsay: 1.79,
    placeMissing: -0.88,
  },
}

export interface ClaimThresholds {
  /** From this likelihood the rebuttal is the answer. */
  match: number
  /** From here it is worth asking whether this is meant. */
  ask: number
  /** From here a conflict is worth showing. */
  show: number
}

/** Chosen by `node scripts/fit-claims.ts --check`, each message judged by a model that never saw its claim. */
export const CLAIM_THRESHOLDS: ClaimThresholds = { match: 0.83, ask: 0.5, show: 0.25 }

export interface Acceptance {
  model: ClaimModel
  thresholds: ClaimThresholds
}

export const ACCEPTANCE: Acceptance = { model: CLAIM_MODEL, thresholds: CLAIM_THRESHOLDS }

const POLARITY: (keyof ClaimFeatures)[] = [
  'taught',
  'taughtAhead',
  'flipped',
  'flippedAround',
  'opposite',
  'advice',
  'refutes',
]
const LIFECYCLE: (keyof ClaimFeatures)[] = ['drill', 'over']

export interface Likelihood {
  /** 0…1: that the message passes on this claim. */
  value: number
  /** The same if the message neither denied anything nor spoke of drills or of something over. */
  likeness: number
  /** How strongly these speak against it, as log odds: 2 turns 50 % into 12 %. */
  againstPolarity: number
  againstLifecycle: number
}

/** How likely a message with these features passes on the claim. */
export function readLikelihood(features: ClaimFeatures, model: ClaimModel): Likelihood {
  let sum = model.bias
  for (const name in model.weights) {
    const feature = name as keyof ClaimFeatures // for…in forgets the key type
    sum += model.weights[feature] * features[feature]
  }
  const against = (names: readonly (keyof ClaimFeatures)[]) =>
    names.reduce((total, name) => total - model.weights[name] * features[name], 0)
  const [againstPolarity, againstLifecycle] = [against(POLARITY), against(LIFECYCLE)]
  return {
    value: toShare(sum),
    likeness: toShare(sum + againstPolarity + againstLifecycle),
    againstPolarity,
    againstLifecycle,
  }
}

const toShare = (odds: number): number => 1 / (1 + Math.exp(-odds))
