/** A calendar day as far as the text fixes it; `weekday` 1 = Monday … 7; `offset` in days from the day of writing. */
export interface DateSlot {
  text: string
  year?: number
  month?: number
  day?: number
  weekday?: number
  offset?: number
}

/** Minutes of the day; two where the text does not say which half of the day is meant (3点). */
export interface TimeSlot {
  text: string
  minutes: number[]
}

const WEEKDAYS: Record<string, number> = {
  '1': 1,
  一: 1,
  '2': 2,
  二: 2,
  '3': 3,
  三: 3,
  '4': 4,
  四: 4,
  '5': 5,
  五: 5,
  '6': 6,
  六: 6,
  日: 7,
  天: 7,
  末: 6,
}
const OFFSETS: Record<string, number> = {
  前天: -2,
  昨天: -1,
  昨晚: -1,
  昨夜: -1,
  昨日: -1,
  今天: 0,
  今日: 0,
  今晚: 0,
  今早: 0,
  今夜: 0,
  今晨: 0,
  明天: 1,
  明日: 1,
  明晚: 1,
  明早: 1,
  明晨: 1,
  后天: 2,
}
const DATE =
  /(?:(?<year>\d{4})年)?(?<month>1[0-2]|0?[1-9])月(?<day>3[01]|[12]\d|0?[1-9])[日号]?|(?<onlyYear>(?:19|20)\d{2})年|(?<![\d.月])(?<onlyDay>3[01]|[12]\d|[1-9])[日号](?!线|楼|院|桥|门|店|病)|(?:[本这下]?(?:个)?(?:周|星期|礼拜))(?<weekday>[1-6一二三四五六日天末])|(?:本|这个?|下个?)(?:周|星期|礼拜|月)(?:底|末|初)?|月底|月初|(?<offset>前天|昨[天晚夜日]|今[天日晚早夜晨]|明[天日晚早晨]|后天)/g

const DAY_PARTS: [RegExp, (hour: number) => number][] = [
  [/凌晨|半夜|深夜|夜里|夜间/, (hour) => (hour === 12 ? 0 : hour <= 6 ? hour : hour < 12 ? hour + 12 : hour)],
  [/晚|今夜/, (hour) => (hour === 12 ? 0 : hour <= 5 ? hour : hour < 12 ? hour + 12 : hour)],
  [/下午|午后|傍晚/, (hour) => (hour < 12 ? hour + 12 : hour)],
  [/中午/, (hour) => (hour <= 2 ? hour + 12 : hour)],
  [/早|清晨|上午|晨/, (hour) => hour],
]
const TIME =
  /(?<part>凌晨|后?半夜|深夜|夜里|夜间|晚上|晚间|今夜|[今明昨][晚早晨]|下午|午后|傍晚|中午|早上|早晨|清晨|上午|晚|早)?(?<![\d.])(?<hour>2[0-4]|1\d|0?\d)(?:(?:点钟?|时)(?!候|间|刻|代|节|常|事|尚|髦|机|速|限|效|装)(?:(?<half>半)|(?<quarter>[1-3])刻|(?<minute>[0-5]?\d)分?)?|:(?<colon>[0-5]\d))/g

/** Days named in a folded text. */
export function findDates(folded: string): DateSlot[] {
  return [...folded.matchAll(DATE)].map(({ 0: text, groups = {} }) => {
    const { year, onlyYear, month, day, onlyDay, weekday, offset } = groups
    const date: DateSlot = { text }
    if (year !== undefined || onlyYear !== undefined) date.year = Number(year ?? onlyYear)
    if (month !== undefined) date.month = Number(month)
    if (day !== undefined || onlyDay !== undefined) date.day = Number(day ?? onlyDay)
    if (weekday !== undefined) date.weekday = WEEKDAYS[weekday] ?? 0
    if (offset !== undefined) date.offset = OFFSETS[offset] ?? 0
    return date
  })
}

/** Clock times named in a folded text. */
export function findTimes(folded: string): TimeSlot[] {
  const found: TimeSlot[] = []
  for (const match of folded.matchAll(TIME)) {
    const { part = '', hour = '', half, quarter, minute, colon } = match.groups ?? {}
    const minutes =
      half === undefined ? (quarter === undefined ? Number(minute ?? colon ?? 0) : Number(quarter) * 15) : 30
    const readHour = DAY_PARTS.find(([pattern]) => pattern.test(part))?.[1]
    const value = Number(hour)
    const hours = readHour
      ? [readHour(value)]
      : value > 12 || value === 0 || colon !== undefined
        ? [value]
        : [value, value + 12]
    found.push({ text: match[0], minutes: hours.map((each) => (each % 24) * 60 + minutes) })
  }
  return found
}
