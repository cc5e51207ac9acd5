import { z } from 'zod'
import {
  formsSchema,
  hazardClassSchema,
  hazardSchema,
  lineSchema,
  recordFields,
  slugSchema,
  sourceSchema,
  variantsSchema,
} from './fields.ts'

/** A 科普卡片: one reviewed piece of emergency science on one topic. */
export const cardSchema = z.strictObject({
  kind: z.literal('card').default('card'),
  ...recordFields,
  topic: slugSchema,
  title: lineSchema,
  aliases: z.array(lineSchema).default([]),
  hazard: hazardSchema,
  hazardClass: hazardClassSchema,
  /** Real ways of asking: they carry recall where no embedding service is configured. */
  questions: z.array(lineSchema).min(10, 'needs at least 10 ways of asking'),
  private: formsSchema.shape.private,
  group: formsSchema.shape.group,
  variants: variantsSchema.default({}),
  now: z.array(lineSchema).min(1),
  before: z.array(lineSchema).default([]),
  after: z.array(lineSchema).default([]),
  avoid: z.array(z.strictObject({ what: lineSchema, why: lineSchema })).default([]),
  /** Critical numbers with their unit; `source` counts the sources from 1. */
  numbers: z.array(z.strictObject({ what: lineSchema, value: lineSchema, source: z.int().min(1) })).default([]),
  calls: z.array(z.strictObject({ number: z.string().regex(/^\d{3,12}$/), when: lineSchema })).default([]),
  myths: z.array(lineSchema).default([]),
  sources: z.array(sourceSchema).min(1, 'needs at least one source'),
})
export type Card = z.infer<typeof cardSchema>
