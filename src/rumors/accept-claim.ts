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
  bias: -8.25,
  weights: {
    agreedSaid: 1.43,
    coreSaid: 2.17,
    coreMissing: -0.87,
    stretchKnown: 1.2,
    wholeKnown: 3.72,
    mass: 2.75,
    hit: 1.33,
    first: 1.1,
    hitLead: 0.9,
    taught: -16.3,
    taughtAhead: -4.31,
    flipped: -1.13,
    flippedAround: -1.27,
    opposite: -1.51,
    advice: -1.62,
    refutes: -2.68,
    drill: -2.37,
    over: -3.24,
    asksHow: -0.51,
    seeks: -1.69,
    asks: 0.29,
    hearsay: 1.83,
    placeMissing: -0.94,
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
export const CLAIM_THRESHOLDS: ClaimThresholds = { match: 0.82, ask: 0.5, show: 0.25 }

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
