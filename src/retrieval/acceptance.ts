import type { MatchFeatures } from './match-features.ts'
import type { DocumentKind, SearchHit } from './search-index.ts'

/** What a match looks like beside its rivals. */
export interface AcceptanceFeatures extends MatchFeatures {
  /** `margin`, scaled by how much matched at all: a clear lead of a poor match proves nothing. */
  lead: number
}

// A lead larger than this says no more: among few documents every lead is large.
const MAX_MARGIN = 0.5

/** `margin`: lead over the best other candidate ÷ own ranking score. */
export function acceptanceFeatures(kind: DocumentKind, features: MatchFeatures, margin: number): AcceptanceFeatures {
  // A forwarded text may say much more than the claim it carries; a question may not.
  const matched =
    kind === 'rebuttal' ? Math.max(features.wordingCovered, features.documentCovered) : features.documentCovered
  return { ...features, lead: Math.max(-MAX_MARGIN, Math.min(MAX_MARGIN, margin)) * matched }
}

export interface AcceptanceModel {
  bias: number
  weights: Partial<Record<keyof AcceptanceFeatures, number>>
}

export type AcceptanceModelName = 'rebuttal' | 'cardByQuestion' | 'cardByQuestions' | 'cardByBody' | 'plan'

/**
 * Fitted 2026-11 by `node scripts/fit-acceptance.ts` (logistic regression, sign of each weight fixed beforehand):
 * rebuttal on 今日头条辟谣 and 果壳流言百科, cardByQuestion on Tianchi COVID sentence pairs and BQ/LCQMC questions,
 * cardByQuestions on our own cards (each question asked without its own wording, and without its card), cardByBody on
 * DXY, plan on 疫情政务问答. Set by hand, because no set holds such pairs: `polarityConflicts` of rebuttal and
 * cardByQuestions, `numbersConflict` of both cardBy… models (a color or grade decides).
 */
export const ACCEPTANCE_MODELS: Record<AcceptanceModelName, AcceptanceModel> = {
  rebuttal: {
    bias: -5.66,
    weights: {
      bm25: 6.18,
      topicOfWordingCovered: 2.63,
      signsOfWordingCovered: 3.25,
      documentCovered: 1.65,
      sentenceInDocument: 0.56,
      lead: 10.81,
      numbersConflict: -1.29,
      polarityConflicts: -1,
    },
  },
  cardByQuestion: {
    bias: -5.42,
    weights: {
      topicOfQueryCovered: 0.37,
      topicShared: 1.22,
      signsShared: 4.16,
      surfaceDice: 0.22,
      focusAgrees: 0.15,
      lead: 6.82,
      focusConflicts: -1,
      focusOnlyInWording: -0.36,
      numbersConflict: -2,
      polarityConflicts: -1.12,
    },
  },
  cardByQuestions: {
    bias: -3.01,
    weights: {
      bm25: 3.76,
      cosine: 1.91,
      lead: 6.87,
      focusConflicts: -0.03,
      focusOnlyInWording: -0.17,
      numbersConflict: -4,
      polarityConflicts: -0.5,
    },
  },
  cardByBody: { bias: -4.26, weights: { bm25: 6.91, sentenceInDocument: 2.84, lead: 13.97 } },
  plan: { bias: -4.28, weights: { bm25: 7.47, titleCovered: 1.37, lead: 9.52 } },
}

/** Likelihood 0…1 that a hit is the right answer, for a question that may as well have none. */
export function readConfidence(model: AcceptanceModelName, features: AcceptanceFeatures): number {
  const { bias, weights } = ACCEPTANCE_MODELS[model]
  let sum = bias
  for (const name in weights) {
    const feature = name as keyof AcceptanceFeatures // for…in forgets the key type
    sum += (weights[feature] ?? 0) * features[feature]
  }
  return 1 / (1 + Math.exp(-sum))
}

/**
 * Confidence from which a hit answers, and from which it is offered as a choice. Chosen on the sets of
 * scripts/fit-acceptance.ts: of texts without an answer, rebuttals answer 1–2.5 %, cards under 1 % of another field's
 * questions and 12 % of near misses (same topic, other question), plan passages 5 % of questions on an absent document.
 * `margin`: a runner-up this close in confidence turns the answer into a choice.
 */
export const ACCEPTANCE_THRESHOLDS: Record<DocumentKind, { answer: number; clarify: number; margin: number }> = {
  rebuttal: { answer: 0.6, clarify: 0.25, margin: 0.05 },
  card: { answer: 0.6, clarify: 0.25, margin: 0.05 },
  plan: { answer: 0.7, clarify: 0.4, margin: 0 },
}

/** Whether the best hit answers, is only offered as a choice, or is declined. */
export function acceptHit(best: SearchHit, runnerUp?: SearchHit): 'answer' | 'clarify' | 'decline' {
  const { answer, clarify, margin } = ACCEPTANCE_THRESHOLDS[best.kind]
  if (best.confidence < clarify) return 'decline'
  if (best.confidence < answer) return 'clarify'
  return runnerUp && best.confidence - runnerUp.confidence < margin ? 'clarify' : 'answer'
}
