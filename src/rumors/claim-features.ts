import type { Places } from '../places/places.ts'
import type { SearchHit } from '../retrieval/search-index.ts'
import { compareLines, type LineSimilarity, type WeighedMessage } from './claim-similarity.ts'
import type { ClaimWeights } from './claim-weights.ts'
import type { SlotConflict } from './compare-slots.ts'
import { findConflicts } from './find-conflicts.ts'
import { weighMessage, type HeardMessage } from './heard-message.ts'
import { comparePolarity } from './polarity.ts'
import { prepareClaim, type PreparedClaim, type RebuttedClaim } from './prepare-claim.ts'

/** What a message looks like beside one claim; accept-claim.ts weighs it. All 0…1. */
export interface ClaimFeatures {
  /** Share of what the wordings agree on that the message says. */
  agreedSaid: number
  /** Share of the signs of most wordings that the message has. */
  coreSaid: number
  /** How indispensable the most indispensable sign is that the message lacks: 1 = every wording has it. */
  coreMissing: number
  /** Share of the best stretch, and of the whole message, that any wording says. */
  stretchKnown: number
  wholeKnown: number
  /** How much is shared at all: two or three common words are little, however well they fit. */
  mass: number
  /** The retrieval's confidence, whether it ranks this claim first, and its lead (−1…1). */
  hit: number
  first: number
  hitLead: number
  /** Share of the message that only the rebuttal's own teaching says; counts less the more of the claim is said. */
  taught: number
  /** How far the nearest line of the teaching is ahead of the nearest wording. */
  taughtAhead: number
  /** How clearly one side denies what the other affirms, by what negations govern: 1 = most of what they share. */
  flipped: number
  /** The same by clauses that hold a negation anywhere. */
  flippedAround: number
  /** The nearest wordings contradict the message. */
  opposite: number
  /** Marks of good advice beyond those of the wordings. */
  advice: number
  /** Shapes of the message that the wordings do not have. */
  refutes: number
  drill: number
  over: number
  asksHow: number
  seeks: number
  /** The message asks whether it is so; it is passed on from others. */
  asks: number
  hearsay: number
  /** Most wordings name the claim's place, the message does not. */
  placeMissing: number
}

export interface FeatureParts {
  places: Places
  weights: ClaimWeights
}

/** A published rebuttal that retrieval found for the message. */
export interface ClaimCandidate {
  hit: Pick<SearchHit, 'confidence'>
  rebuttal: RebuttedClaim
}

/** A candidate as far as it can be judged beside its rivals. */
export interface SeenClaim {
  rebuttal: RebuttedClaim
  features: ClaimFeatures
  /** Similarity of the nearest wording, 0…1; near 1 where the message is that wording. */
  nearest: number
  /** The stretch of the message that speaks of the claim, folded. */
  window: string
  /** Slots in which the message is about something else. */
  conflicts: SlotConflict[]
  /** Most wordings name a day, the message does not. */
  dateMissing: boolean
  /** The message looks like an agency's own notice, the wordings do not. */
  official: boolean
}

/** Candidates below both are out of the question: slots and negations are not looked at. */
const LEAST_NEAREST = 0.2
const LEAST_HIT = 0.4
/** Less in common than this (in weights of a gram that no claim holds) is nothing, unless the retrieval insists. */
const LEAST_COMMON = 1.2
/** In weights of a gram that no claim holds. */
const FULL_MASS = 6
const MOST_LEAD = 0.5
const MOST_ADVICE = 3
const OFTEN = 0.3
/** Shares below are chance, shares above are a denial. */
const FLIPPED = { from: 0.05, to: 0.3 }
const FLIPPED_AROUND = { from: 0.25, to: 0.6 }
const OPPOSITE = { from: 0.25, to: 0.6 }

/** Every candidate (in the order of the retrieval) as the message looks beside it. */
export function seeClaims(
  heard: HeardMessage,
  candidates: readonly ClaimCandidate[],
  parts: FeatureParts,
): SeenClaim[] {
  const hits = candidates.map(({ hit }) => Math.min(1, Math.max(0, hit.confidence || 0)))
  return candidates.map(({ rebuttal }, at) => {
    const hit = hits[at] ?? 0
    const rival = Math.max(0, ...hits.filter((_, other) => other !== at))
    const lead = Math.max(-1, Math.min(1, (hit - rival) / MOST_LEAD))
    return seeClaim(heard, rebuttal, { hit, first: Number(at === 0), hitLead: lead }, parts)
  })
}

function seeClaim(
  heard: HeardMessage,
  rebuttal: RebuttedClaim,
  found: Pick<ClaimFeatures, 'hit' | 'first' | 'hitLead'>,
  { places, weights }: FeatureParts,
): SeenClaim {
  const claim = prepareClaim(rebuttal, places, weights)
  const message = weighMessage(heard, rebuttal.slots?.open ?? [], places, weights)
  const { uses } = claim
  const rows = message.numbers.map((gram) => (gram === undefined ? undefined : uses.rows.get(gram)))
  const common = rows.reduce<number>(
    (sum, row, at) => sum + (row !== undefined && (uses.share[row] ?? 0) > 0 ? (message.weights[at] ?? 0) : 0),
    0,
  )
  if (found.hit < LEAST_HIT && common < LEAST_COMMON * weights.strange) return seeNothing(rebuttal, found)
  const similar = compareLines(message, claim.sums, uses, rows)
  const wordings = similar.slice(0, claim.plain.length).sort((a, b) => b.value - a.value)
  const taught = Math.max(0, ...similar.slice(claim.plain.length).map(({ value }) => value))
  const [best] = wordings
  const nearest = best?.value ?? 0
  const window = heard.clauses.slice(best?.from ?? 0, (best?.to ?? 0) + 1).join('')
  const { shape } = heard
  const beyond = (mark: 'refutes' | 'drill' | 'over' | 'asksHow' | 'seeks') =>
    Math.max(0, Number(shape[mark]) - claim.shapes[mark])
  const features: ClaimFeatures = {
    ...found,
    ...compareGrams(heard, message, claim, rows, best, weights.strange),
    ...compareCore(heard.topic, claim),
    taughtAhead: Math.max(0, taught - nearest),
    opposite: 0,
    advice: Math.min(1, Math.max(0, shape.advice - claim.shapes.advice) / MOST_ADVICE),
    refutes: beyond('refutes'),
    drill: beyond('drill'),
    over: beyond('over'),
    asksHow: beyond('asksHow'),
    seeks: beyond('seeks'),
    asks: Number(shape.asks),
    hearsay: Number(shape.hearsay),
    placeMissing: 0,
  }
  const seen: SeenClaim = {
    rebuttal,
    features,
    nearest,
    window,
    conflicts: [],
    dateMissing: false,
    official: shape.official && !shape.asks && claim.shapes.official < OFTEN,
  }
  if (best === undefined || nearest === 0 || (nearest < LEAST_NEAREST && found.hit < LEAST_HIT)) return seen
  const { conflicts, placeMissing, dateMissing } = findConflicts(heard, rebuttal, claim, best, window, places)
  features.placeMissing = Number(placeMissing)
  features.opposite = contradict(window, wordings, claim)
  return { ...seen, conflicts, dateMissing }
}

/** Beside a claim of which the message says nothing. */
function seeNothing(rebuttal: RebuttedClaim, found: Pick<ClaimFeatures, 'hit' | 'first' | 'hitLead'>): SeenClaim {
  return {
    rebuttal,
    features: { ...NOTHING, ...found },
    nearest: 0,
    window: '',
    conflicts: [],
    dateMissing: false,
    official: false,
  }
}

const NOTHING: ClaimFeatures = {
  agreedSaid: 0,
  coreSaid: 0,
  coreMissing: 1,
  stretchKnown: 0,
  wholeKnown: 0,
  mass: 0,
  hit: 0,
  first: 0,
  hitLead: 0,
  taught: 0,
  taughtAhead: 0,
  flipped: 0,
  flippedAround: 0,
  opposite: 0,
  advice: 0,
  refutes: 0,
  drill: 0,
  over: 0,
  asksHow: 0,
  seeks: 0,
  asks: 0,
  hearsay: 0,
  placeMissing: 0,
}

/** What the message says of what the wordings say, and with which polarity. */
function compareGrams(
  heard: HeardMessage,
  message: WeighedMessage,
  claim: PreparedClaim,
  rows: readonly (number | undefined)[],
  best: LineSimilarity | undefined,
  strange: number,
): Pick<ClaimFeatures, 'agreedSaid' | 'stretchKnown' | 'wholeKnown' | 'mass' | 'taught' | 'flipped' | 'flippedAround'> {
  const { uses } = claim
  const inStretch = new Set(best && message.clauses.slice(best.from, best.to + 1).flat())
  let [agreed, known, stretchKnown, stretch, taught] = [0, 0, 0, 0, 0]
  let [common, flipped, flippedAround] = [0, 0, 0]
  message.grams.forEach((gram, at) => {
    const weight = message.weights[at] ?? 0
    const row = rows[at]
    if (inStretch.has(at)) stretch += weight
    if (row === undefined) return
    const held = uses.share[row] ?? 0
    if (held === 0) {
      taught += weight
      return
    }
    known += weight
    if (inStretch.has(at)) stretchKnown += weight
    agreed += (uses.weight[row] ?? 0) * held * held
    common += weight * held
    flipped += weight * clash(heard.negated.has(gram), uses.denied[row] ?? 0, held)
    // The reverse says little: a message may well leave out the clause in which a wording denies something.
    if (heard.negatedAround.has(gram)) flippedAround += weight * Math.max(0, held - 2 * (uses.deniedAround[row] ?? 0))
  })
  const share = (part: number, whole: number) => (whole === 0 ? 0 : Math.min(1, part / whole))
  const agreedSaid = share(agreed, claim.agreed)
  return {
    agreedSaid,
    stretchKnown: share(stretchKnown, stretch),
    wholeKnown: share(known, message.sum),
    mass: 1 - Math.exp(-stretchKnown / (FULL_MASS * strange)),
    taught: share(taught, message.sum) * (1 - agreedSaid),
    flipped: heard.shape.asks ? 0 : rise(share(flipped, common), FLIPPED),
    flippedAround: heard.shape.asks ? 0 : rise(share(flippedAround, common), FLIPPED_AROUND),
  }
}

/** 0 up to `from`, 1 beyond `to`. */
function rise(value: number, { from, to }: { from: number; to: number }): number {
  return Math.max(0, Math.min(1, (value - from) / (to - from)))
}

/** How clearly the wordings deny what is affirmed, or the reverse. */
function clash(deniedHere: boolean, denied: number, all: number): number {
  const affirmed = all - denied
  return Math.max(0, deniedHere ? affirmed - denied : denied - affirmed)
}

function compareCore(topic: string, { core }: PreparedClaim): Pick<ClaimFeatures, 'coreSaid' | 'coreMissing'> {
  let [all, said, missing] = [0, 0, 0]
  for (const { sign, share } of core) {
    all += share
    if (topic.includes(sign)) said += share
    else missing = Math.max(missing, share)
  }
  return { coreSaid: all === 0 ? 0.5 : said / all, coreMissing: Math.max(0, 2 * missing - 1) }
}

const NEAREST_WORDINGS = 4
/** How near, beside the nearest, a wording and the claim itself must be to take part. */
const NEAR_WORDING = 0.7
const NEAR_CLAIM = 0.5

/** How many of the nearest wordings say the opposite of the window, weighed by likeness; those that agree count against it. */
function contradict(window: string, wordings: readonly LineSimilarity[], claim: PreparedClaim): number {
  const least = wordings[0]?.value ?? 0
  let [against, all] = [0, 0]
  for (const [rank, { line, value }] of wordings.entries()) {
    const isClaim = line === 0
    if ((rank >= NEAREST_WORDINGS && !isClaim) || value < least * (isClaim ? NEAR_CLAIM : NEAR_WORDING)) continue
    const polarity = comparePolarity(window, claim.plain[line] ?? '')
    all += value
    if (polarity === 'opposite') against += value
    else if (polarity === 'agrees') against -= value
  }
  return all === 0 ? 0 : rise(against / all, OPPOSITE)
}
