import type { Places } from '../places/places.ts'
import { compareSlots, isUnspecific, joinSlots, type SlotConflict } from './compare-slots.ts'
import type { HeardMessage } from './heard-message.ts'
import { tellsPast } from './polarity.ts'
import type { PreparedClaim, RebuttedClaim } from './prepare-claim.ts'
import { extractSlots } from './slots.ts'

export interface FoundConflicts {
  conflicts: SlotConflict[]
  /** Most wordings name the claim's place, or a day; the message names none. */
  placeMissing: boolean
  dateMissing: boolean
}

/** A message this like a wording that names no place, or no day, is as specific as that wording. */
export const WORD_FOR_WORD = 0.8

/** Slots and tense of a message beside a claim; `window` is the stretch that speaks of it, `nearest` the wording that is most like it. */
export function findConflicts(
  { folded, whole }: HeardMessage,
  rebuttal: RebuttedClaim,
  claim: PreparedClaim,
  nearest: { line: number; value: number },
  window: string,
  places: Places,
): FoundConflicts {
  const open = rebuttal.slots?.open ?? []
  const ofWindow = window === folded ? whole : extractSlots(window, places)
  const said = joinSlots(ofWindow, whole, window, places)
  const ofWording = claim.slots[nearest.line] ?? claim.fixed
  const conflicts = compareSlots(said, claim.fixed, ofWording, open, places)
  if (claim.foretells && tellsPast(folded, whole.dates.length + whole.times.length > 0))
    conflicts.push({
      slot: 'tense',
      message: window,
      claim: rebuttal.claim,
      text: `该辟谣针对还没发生的事：“${rebuttal.claim}”，这段话说的是已经发生的。`,
    })
  // 全市 is the claim's city only where no other place is named.
  const named = claim.placeNames.some(
    (name) => folded.includes(name) && (said.places.length === 0 || places.findPlaces(name).length > 0),
  )
  const unspecific = !named && isUnspecific(said.places, claim.fixed.places, open, places)
  // A district where the claim speaks of the whole city, and no wording like it does.
  const narrower =
    said.places.length > 0 &&
    (ofWording.places.length === 0 || isUnspecific(said.places, ofWording.places, open, places))
  return {
    conflicts,
    placeMissing:
      unspecific &&
      (narrower || (claim.namesPlace && (nearest.value < WORD_FOR_WORD || claim.wordingsWithPlace.has(nearest.line)))),
    dateMissing:
      claim.namesDay && said.dates.length === 0 && (nearest.value < WORD_FOR_WORD || ofWording.dates.length > 0),
  }
}
