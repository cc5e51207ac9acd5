import type { ClaimSlots } from '../knowledge/rebuttal.ts'
import type { Places } from '../places/places.ts'
import { MASKS } from './claim-similarity.ts'
import { extractSlots, type Slots } from './slots.ts'

/** Replaces what a template leaves open by a stand-in. Takes folded text; `slots` spares reading them again. */
export function maskSlots(folded: string, open: ClaimSlots['open'], places: Places, slots?: Slots): string {
  if (open.length === 0) return folded
  const found = slots ?? extractSlots(folded, places)
  const texts: Record<keyof typeof MASKS, { text: string }[]> = {
    place: found.places,
    date: [...found.dates, ...found.times],
    number: found.numbers,
    level: found.levels,
    agency: found.agencies,
  }
  let masked = folded
  for (const slot of open) {
    const longestFirst = texts[slot].map(({ text }) => text).sort((a, b) => b.length - a.length)
    for (const text of longestFirst) masked = masked.replaceAll(text, MASKS[slot])
  }
  return masked.replace(/([\uE000-\uE004])\1+/g, '$1')
}
