import { foldText } from '../base/fold-text.ts'
import type { Rebuttal, Verdict } from '../knowledge/rebuttal.ts'
import type { Places } from '../places/places.ts'
import type { Reason, SearchHit } from '../retrieval/search-index.ts'
import { asksHow } from './claim-shape.ts'
import { buildGramWeights, compareClaim, type GramWeights } from './claim-similarity.ts'
import { compareSlots, isUnspecific, joinSlots, type SlotConflict } from './compare-slots.ts'
import { hearMessage, weighMessage, type HeardMessage } from './heard-message.ts'
import { comparePolarity, compareTense, isQuestion } from './polarity.ts'
import { prepareClaim, type RebuttedClaim } from './prepare-claim.ts'
import { extractSlots } from './slots.ts'

export { isClaimShaped } from './claim-shape.ts'

/** A published rebuttal that retrieval found for the message. */
export interface ClaimCandidate {
  hit: Pick<SearchHit, 'confidence'>
  rebuttal: RebuttedClaim
}

export interface ComparedClaim {
  id: string
  claim: string
  verdict: Verdict
  /** 0…1 */
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
  weights: GramWeights
}

/** Fitted on the `tune` half of test/rumors/claims.jsonl. */
export const CLAIM_THRESHOLDS = {
  /** From here the rebuttal is the answer. */
  match: 0.45,
  /** From here it is worth asking whether this is meant. */
  ask: 0.38,
  /** Near-exact: answers although the message names no place, or looks like an agency's own notice. */
  exact: 0.8,
  /** A message that leaves out the claim's place is worth asking about only from here. */
  placeless: 0.55,
  /** A second candidate this close makes it a question. */
  margin: 0.04,
  /** Share of the retrieval's confidence in ours. */
  hitShare: 0.15,
  /** A message this much closer to what the rebuttal teaches than to the claim repeats good advice. */
  taughtMargin: 0.02,
} as const

const MAX_CHOICES = 3
/** Wordings this close to the best one take part in judging polarity. */
const NEAR_WORDING = 0.8
const NEAR_CLAIM = 0.6
/** Share of a claim's core signs that a message must have to speak of it at all. */
const CORE_HEARD = 0.5
const STANCE = /谣言|辟谣|不实(?:信息|消息)?|假消息|虚假信息|造谣|系谣|官方回应/
/** An agency speaking in its own name, with the day: such a notice answers only a near-exact claim. */
const OFFICIAL_NOTICE =
  /(?:(?:气象局|气象台|教委|教育局|供电公司|供电局|水务\S{0,4}|自来水公司|燃气公司|应急管理局|应急局|人民政府|指挥部|学校|物业|街道办事?处?|居委会|社区)\S{0,3}(?:\d{4}年)?\d{1,2}月\d{1,2}[日号](?:\d{1,2}(?:时|点|:)\d{0,2}分?)?(?:发布|继续发布|升级发布|通知|公告|启动|$))|(?:客服|热线|咨询电话|详询)\S{0,4}\d{3,}/

/** Weights for `MatchDeps`, from every published rebuttal; build them anew when one is published. */
export function weighClaims(rebuttals: Iterable<Pick<Rebuttal, 'claim' | 'variants'>>): GramWeights {
  const wordings: string[] = []
  for (const { claim, variants } of rebuttals) wordings.push(...[claim, ...variants].map(foldText))
  return buildGramWeights(wordings)
}

/**
 * Decides which rebuttal, if any, speaks of the claim in `message`. Slots and polarity decide, not similarity alone:
 * a conflict vetoes and is shown. Pure; never throws for any text.
 */
export function matchClaim(message: string, candidates: readonly ClaimCandidate[], deps: MatchDeps): ClaimMatch {
  const heard = hearMessage(message, deps.places)
  const { folded } = heard
  const compared = candidates
    .map((candidate) => compareCandidate(heard, candidate, deps))
    .sort((a, b) => b.confidence - a.confidence)
  const free = compared.filter(({ conflicts }) => conflicts.length === 0)
  const best = free[0]
  const reasons: Reason[] = []
  const vetoed = compared.filter(
    ({ conflicts, confidence }) => conflicts.length > 0 && confidence >= CLAIM_THRESHOLDS.ask,
  )
  for (const { id, conflicts } of vetoed) {
    for (const conflict of conflicts)
      reasons.push({ code: `conflict-${conflict.slot}`, text: `${id}：${conflict.text}` })
  }
  const shown = (list: Compared[]): ComparedClaim[] =>
    list.map(({ id, claim, verdict, confidence, conflicts }) => ({ id, claim, verdict, confidence, conflicts }))

  if (!best || best.confidence < CLAIM_THRESHOLDS.ask) {
    reasons.push({ code: 'no-claim', text: '没有说同一件事的辟谣。' })
    return { outcome: 'unknown', candidates: shown(vetoed), reasons }
  }
  if (asksHow(folded) && best.confidence < CLAIM_THRESHOLDS.exact) {
    reasons.push({ code: 'asks-how', text: '这是在问怎么做，不是在传一个说法。' })
    return { outcome: 'unknown', candidates: shown(vetoed), reasons }
  }
  if (STANCE.test(folded) && !isQuestion(folded)) {
    reasons.push({ code: 'repeats-rebuttal', text: '这段话本身像是辟谣的转述。' })
  }
  const rivals = free.filter(({ confidence }) => confidence >= CLAIM_THRESHOLDS.ask)
  const second = rivals[1]
  const close = second !== undefined && best.confidence - second.confidence < CLAIM_THRESHOLDS.margin
  if (best.confidence >= CLAIM_THRESHOLDS.match && !best.unspecific && !best.undated && !best.official && !close) {
    reasons.push({ code: 'same-claim', text: `说的是同一件事（${percent(best.confidence)}）：${best.claim}` })
    const [answer] = shown([best])
    return { outcome: 'matched', ...(answer && { best: answer }), candidates: shown([best, ...vetoed]), reasons }
  }
  if (best.official) {
    reasons.push({ code: 'looks-official', text: '像是单位自己发的通知，不是传言。' })
    return { outcome: 'unknown', candidates: shown(vetoed), reasons }
  }
  if (best.unspecific && best.confidence < CLAIM_THRESHOLDS.placeless) {
    reasons.push({ code: 'no-claim', text: '没有说同一件事的辟谣。' })
    return { outcome: 'unknown', candidates: shown(vetoed), reasons }
  }
  if (best.unspecific) reasons.push({ code: 'no-place', text: '辟谣针对一个地方，这段话没有说是哪里。' })
  if (best.undated) reasons.push({ code: 'no-date', text: '辟谣针对一个日期，这段话没有说是哪天。' })
  if (close) reasons.push({ code: 'close-rivals', text: '两条辟谣都像，差得不多。' })
  reasons.push({ code: 'maybe', text: `可能说的是（${percent(best.confidence)}）：${best.claim}` })
  return { outcome: 'ask', candidates: shown(rivals.slice(0, MAX_CHOICES)), reasons }
}

const percent = (share: number): string => `${Math.round(share * 100)}%`

interface Compared extends ComparedClaim {
  unspecific: boolean
  /** The claim fixes a day and the message names none. */
  undated: boolean
  official: boolean
}

function compareCandidate(heard: HeardMessage, { hit, rebuttal }: ClaimCandidate, deps: MatchDeps): Compared {
  const { folded, whole } = heard
  const open = rebuttal.slots?.open ?? []
  const claim = prepareClaim(rebuttal, deps.places, deps.weights)
  const windows = weighMessage(heard, open, deps.places, deps.weights)
  const similar = claim.wordings
    .map((each, at) => ({ ...compareClaim(windows, each), wording: claim.plain[at] ?? '' }))
    .sort((a, b) => b.value - a.value)
  const best = similar[0] ?? { value: 0, window: folded, wording: folded }
  const wording = best.wording
  const { hitShare, ask, exact, taughtMargin } = CLAIM_THRESHOLDS
  const topical = claim.core.filter((sign) => heard.topic.includes(sign)).length >= claim.core.length * CORE_HEARD
  const confidence = !topical
    ? 0
    : best.value * (1 - hitShare) + Math.min(1, Math.max(0, hit.confidence || 0)) * hitShare
  const asked = isQuestion(folded)
  const result: Compared = {
    id: rebuttal.id,
    claim: rebuttal.claim,
    verdict: rebuttal.verdict,
    confidence,
    conflicts: [],
    unspecific: false,
    undated: false,
    official: OFFICIAL_NOTICE.test(folded) && best.value < exact && !asked,
  }
  if (confidence < ask) return result

  const said = joinSlots(extractSlots(best.window, deps.places), whole, best.window, deps.places)
  const ofWording = extractSlots(wording, deps.places)
  result.conflicts = compareSlots(said, claim.fixed, ofWording, open, deps.places)
  // A stored wording may itself name no place, or only the district: whoever forwards it word by word is specific enough.
  const asSpecific = best.value >= exact && !isUnspecific(said.places, ofWording.places, open, deps.places)
  result.undated =
    best.value < exact &&
    !open.includes('date') &&
    said.dates.length === 0 &&
    claim.fixed.dates.some(({ day }) => day !== undefined)
  result.unspecific = !asSpecific && isUnspecific(said.places, claim.fixed.places, open, deps.places)
  if (STANCE.test(folded)) return result

  const object = (slot: SlotConflict['slot'], text: string): void => {
    result.conflicts.push({ slot, message: best.window, claim: rebuttal.claim, text })
  }
  // The best wording and the claim itself weigh most: a variant may leave out the word that is denied.
  const near = similar.filter(
    ({ value, wording: text }) => value >= best.value * (text === claim.plain[0] ? NEAR_CLAIM : NEAR_WORDING),
  )
  const judged = near.map((other) => ({ text: other.wording, polarity: comparePolarity(best.window, other.wording) }))
  const opposite = judged.filter(({ polarity }) => polarity === 'opposite')
  const contradicts =
    (opposite.some(({ text }) => text === wording || text === claim.plain[0]) || opposite.length > judged.length / 2) &&
    !judged.some(({ polarity }) => polarity === 'agrees')
  if (contradicts) object('polarity', `该辟谣针对“${rebuttal.claim}”，这段话说的正相反。`)
  else if (compareTense(folded, claim.plain, whole.dates.length + whole.times.length > 0) === 'past')
    object('tense', `该辟谣针对还没发生的事：“${rebuttal.claim}”，这段话说的是已经发生的。`)
  else if (!asked && best.value < exact) {
    const plainWindows = weighMessage(heard, [], deps.places, deps.weights)
    const advice = Math.max(...claim.taught.map((line) => compareClaim(plainWindows, line).value))
    if (advice > best.value + taughtMargin) object('polarity', '这段话说的就是辟谣里的正确做法。')
  }
  return result
}
