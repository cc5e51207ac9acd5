import { foldText } from '../base/fold-text.ts'
import type { Rebuttal, Verdict } from '../knowledge/rebuttal.ts'
import type { Places } from '../places/places.ts'
import type { Reason } from '../retrieval/search-index.ts'
import { ACCEPTANCE, readLikelihood, type Acceptance } from './accept-claim.ts'
import { seeClaims, type ClaimCandidate, type ClaimFeatures, type SeenClaim } from './claim-features.ts'
import { buildClaimWeights, type ClaimWeights } from './claim-weights.ts'
import type { SlotConflict } from './compare-slots.ts'
import { WORD_FOR_WORD } from './find-conflicts.ts'
import { hearMessage } from './heard-message.ts'
import type { MessageShape } from './message-shape.ts'

export { isClaimShaped } from './claim-shape.ts'

export interface ComparedClaim {
  id: string
  claim: string
  verdict: Verdict
  /** 0…1: how likely the message passes on this claim; with conflicts, how much it is like it. */
  confidence: number
  /** Why this rebuttal speaks of something else; any entry vetoes it. */
  conflicts: SlotConflict[]
}

export interface ClaimMatch {
  outcome: 'matched' | 'ask' | 'unknown'
  /** The candidate to answer with; only when matched. */
  best?: ComparedClaim
  /** Best first. When asking: at most three, none with a conflict. Otherwise also those that a conflict vetoed. */
  candidates: ComparedClaim[]
  reasons: Reason[]
}

export interface MatchDeps {
  places: Places
  /** Weights over the wordings of all published rebuttals, see `weighClaims`. */
  weights: ClaimWeights
}

const MAX_CHOICES = 3
/** Odds (see `Likelihood`) that a message word for word like a stored wording may have against it. */
const SLIGHT_ODDS = 0.7
const WORD_FOR_WORD_LIKELIHOOD = 0.95
/** Odds against a claim (see `Likelihood`) that make it another statement, not only a doubtful one. */
const CLEAR_ODDS = 1.5
/** From this similarity, a wording that the message contradicts is contradicted for sure. */
const NEAR_ENOUGH = 0.65
/** A message that says less of what the wordings agree on may mean something else: the day's power cut, not the claimed one. */
const LEAST_SAID = 0.3
/** A second candidate whose likelihood is this close makes it a question. */
const CLOSE = 0.01

/** Weights for `MatchDeps`, from every published rebuttal; build them anew when one is published. */
export function weighClaims(rebuttals: Iterable<Pick<Rebuttal, 'claim' | 'variants'>>): ClaimWeights {
  return buildClaimWeights(
    Array.from(rebuttals, ({ claim, variants }) => [...new Set([claim, ...variants].map(foldText))]),
  )
}

/**
 * Decides which rebuttal, if any, speaks of the claim in `message`: a fitted likelihood (accept-claim.ts) over what the
 * message and the claim share; a conflict of slots, tense or polarity vetoes and is shown. Pure; never throws for any text.
 */
export function matchClaim(message: string, candidates: readonly ClaimCandidate[], deps: MatchDeps): ClaimMatch {
  const heard = hearMessage(message, deps.places)
  return decideClaims(heard.shape, seeClaims(heard, candidates, deps), ACCEPTANCE)
}

/** The decision itself, over candidates as they look beside the message; fitting tries other models and thresholds with it. */
export function decideClaims(shape: MessageShape, seen: readonly SeenClaim[], acceptance: Acceptance): ClaimMatch {
  const { match, ask, show } = acceptance.thresholds
  const judged = seen
    .map((one) => judgeClaim(one, acceptance))
    .sort((a, b) => b.compared.confidence - a.compared.confidence)
  const free = judged.filter(({ compared }) => compared.conflicts.length === 0)
  const vetoed = judged
    .map(({ compared }) => compared)
    .filter(({ conflicts, confidence }) => conflicts.length > 0 && confidence >= show)
  const reasons: Reason[] = vetoed.flatMap(({ id, conflicts }) =>
    conflicts.map(({ slot, text }) => ({ code: `conflict-${slot}`, text: `${id}：${text}` })),
  )
  const giveUp = (code: string, text: string): ClaimMatch => {
    reasons.push({ code, text })
    return { outcome: 'unknown', candidates: vetoed, reasons }
  }

  const [best, second] = free
  if (!best || best.compared.confidence < ask) return giveUp('no-claim', '没有说同一件事的辟谣。')
  const { compared, seen: beside } = best
  if (beside.official && !best.wordForWord) return giveUp('looks-official', '像是单位自己发的通知，不是传言。')
  if (asksForHelp(shape, beside) && compared.confidence < match)
    return giveUp('asks-how', '这是在问怎么做，不是在传一个说法。')
  const doubts: Reason[] = []
  if (beside.features.placeMissing > 0)
    doubts.push({ code: 'no-place', text: '辟谣针对一个地方，这段话没有说是哪里。' })
  if (beside.dateMissing) doubts.push({ code: 'no-date', text: '辟谣针对一个日期，这段话没有说是哪天。' })
  if (!best.wordForWord && beside.features.agreedSaid < LEAST_SAID)
    doubts.push({ code: 'says-little', text: '只说到了辟谣里的一小部分。' })
  if (best.repeats) doubts.push({ code: 'repeats-rebuttal', text: '这段话本身像是辟谣的转述。' })
  if (second && second.compared.confidence >= match && compared.confidence - second.compared.confidence < CLOSE)
    doubts.push({ code: 'close-rivals', text: '两条辟谣都像，差得不多。' })
  const share = `${Math.round(compared.confidence * 100)}%`
  if (compared.confidence >= match && doubts.length === 0) {
    reasons.push({ code: 'same-claim', text: `说的是同一件事（${share}）：${compared.claim}` })
    return { outcome: 'matched', best: compared, candidates: [compared, ...vetoed], reasons }
  }
  reasons.push(...doubts, { code: 'maybe', text: `可能说的是（${share}）：${compared.claim}` })
  const choices = free.map((one) => one.compared).filter(({ confidence }) => confidence >= ask)
  return { outcome: 'ask', candidates: choices.slice(0, MAX_CHOICES), reasons }
}

function asksForHelp(shape: MessageShape, { features }: SeenClaim): boolean {
  return features.asksHow > 0 || (features.seeks > 0 && !shape.hearsay)
}

interface JudgedClaim {
  compared: ComparedClaim
  seen: SeenClaim
  wordForWord: boolean
  /** The message passes on that this is refuted: never an answer, but worth asking about. */
  repeats: boolean
}

function judgeClaim(seen: SeenClaim, { model, thresholds }: Acceptance): JudgedClaim {
  const { rebuttal, window, features } = seen
  const { id, claim, verdict } = rebuttal
  const repeats = features.refutes > 0 && features.asks === 0
  const likelihood = readLikelihood(repeats ? { ...features, refutes: 0 } : features, model)
  const { againstPolarity, againstLifecycle, likeness } = likelihood
  const wordForWord = !repeats && seen.nearest >= WORD_FOR_WORD && againstPolarity + againstLifecycle < SLIGHT_ODDS
  const value = wordForWord ? Math.max(likelihood.value, WORD_FOR_WORD_LIKELIHOOD) : likelihood.value
  const conflicts = [...seen.conflicts]
  const against = againstPolarity >= againstLifecycle ? 'polarity' : 'lifecycle'
  const contradicts = features.opposite > 0.5 && seen.nearest >= NEAR_ENOUGH && features.asks === 0
  if (
    contradicts ||
    (value < thresholds.match && Math.max(againstPolarity, againstLifecycle) >= CLEAR_ODDS && turnsRound(features))
  )
    conflicts.push({ slot: against, message: window, claim, text: describeAgainst(seen, against) })
  const confidence = conflicts.length > 0 ? Math.max(value, likeness) : value
  return { compared: { id, claim, verdict, confidence, conflicts }, seen, wordForWord, repeats }
}

/** Words in common with the teaching make a claim doubtful; to be another statement, something must be turned round. */
function turnsRound({ flipped, flippedAround, opposite, taughtAhead, drill, over }: ClaimFeatures): boolean {
  return flipped + flippedAround + opposite >= 0.5 || taughtAhead > 0 || drill + over > 0
}

function describeAgainst({ features, rebuttal }: SeenClaim, against: 'polarity' | 'lifecycle'): string {
  const about = `该辟谣针对“${rebuttal.claim}”`
  if (against === 'lifecycle') return `${about}，这段话说的是${features.drill > 0 ? '演练' : '已经结束、恢复的事'}。`
  return features.flipped + features.opposite > 0
    ? `${about}，这段话说的正相反。`
    : `${about}，这段话说的就是正确做法。`
}
