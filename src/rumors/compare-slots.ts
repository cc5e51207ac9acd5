import type { ClaimSlots } from '../knowledge/rebuttal.ts'
import type { PlaceMention } from '../places/find-places.ts'
import type { Places } from '../places/places.ts'
import type { DateSlot } from './dates.ts'
import type { Slots } from './slots.ts'

export type SlotName = 'place' | 'date' | 'time' | 'number' | 'level' | 'agency' | 'lifecycle' | 'tense' | 'polarity'

/** A slot in which the message and the claim differ. */
export interface SlotConflict {
  slot: SlotName
  /** The message's words. */
  message: string
  /** The claim's words. */
  claim: string
  /** For residents and editors: 该辟谣针对…，这里说的是…。 */
  text: string
}

const SLOT_WORDS: Record<SlotName, string> = {
  place: '地点',
  date: '日期',
  time: '时间',
  number: '数字',
  level: '级别',
  agency: '单位',
  lifecycle: '状态',
  tense: '时态',
  polarity: '说法',
}

/** Slots of the stretch that speaks of the claim; where that names none, those of the whole message. */
export function joinSlots(window: Slots, whole: Slots, stretch: string, places: Places): Slots {
  const pick = <Key extends keyof Slots>(key: Key): Slots[Key] => (window[key].length > 0 ? window[key] : whole[key])
  // 重庆 in this clause and 洪崖洞 in the next: the message is about the narrower place.
  const specific = mostSpecific(whole.places, places)
  const near = specific.filter(({ text }) => stretch.includes(text))
  return {
    places: near.length > 0 ? near : specific,
    dates: pick('dates'),
    times: pick('times'),
    numbers: pick('numbers'),
    levels: pick('levels'),
    agencies: pick('agencies'),
    lifecycle: pick('lifecycle'),
  }
}

/**
 * Every slot in which the message names another value than the claim. A message that names none does not conflict;
 * `wording` is the stored wording that matched best: what it says is the claim's too. Slots in `open` may hold anything.
 */
export function compareSlots(
  said: Slots,
  claim: Slots,
  wording: Slots,
  open: ClaimSlots['open'],
  places: Places,
): SlotConflict[] {
  const conflicts: SlotConflict[] = []
  const report = (slot: SlotName, message: readonly { text: string }[], claimed: readonly { text: string }[]): void => {
    const [mine, theirs] = [listTexts(message), listTexts(claimed)]
    conflicts.push({
      slot,
      message: mine,
      claim: theirs,
      text: `该辟谣针对${SLOT_WORDS[slot]}“${theirs}”，这里说的是“${mine}”。`,
    })
  }
  if (!open.includes('place') && claim.places.length > 0) {
    const fixed = mostSpecific(claim.places, places)
    // A wording that names only the city does not make a claim about one spot a claim about the city.
    const known = [...fixed, ...mostSpecific(wording.places, places).filter((place) => !isWider(place, fixed, places))]
    const named = said.places
    if (
      named.length > 0 &&
      !named.some((mention) => known.some((other) => relatePlaces(mention, other, places) !== 'other'))
    ) {
      report('place', named, claim.places)
    }
  }
  // A claim that names no place is about everywhere: naming one (我们万州…) does not make it another claim.
  if (!open.includes('date')) {
    const knownDates = [...claim.dates, ...wording.dates]
    if (yearsDiffer(said.dates, knownDates) || differ(said.dates, claim.dates, knownDates, datesAgree)) {
      report('date', said.dates, claim.dates)
    }
    const knownTimes = [...claim.times, ...wording.times].flatMap(({ minutes }) => minutes)
    if (
      claim.times.length > 0 &&
      said.times.length > 0 &&
      !said.times.some(({ minutes }) => minutes.some((minute) => knownTimes.includes(minute)))
    ) {
      report('time', said.times, claim.times)
    }
  }
  if (!open.includes('number')) {
    for (const unit of new Set(claim.numbers.map((number) => number.unit))) {
      // A claim about 3人 counts them whatever happened to them.
      const mine = said.numbers.filter(
        (number) => number.unit === unit || (unit === '人:some' && number.unit.startsWith('人:')),
      )
      const theirs = claim.numbers.filter((number) => number.unit === unit)
      const known = [...theirs, ...wording.numbers.filter((number) => number.unit === unit)]
      if (differ(mine, theirs, known, (one, other) => one.value === other.value)) report('number', mine, theirs)
    }
  }
  if (!open.includes('number')) {
    // 4人受伤 against 4人死亡: people are counted in both, but what happened to them differs.
    const roles = (numbers: Slots['numbers']) =>
      numbers.filter(({ unit }) => unit.startsWith('人:') && unit !== '人:some')
    const [mine, theirs] = [roles(said.numbers), roles(claim.numbers)]
    const known = new Set([...theirs, ...roles(wording.numbers)].map(({ unit }) => unit))
    if (mine.length > 0 && theirs.length > 0 && !mine.some(({ unit }) => known.has(unit)))
      report('number', mine, theirs)
  }
  if (!open.includes('level')) {
    for (const axis of ['color', 'rank'] as const) {
      const mine = said.levels.filter((level) => level.axis === axis)
      const theirs = claim.levels.filter((level) => level.axis === axis)
      const all = [...theirs, ...wording.levels.filter((level) => level.axis === axis)]
      if (mine.length > 0 && theirs.length > 0 && !mine.some(({ value }) => all.some((other) => other.value === value)))
        report('level', mine, theirs)
    }
  }
  if (!open.includes('agency') && claim.agencies.length > 0 && said.agencies.length > 0) {
    const families = new Set([...claim.agencies, ...wording.agencies].map(({ family }) => family))
    if (!said.agencies.some(({ family }) => families.has(family))) report('agency', said.agencies, claim.agencies)
  }
  const lifted = (slots: Slots): boolean => slots.lifecycle.some(({ step }) => step === 'lifted')
  if (lifted(said) !== (lifted(claim) || lifted(wording))) {
    report(
      'lifecycle',
      said.lifecycle.length > 0 ? said.lifecycle : [{ text: '没有说解除' }],
      claim.lifecycle.length > 0 ? claim.lifecycle : [{ text: '没有说解除' }],
    )
  } else if (said.lifecycle.length > 0 && claim.lifecycle.length > 0) {
    const steps = new Set([...claim.lifecycle, ...wording.lifecycle].map(({ step }) => step))
    if (!said.lifecycle.some(({ step }) => steps.has(step))) report('lifecycle', said.lifecycle, claim.lifecycle)
  }
  return conflicts
}

/** True where the claim is about one place and the message names none, or only a wider one. */
export function isUnspecific(
  said: PlaceMention[],
  claim: PlaceMention[],
  open: ClaimSlots['open'],
  places: Places,
): boolean {
  if (open.includes('place') || claim.length === 0) return false
  const known = mostSpecific(claim, places)
  return !said.some((mention) => known.some((other) => relatePlaces(mention, other, places) === 'same'))
}

function listTexts(slots: readonly { text: string }[]): string {
  return [...new Set(slots.map(({ text }) => text))].join('、')
}

/**
 * `same`: the message's place is the claim's or a part of it; `apart`: it is wider than the claim's, or one district
 * where the claim speaks of the whole city, so that only asking can tell; `other`: neither.
 */
function relatePlaces(mention: PlaceMention, claim: PlaceMention, places: Places): 'same' | 'apart' | 'other' {
  if (mention.text === claim.text) return 'same'
  if (mention.landmark && claim.landmark) return 'other'
  const pairs = mention.candidates.flatMap((mine) => claim.candidates.map((theirs) => [mine, theirs] as const))
  const inside = pairs.filter(([mine, theirs]) => places.isWithin(mine, theirs))
  if (inside.length > 0 && !claim.landmark) {
    return inside.some(([mine, theirs]) => mine === theirs || places.findPlace(theirs)?.level !== 'province')
      ? 'same'
      : 'apart'
  }
  return pairs.some(([mine, theirs]) => places.isWithin(theirs, mine)) ? 'apart' : 'other'
}

function isWider(place: PlaceMention, others: readonly PlaceMention[], places: Places): boolean {
  return others.some(
    (other) => other.text !== place.text && mostSpecific([place, other], places).every((kept) => kept !== place),
  )
}

/** Drops a mention that only says where another one lies (重庆忠县新立 → 新立). */
function mostSpecific(mentions: PlaceMention[], places: Places): PlaceMention[] {
  return mentions.filter(
    (mention) =>
      !mentions.some(
        (other) =>
          other !== mention &&
          (other.candidates.some((inner) =>
            mention.candidates.some((outer) => inner !== outer && places.isWithin(inner, outer)),
          ) ||
            (other.landmark &&
              !mention.landmark &&
              other.candidates.some((inner) => mention.candidates.some((outer) => places.isWithin(inner, outer))))),
      ),
  )
}

/**
 * True where the message says none of the claim's values, or swaps one of several: it names a value that the claim
 * does not know and leaves out one that the claim fixes (9月1日→9月9日 against 9月1日→9月4日).
 */
function differ<T>(
  said: readonly T[],
  claim: readonly T[],
  known: readonly T[],
  agree: (one: T, other: T) => boolean,
): boolean {
  if (said.length === 0 || claim.length === 0) return false
  const strange = said.filter((one) => !known.some((other) => agree(one, other)))
  const missing = claim.filter((one) => !said.some((other) => agree(one, other)))
  return strange.length > 0 && (strange.length === said.length || missing.length > 0)
}

/** 2026年…9月1日 against 2024年9月1日: the year may stand apart from the day. */
function yearsDiffer(said: readonly DateSlot[], known: readonly DateSlot[]): boolean {
  const years = (dates: readonly DateSlot[]) => dates.flatMap(({ year }) => year ?? [])
  const theirs = years(known)
  return theirs.length > 0 && years(said).length > 0 && !years(said).some((year) => theirs.includes(year))
}

function datesAgree(one: DateSlot, other: DateSlot): boolean {
  const fields = ['year', 'month', 'day', 'weekday', 'offset'] as const
  const shared = fields.filter((field) => one[field] !== undefined && other[field] !== undefined)
  return shared.every((field) => one[field] === other[field])
}
