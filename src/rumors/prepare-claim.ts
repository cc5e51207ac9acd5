import { foldText } from '../base/fold-text.ts'
import type { Rebuttal } from '../knowledge/rebuttal.ts'
import type { Places } from '../places/places.ts'
import { SLOT_GRAM } from './claim-similarity.ts'
import type { ClaimWeights } from './claim-weights.ts'
import { collectGrams, FUNCTION_SIGNS, toClaimText } from './claim-words.ts'
import { isUnspecific } from './compare-slots.ts'
import { packUses, type GramUse, type GramUses } from './gram-uses.ts'
import { maskSlots, nameSlots } from './mask-slots.ts'
import { listClauseNegatedGrams, listNegatedGrams } from './negated-grams.ts'
import { readShape } from './message-shape.ts'
import { foretells } from './polarity.ts'
import { extractSlots, type Slots } from './slots.ts'

/** What matching reads of a rebuttal. */
export type RebuttedClaim = Pick<Rebuttal, 'id' | 'claim' | 'variants' | 'slots' | 'verdict' | 'facts' | 'private'> &
  Partial<Pick<Rebuttal, 'why' | 'refutation' | 'group' | 'elder'>>

const SHAPES = ['asksHow', 'seeks', 'refutes', 'official', 'drill', 'over', 'advice'] as const
type WordingShape = (typeof SHAPES)[number]

export interface PreparedClaim {
  /** Claim and variants, folded. */
  plain: string[]
  /** Information of each line. */
  sums: number[]
  /** What the lines together say. */
  uses: GramUses
  /** Sum of what most wordings agree on: weight × share². */
  agreed: number
  /** Signs that most wordings hold, with the share of wordings. */
  core: { sign: string; share: number }[]
  /** Shares of the wordings that have a shape; of advice, their mean number of marks. */
  shapes: Record<WordingShape, number>
  /** Nearly every wording speaks of what is to come. */
  foretells: boolean
  fixed: Slots
  /** Names of places as declared, without 市 or 县; only the narrowest. */
  placeNames: string[]
  /** Whether most wordings name the claim's place (unless it is open), and a day. */
  namesPlace: boolean
  wordingsWithPlace: ReadonlySet<number>
  namesDay: boolean
  /** Slots of each wording. */
  slots: readonly Slots[]
}

const CORE_SHARE = 0.5
/** Wordings that must name the place, or a day, for a message without it to be unspecific. */
const MOST = 0.6
const NEARLY_ALL = 0.7

/** Preparing a rebuttal is the costly part and depends on nothing but it and the weights. */
const prepared = new WeakMap<ClaimWeights, WeakMap<object, PreparedClaim>>()

export function prepareClaim(rebuttal: RebuttedClaim, places: Places, weights: ClaimWeights): PreparedClaim {
  const known = prepared.get(weights) ?? new WeakMap<object, PreparedClaim>()
  prepared.set(weights, known)
  const found = known.get(rebuttal)
  if (found) return found
  const claim = prepare(rebuttal, places, weights)
  known.set(rebuttal, claim)
  return claim
}

function prepare(rebuttal: RebuttedClaim, places: Places, weights: ClaimWeights): PreparedClaim {
  const plain = [...new Set([rebuttal.claim, ...rebuttal.variants].map(foldText))]
  const open = rebuttal.slots?.open ?? []
  const fixed = fixedSlots(rebuttal, places)
  const slots = plain.map((wording) => extractSlots(wording, places))
  const masked = plain.map((wording, at) => maskSlots(wording, open, places, slots[at]))
  const named = plain.map((wording, at) => nameSlots(wording, slots[at] ?? fixed))
  const taughtLines = listTaught(rebuttal).map(foldText)

  const uses = new Map<number, GramUse & { lines: number[] }>()
  const use = (gram: string, line: number): GramUse => {
    const number = weights.numberOf(gram)
    const found = uses.get(number) ?? {
      lines: [],
      weight: weights.weigh(gram),
      share: 0,
      denied: 0,
      deniedAround: 0,
    }
    found.lines.push(line)
    uses.set(number, found)
    return found
  }
  const part = 1 / plain.length
  const counts = new Map<string, number>()
  const sums = masked.map((wording, at) => {
    const text = toClaimText(wording)
    const denied = listNegatedGrams(wording)
    const around = listClauseNegatedGrams(wording)
    let sum = 0
    for (const gram of new Set(collectGrams(text))) {
      const found = use(gram, at)
      const isNamed = named[at]?.has(gram) === true
      if (isNamed) found.weight = weights.weigh(gram) * SLOT_GRAM
      sum += weights.weigh(gram) * (isNamed ? SLOT_GRAM : 1)
      found.share += part
      if (denied.has(gram)) found.denied += part
      if (around.has(gram)) found.deniedAround += part
    }
    for (const sign of new Set(text.match(/\p{Script=Han}/gu))) {
      if (!FUNCTION_SIGNS.has(sign)) counts.set(sign, (counts.get(sign) ?? 0) + 1)
    }
    return sum
  })
  for (const line of taughtLines) {
    let sum = 0
    for (const gram of new Set(collectGrams(toClaimText(line)))) sum += use(gram, sums.length).weight
    sums.push(sum)
  }
  let agreed = 0
  for (const { weight, share } of uses.values()) agreed += weight * share * share
  const placeNames = listPlaceNames(rebuttal, places)
  const shareOf = (holds: (at: number) => boolean) => plain.filter((_, at) => holds(at)).length / plain.length
  const shapes = plain.map(readShape)
  const wordingsWithPlace = new Set(
    plain.flatMap((wording, at) =>
      placeNames.some((name) => wording.includes(name)) ||
      (fixed.places.length > 0 && !isUnspecific((slots[at] ?? fixed).places, fixed.places, open, places))
        ? [at]
        : [],
    ),
  )
  return {
    plain,
    sums,
    uses: packUses(uses),
    agreed,
    core: [...counts]
      .filter(([, count]) => count >= plain.length * CORE_SHARE)
      .map(([sign, count]) => ({ sign, share: count / plain.length })),
    shapes: Object.fromEntries(
      SHAPES.map((name) => [name, shapes.reduce((sum, shape) => sum + Number(shape[name]), 0) / shapes.length]),
    ) as Record<WordingShape, number>, // fromEntries forgets the keys
    foretells: shareOf((at) => foretells(plain[at] ?? '')) >= NEARLY_ALL,
    fixed,
    placeNames,
    namesPlace: !open.includes('place') && wordingsWithPlace.size >= plain.length * MOST,
    wordingsWithPlace,
    namesDay:
      !open.includes('date') &&
      fixed.dates.some(({ day }) => day !== undefined) &&
      shareOf((at) => (slots[at]?.dates.length ?? 0) > 0) >= MOST,
    slots,
  }
}

function listTaught({ facts, private: told, why, refutation, group, elder }: RebuttedClaim): string[] {
  const forms = [told, ...(group ? [group] : []), ...(elder?.private ? [elder.private] : [])]
  return [
    ...facts,
    ...forms.flatMap(({ lead, steps }) => [lead, ...steps]),
    ...(why === undefined ? [] : [why]),
    ...(refutation === undefined ? [] : [refutation]),
  ]
}

/** Declared names that no other declared place lies in (巫溪, not 重庆). */
function listPlaceNames({ slots, claim }: RebuttedClaim, places: Places): string[] {
  const declared = slots?.places ?? []
  const bare = declared.flatMap((name) => {
    const folded = foldText(name)
    const inside = places.findPlaces(folded).map(({ text }) => text)
    return [...new Set([folded, ...inside].map((text) => text.replace(PLACE_SUFFIX, '')))]
  })
  const outer = (name: string) => {
    const [mine] = places.findPlaces(name)
    return (
      mine !== undefined &&
      bare.some((other) => {
        if (other === name) return false
        const [theirs] = places.findPlaces(other)
        return theirs === undefined
          ? foldText(claim).includes(other)
          : theirs.candidates.some((inner) =>
              mine.candidates.some((code) => inner !== code && places.isWithin(inner, code)),
            )
      })
    )
  }
  const narrowest = bare.filter((name) => name.length >= 2 && !outer(name))
  // In a group of its own city everybody says 全市.
  return narrowest.includes(HOME) ? [...narrowest, '全市', '我市'] : narrowest
}

const HOME = '重庆'
const PLACE_SUFFIX = /(?<=..)(?:自治县|街道|[省市区县镇乡村])$/

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
