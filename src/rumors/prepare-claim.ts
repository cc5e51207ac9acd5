import { foldText } from '../base/fold-text.ts'
import type { Rebuttal } from '../knowledge/rebuttal.ts'
import type { Places } from '../places/places.ts'
import { findCoreSigns, weighText, type GramWeights, type WeighedText } from './claim-similarity.ts'
import { nameSlots } from './heard-message.ts'
import { maskSlots } from './mask-slots.ts'
import { extractSlots, type Slots } from './slots.ts'

/** What matching reads of a rebuttal. */
export type RebuttedClaim = Pick<Rebuttal, 'id' | 'claim' | 'variants' | 'slots' | 'verdict' | 'facts' | 'private'>

export interface PreparedClaim {
  /** Claim and variants, folded. */
  plain: string[]
  /** The same, masked and weighed. */
  wordings: WeighedText[]
  core: string[]
  /** What the rebuttal teaches instead. */
  taught: WeighedText[]
  fixed: Slots
}

/** Preparing a rebuttal is the costly part and depends on nothing but it and the weights. */
const prepared = new WeakMap<GramWeights, WeakMap<object, PreparedClaim>>()

export function prepareClaim(rebuttal: RebuttedClaim, places: Places, weights: GramWeights): PreparedClaim {
  const known = prepared.get(weights) ?? new WeakMap<object, PreparedClaim>()
  prepared.set(weights, known)
  const found = known.get(rebuttal)
  if (found) return found
  const plain = [rebuttal.claim, ...rebuttal.variants].map(foldText)
  const open = rebuttal.slots?.open ?? []
  const claim: PreparedClaim = {
    plain,
    core: findCoreSigns(plain.map((wording) => maskSlots(wording, [...open, 'place'], places))),
    wordings: plain.map((wording) =>
      weighText(maskSlots(wording, open, places), weights, nameSlots(wording, extractSlots(wording, places))),
    ),
    taught: [...rebuttal.facts, rebuttal.private.lead, ...rebuttal.private.steps].map((line) =>
      weighText(foldText(line), weights),
    ),
    fixed: fixedSlots(rebuttal, places),
  }
  known.set(rebuttal, claim)
  return claim
}

/** The slots that the rebuttal declares; what it leaves empty is read from the claim's own words. */
function fixedSlots(rebuttal: RebuttedClaim, places: Places): Slots {
  const fromClaim = extractSlots(rebuttal.claim, places)
  if (!rebuttal.slots) return fromClaim
  const declared = rebuttal.slots
  const read = extractSlots(
    [...declared.places, ...declared.dates, ...declared.numbers, ...declared.levels, ...declared.agencies].join('\n'),
    places,
  )
  return {
    places: declared.places.length > 0 ? read.places : fromClaim.places,
    dates: declared.dates.length > 0 ? read.dates : fromClaim.dates,
    times: declared.dates.length > 0 ? read.times : fromClaim.times,
    numbers: declared.numbers.length > 0 ? read.numbers : fromClaim.numbers,
    levels: declared.levels.length > 0 ? read.levels : fromClaim.levels,
    agencies: declared.agencies.length > 0 ? read.agencies : fromClaim.agencies,
    lifecycle: fromClaim.lifecycle,
  }
}
