import { z } from 'zod'
import { AppError } from '../base/errors.ts'
import placeData from '../../seeds/places.json' with { type: 'json' }

export type PlaceLevel = 'province' | 'city' | 'district' | 'township'

export interface Place {
  /** GB/T 2260 code of 6 digits, or a township's statistical code of 9. */
  code: string
  name: string
  level: PlaceLevel
  /** Inside Chongqing, or elsewhere (known only so that a text about it is not taken for one about Chongqing). */
  home: boolean
}

const codeNameSchema = z.string().regex(/^\d+\D+$/)
const placeFileSchema = z.object({
  city: codeNameSchema,
  districts: z.string(),
  townships: z.record(z.string(), z.string()),
  changes: z.array(
    z.object({
      on: z.iso.date(),
      merged: z.record(z.string(), z.string()),
      transferred: z.record(z.string(), z.string()),
    }),
  ),
  formerCodes: z.record(z.string(), z.string()),
  aliases: z.record(z.string(), z.array(z.string())),
  landmarks: z.record(z.string(), z.string()),
  weak: z.string(),
  never: z.string(),
  elsewhere: z.string(),
})

export type PlaceFile = z.infer<typeof placeFileSchema>

/** Reads the place list that ships with the product; throws where the file is malformed. */
export function readPlaceFile(): PlaceFile {
  return placeFileSchema.parse(placeData)
}

/** Administrative divisions with their versions. Dates are `YYYY-MM-DD`; without one, the newest version is meant. */
export interface PlaceTree {
  readonly all: readonly Place[]
  findPlace(code: string): Place | undefined
  /** Throws `unknown-place`. */
  getPlace(code: string): Place
  /** Codes that a place was merged into by `on`; empty while it is in force. */
  successorsOf(code: string, on?: string): string[]
  /** The code in force on `on` for a code that may be an old one. */
  currentCode(code: string, on?: string): string
  /** The place's ancestors on `on`, nearest first, without itself; a merged district counts as lying in its successor. */
  ancestorsOf(code: string, on?: string): string[]
  /**
   * True for the place itself and for whatever holds it now or held it in a former version:
   * people keep the old names for years, so an old and a new statement do not contradict each other.
   */
  isWithin(code: string, ancestor: string): boolean
  /**
   * Every code to which somebody may be bound and whom a message to `code` must reach: the place, its old codes
   * and all below, under the old or the new division (nobody is missed; a transferred township is reached through both).
   */
  expandAudience(code: string): string[]
}

const ALWAYS = '9999-12-31'

function parseCodes(list: string): [code: string, name: string][] {
  return list.split(' ').map((entry) => {
    const code = /^\d+/.exec(entry)?.[0] ?? ''
    return [code, entry.slice(code.length)]
  })
}

export function buildPlaceTree(file: PlaceFile): PlaceTree {
  const places = new Map<string, Place>()
  const home = file.city.slice(0, 6)
  const add = (code: string, name: string, level: PlaceLevel, isHome: boolean): void => {
    places.set(code, { code, name, level, home: isHome })
  }
  add(home, file.city.slice(6), 'province', true)
  for (const [code, name] of parseCodes(file.districts)) add(code, name, 'district', true)
  for (const [district, list] of Object.entries(file.townships)) {
    for (const [code, name] of parseCodes(list)) add(district + code, name, 'township', true)
  }
  for (const [code, name] of parseCodes(file.elsewhere)) {
    add(code.padEnd(6, '0'), name, code.length === 2 ? 'province' : code.length === 4 ? 'city' : 'district', false)
  }

  const formerCode = (code: string): string | undefined => file.formerCodes[code]
  const changesUntil = (on: string) => file.changes.filter((change) => change.on <= on)

  const successorsOf = (code: string, on = ALWAYS): string[] => {
    const former = formerCode(code)
    if (former !== undefined) return [former]
    return changesUntil(on).flatMap((change) => change.merged[code] ?? [])
  }

  const currentCode = (code: string, on = ALWAYS): string => {
    const next = successorsOf(code, on)[0]
    return next === undefined ? code : currentCode(next, on)
  }

  const districtOf = (township: string, on: string): string =>
    changesUntil(on).reduce((district, change) => change.transferred[township] ?? district, township.slice(0, 6))

  const ancestorsOf = (code: string, on = ALWAYS): string[] => {
    const found: string[] = []
    let at = code
    for (;;) {
      let next = successorsOf(at, on)[0]
      if (next === undefined) {
        if (at.length === 9) next = districtOf(at, on)
        else if (at.endsWith('0000')) return found
        else {
          const city = `${at.slice(0, 4)}00`
          next = at !== city && places.has(city) ? city : `${at.slice(0, 2)}0000`
        }
      }
      found.push(next)
      at = next
    }
  }

  const isWithin = (code: string, ancestor: string): boolean =>
    code === ancestor || ancestorsOf(code).includes(ancestor) || ancestorsOf(code, '0000-01-01').includes(ancestor)

  const getPlace = (code: string): Place => {
    const place = places.get(code)
    if (!place) throw new AppError('unknown-place', `no place has the code ${code}`)
    return place
  }

  return {
    all: [...places.values()],
    findPlace: (code) => places.get(code),
    getPlace,
    successorsOf,
    currentCode,
    ancestorsOf,
    isWithin,
    expandAudience: (code) => {
      getPlace(code)
      const known = [...places.keys(), ...Object.keys(file.formerCodes)]
      const targets = known.filter((candidate) => currentCode(candidate) === code || candidate === code)
      return known.filter((candidate) => targets.some((target) => isWithin(candidate, target)))
    },
  }
}
