import type { Published } from '../../knowledge/item.ts'
import type { PlanEntry } from './plan-index.ts'
import { CITY_CODE, type PlanQuestion } from './read-plan-question.ts'

/** The part of the place tree that plans need. */
export interface PlanPlaces {
  /** True for the place itself and whatever lies inside it. */
  isWithin(code: string, ancestor: string): boolean
}

/** Names under which the texts speak of a neighbour. */
const OTHER_NAMES: Record<string, string[]> = { 四川: ['川渝', '成渝'], 成都: ['成渝'] }
const PERIOD_STARTS: Record<string, number> = { 十二五: 2011, 十三五: 2016, 十四五: 2021, 十五五: 2026, 十六五: 2031 }
const PERIOD_YEARS = 5

/**
 * Regions whose plan texts may answer: the asker's own, those of places the question names, and, where neither the
 * asker nor the question says where, those of districts, whose texts then have to be the better answer.
 */
export function listPlanRegions(
  question: PlanQuestion,
  asker: { region: string | undefined; own: readonly string[] },
  plans: ReadonlyMap<string, Published<'plan'>>,
  { isWithin }: PlanPlaces,
): string[] {
  const planned = [...plans.values()].map(({ content }) => content.region)
  const named = planned.filter((region) => namesPlaceIn(question, region, { isWithin }))
  const open = asker.region === undefined && question.places.length === 0 ? planned : []
  return [...new Set([...asker.own, ...named, ...open])]
}

export function namesPlaceIn({ places }: PlanQuestion, region: string, { isWithin }: PlanPlaces): boolean {
  return places.some(({ home, candidates }) => home && candidates.some((code) => isWithin(code, region)))
}

/** Whether place, 文号, year and period that the question names are those of the text; otherwise it has no say. */
export function fitsScope(entry: PlanEntry, question: PlanQuestion, places: PlanPlaces): boolean {
  return (
    fitsPlaces(entry, question, places) &&
    question.documentNumbers.every((asked) => isNumbered(entry.plan, asked) || holdsNumber(entry, asked)) &&
    question.years.every((year) => entry.text.includes(year) || isYearOfTitle(year, entry, question)) &&
    question.periods.every((period) => fitsPeriod(period, entry))
  )
}

/** Whether this is the plan's own 文号. */
export function isNumbered(plan: Published<'plan'>, { year, number }: { year: string; number: string }): boolean {
  return plan.content.number.replace(/\D+/g, ' ').trim() === `${year} ${number}`
}

function holdsNumber({ text }: PlanEntry, { year, number }: { year: string; number: string }): boolean {
  return text.includes(`〔${year}〕${number}号`)
}

function fitsPlaces({ plan, words }: PlanEntry, question: PlanQuestion, { isWithin }: PlanPlaces): boolean {
  const { region } = plan.content
  const ofDistrict = region !== CITY_CODE
  if (ofDistrict && question.namesCity && !question.saysOwnDistrict && question.places.length === 0) return false
  return question.places.every(({ candidates, text, home }) => {
    if (ofDistrict && home && candidates.some((code) => isWithin(code, region))) return true
    const bare = text.replace(/[省市区县]$/u, '')
    // 四川有多少… asks about the neighbour alone; 川渝 speaks of both.
    const others = question.namesCity || question.places.length > 1 ? (OTHER_NAMES[bare] ?? []) : []
    return [bare, ...others].some((name) => words.includes(name))
  })
}

function isYearOfTitle(year: string, { plan }: PlanEntry, { namesDocument }: PlanQuestion): boolean {
  return namesDocument && plan.content.title.includes(year)
}

function fitsPeriod(period: string, { plan, text }: PlanEntry): boolean {
  const start = PERIOD_STARTS[period]
  const issued = Number(plan.content.date.slice(0, 4))
  return text.includes(period) || (start !== undefined && issued >= start && issued < start + PERIOD_YEARS)
}
