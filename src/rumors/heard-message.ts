import { foldText } from '../base/fold-text.ts'
import type { ClaimSlots } from '../knowledge/rebuttal.ts'
import type { Places } from '../places/places.ts'
import {
  collectGrams,
  splitClauses,
  toClaimText,
  weighText,
  type GramWeights,
  type WeighedMessage,
} from './claim-similarity.ts'
import { maskSlots } from './mask-slots.ts'
import { extractSlots, type Slots } from './slots.ts'

/** A message with what is worked out once for all candidates. */
export interface HeardMessage {
  folded: string
  whole: Slots
  /** The text with everyday words unified. */
  topic: string
  clauses: string[]
  /** Weighed clauses by what is masked in them. */
  weighed: Map<string, WeighedMessage>
}

export function hearMessage(message: string, places: Places): HeardMessage {
  const folded = foldText(message)
  return {
    folded,
    whole: extractSlots(folded, places),
    topic: toClaimText(folded),
    clauses: splitClauses(folded),
    weighed: new Map(),
  }
}

/** The clauses of a message, weighed, with what a template leaves open masked. */
export function weighMessage(
  heard: HeardMessage,
  open: ClaimSlots['open'],
  places: Places,
  weights: GramWeights,
): WeighedMessage {
  const key = [...open].sort().join()
  const known = heard.weighed.get(key)
  if (known) return known
  const named = nameSlots(heard.folded, heard.whole)
  const clauses = heard.clauses.map((clause) => weighText(maskSlots(clause, open, places, heard.whole), weights, named))
  const message = { texts: heard.clauses, clauses, joined: new Map() }
  heard.weighed.set(key, message)
  return message
}

/** Grams of what a folded text says in slots: place names with what belongs to them (南坪步行街, 滩子口站), numbers, days. */
export function nameSlots(folded: string, { places, numbers, dates, times }: Slots): Set<string> {
  const named = places.map(({ text, end }) => text + (PLACE_TAIL.exec(folded.slice(end, end + 8))?.[0] ?? ''))
  return new Set([...named, ...[...numbers, ...dates, ...times].map(({ text }) => text)].flatMap(collectGrams))
}

const PLACE_TAIL = /^\p{Script=Han}{0,3}?(?:步行街|商圈|广场|小区|公园|大桥|车站|站|码头|景区|路|街)/u
