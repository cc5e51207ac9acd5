/** The only way our code learns the time, so that tests can set it. */
export interface Clock {
  now(): Date
}

export const systemClock: Clock = { now: () => new Date() }

/** Making a format costs a hundred times as much as using it, and within a minute no date changes. */
const formats = new Map<string, { format: Intl.DateTimeFormat; minute: number; date: string }>()

/** The calendar date (`YYYY-MM-DD`) of an instant in an IANA time zone. */
export function localDate(instant: Date, timeZone: string): string {
  // The Swedish locale writes ISO dates.
  const known = formats.get(timeZone)
  const format = known?.format ?? new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short' })
  const minute = Math.floor(instant.getTime() / 60_000)
  if (known?.minute === minute) return known.date
  const date = format.format(instant)
  formats.set(timeZone, { format, minute, date })
  return date
}

const hourFormats = new Map<string, Intl.DateTimeFormat>()

/** The hour of the day (0…23) of an instant in an IANA time zone. */
export function localHour(instant: Date, timeZone: string): number {
  const format =
    hourFormats.get(timeZone) ?? new Intl.DateTimeFormat('en-GB', { timeZone, hour: '2-digit', hourCycle: 'h23' })
  hourFormats.set(timeZone, format)
  return Number(format.format(instant))
}
