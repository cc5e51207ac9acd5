import { z } from 'zod'
import { countSigns } from '../base/signs.ts'
import { audienceSchema, lineSchema, recordFields, slugSchema, sourceSchema } from './fields.ts'

const monthDaySchema = z.string().regex(/^(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/, 'must be MM-DD')
const monthSchema = z.int().min(1).max(12)

/** How the days of one year are found. */
const calendarRuleSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('fixed'), day: monthDaySchema }),
  z.strictObject({ kind: z.literal('range'), from: monthDaySchema, to: monthDaySchema }),
  z.strictObject({ kind: z.literal('month'), month: monthSchema }),
  z.strictObject({
    kind: z.literal('nth-weekday'),
    month: monthSchema,
    /** 1 Monday … 7 Sunday. */
    weekday: z.int().min(1).max(7),
    /** 1…5, or -1 for the last one of the month. */
    nth: z.union([z.int().min(1).max(5), z.literal(-1)]),
  }),
  /** Monday to Sunday of the week that holds the day. */
  z.strictObject({ kind: z.literal('week-containing'), day: monthDaySchema }),
  z.strictObject({ kind: z.literal('solar-term'), term: z.literal('清明') }),
  /** Set each year by a notice: only the years that were announced are known. */
  z.strictObject({
    kind: z.literal('announced'),
    hint: lineSchema,
    years: z.array(z.strictObject({ year: z.int().min(2000).max(2100), from: monthDaySchema, to: monthDaySchema })),
  }),
])
export type CalendarRule = z.infer<typeof calendarRuleSchema>

/** The places of 五进: 企业·农村·社区·学校·机关·家庭. */
export const SCENES = ['enterprise', 'village', 'community', 'school', 'office', 'family'] as const

/** A message that is ready to be sent: 120 visible signs with its frame. */
const messageSchema = lineSchema.refine((line) => countSigns(line) <= 110, 'must have at most 110 signs')

/** A 宣传日 of the theme calendar: what is pushed to whom in peacetime. */
export const calendarDaySchema = z.strictObject({
  kind: z.literal('calendar-day').default('calendar-day'),
  ...recordFields,
  name: lineSchema,
  rule: calendarRuleSchema,
  scope: z.enum(['international', 'national', 'chongqing']),
  /** Topics whose cards are pushed; empty for days without a topic of ours. */
  topics: z.array(slugSchema).default([]),
  audiences: z.array(audienceSchema).min(1),
  /** One ready message for each scene that the day concerns. */
  messages: z.partialRecord(z.enum(SCENES), messageSchema),
  /** What the date rests on. */
  sources: z.array(sourceSchema).min(1),
})
export type CalendarDay = z.infer<typeof calendarDaySchema>
