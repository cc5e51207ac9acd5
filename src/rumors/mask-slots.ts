import type { ClaimSlots } from '../knowledge/rebuttal.ts'
import type { Places } from '../places/places.ts'
import { collectGrams, MASKS } from './claim-words.ts'
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

/** Grams of what a folded text says in slots: place names with what belongs to them (南坪步行街, 滩子口站), numbers, days. */
export function nameSlots(folded: string, { places, numbers, dates, times }: Slots): Set<string> {
  const named = places.map(({ text, end }) => text + (PLACE_TAIL.exec(folded.slice(end, end + 8))?.[0] ?? ''))
  return new Set([...named, ...[...numbers, ...dates, ...times].map(({ text }) => text)].flatMap(collectGrams))
}

const PLACE_TAIL = /^\p{Script=Han}{0,3}?(?:步行街|商圈|广场|小区|公园|大桥|车站|站|码头|景区|路|街)/u
