import type { CalendarRule } from './calendar-day.ts'

/** First and last day, `YYYY-MM-DD`, both included. */
export interface Occurrence {
  from: string
  to: string
}

const DAY_MS = 86_400_000

/** When a day of the calendar falls in a year; undefined where the year was not announced. */
export function findOccurrence(rule: CalendarRule, year: number): Occurrence | undefined {
  switch (rule.kind) {
    case 'fixed':
      return oneDay(`${year}-${rule.day}`)
    case 'range':
      return { from: `${year}-${rule.from}`, to: `${year}-${rule.to}` }
    case 'month':
      return { from: toDay(Date.UTC(year, rule.month - 1, 1)), to: toDay(Date.UTC(year, rule.month, 0)) }
    case 'nth-weekday':
      return findWeekday(rule, year)
    case 'week-containing': {
      const day = Date.parse(`${year}-${rule.day}`)
      const monday = day - (weekdayOf(day) - 1) * DAY_MS
      return { from: toDay(monday), to: toDay(monday + 6 * DAY_MS) }
    }
    case 'solar-term':
      return oneDay(`${year}-04-0${qingming(year)}`)
    case 'announced': {
      const announced = rule.years.find((known) => known.year === year)
      return announced && { from: `${year}-${announced.from}`, to: `${year}-${announced.to}` }
    }
  }
}

/** An announced day without a date for the coming year has to be looked up again. */
export function needsRenewal(rule: CalendarRule, today: string): boolean {
  if (rule.kind !== 'announced') return false
  return !rule.years.some(({ year, to }) => `${year}-${to}` >= today)
}

function oneDay(day: string): Occurrence {
  return { from: day, to: day }
}

function findWeekday(rule: CalendarRule & { kind: 'nth-weekday' }, year: number): Occurrence | undefined {
  const { month, weekday, nth } = rule
  const days: string[] = []
  for (let day = Date.UTC(year, month - 1, 1); day < Date.UTC(year, month, 1); day += DAY_MS) {
    if (weekdayOf(day) === weekday) days.push(toDay(day))
  }
  const found = days.at(nth === -1 ? -1 : nth - 1)
  return found === undefined ? undefined : oneDay(found)
}

/** 1 Monday … 7 Sunday. */
function weekdayOf(time: number): number {
  return new Date(time).getUTCDay() || 7
}

/** Day of April, for 2000…2099: the usual formula with the constant of this century. */
function qingming(year: number): number {
  const short = year % 100
  return Math.floor(short * 0.2422 + 4.81) - Math.floor(short / 4)
}

function toDay(time: number): string {
  return new Date(time).toISOString().slice(0, 10)
}
