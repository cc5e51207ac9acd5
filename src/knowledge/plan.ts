import { z } from 'zod'
import { dateSchema, lineSchema, regionCodeSchema } from './fields.ts'

/** Front matter of seeds/plans/*.md. */
export const planFrontMatterSchema = z.strictObject({
  id: z.string().regex(/^\d{3}$/, 'must be three digits in quotes'),
  title: lineSchema,
  /** The title as it fits into a group message, with its own 《》 where it has any. */
  shortTitle: lineSchema.optional(),
  /** 文号, e.g. 渝府发〔2024〕9号. */
  number: lineSchema,
  issuer: lineSchema,
  /** Date of issue, as precise as it is known: YYYY, YYYY-MM or YYYY-MM-DD. */
  date: z.string().regex(/^\d{4}(-\d{2}(-\d{2})?)?$/, 'must be in quotes: YYYY, YYYY-MM or YYYY-MM-DD'),
  region: regionCodeSchema,
  /** Last day of the period the document plans for: later it is quoted as history, and says so. */
  until: dateSchema.optional(),
  /** What is missing of the document; absent when the text is whole. */
  part: lineSchema.optional(),
  /** What a reader has to know about this copy of the text. */
  note: lineSchema.optional(),
})

/** The unit of citation: one paragraph or one row of a table, in the exact words of the document. */
export const planUnitSchema = z.strictObject({
  /** Document, section numbers, ordinal within the section: `004#2.3.1`. Stays as long as the document's own numbering does. */
  id: z.string().regex(/^\d{3}#[a-z]?\d+(\.\d+)*$/),
  /** Headings from the top, as in the document; empty before the first heading. */
  path: z.array(z.string()),
  /** The place as officials cite it: `三、（二）1`, with `第2段` where the section has several units. */
  locator: z.string().min(1),
  /** Lines of one paragraph are joined by `\n`. The cells of a row carry their column's head and are joined by `｜`. */
  text: z.string().min(1),
  /** The words are the document's, but their place in it (or what stood before them) is not certain. */
  uncertain: z.boolean(),
})
export type PlanUnit = z.infer<typeof planUnitSchema>

/** A 规划/方案文本: an official document that can be quoted. */
export const planSchema = planFrontMatterSchema.extend({ units: z.array(planUnitSchema).min(1) })
export type Plan = z.infer<typeof planSchema>
