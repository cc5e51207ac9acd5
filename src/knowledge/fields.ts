import { z } from 'zod'
import { countSigns } from '../base/signs.ts'

/** Fields that every kind of curated content shares. All of them are checked when a seed file or an import is read. */

export const HAZARD_CLASSES = ['natural', 'accident', 'health', 'social'] as const
export const HAZARDS = [
  'flood',
  'geology',
  'weather',
  'fire',
  'traffic',
  'industrial',
  'infrastructure',
  'health',
  'food',
  'social',
] as const
export const AUDIENCES = ['resident', 'youth', 'elder', 'worker', 'farmer', 'official'] as const
export const REVIEW_STATES = ['draft', 'source-checked', 'expert-approved'] as const

export const hazardClassSchema = z.enum(HAZARD_CLASSES)
export const hazardSchema = z.enum(HAZARDS)
export const audienceSchema = z.enum(AUDIENCES)
export type Audience = z.infer<typeof audienceSchema>

export const slugSchema = z.string().regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, 'must be lower-case words joined by "-"')
/** GB/T 2260 code (6 digits) or a township's statistical code (9 digits). */
export const regionCodeSchema = z.string().regex(/^\d{6}(\d{3})?$/, 'must be a region code of 6 or 9 digits')
export const dateSchema = z.iso.date('must be a date written YYYY-MM-DD')

/** One line of text for residents: trimmed, no line break, no control character. */
export const lineSchema = z
  .string()
  .min(1, 'must not be empty')
  .max(400)
  // oxlint-disable-next-line no-control-regex -- control characters are what this refuses
  .regex(/^[^\u0000-\u001f\u007f]*$/, 'must be one line without control characters')
  .refine((line) => line === line.trim(), 'must not begin or end with white space')

export const sourceSchema = z
  .strictObject({
    title: lineSchema,
    issuer: lineSchema,
    /** The issuer's name as it fits into a group message. */
    issuerShort: lineSchema.refine((name) => countSigns(name) <= 8, 'must have at most 8 signs').optional(),
    kind: z.enum(['law', 'standard', 'official', 'guideline', 'journal', 'media']),
    /** Date of the source itself, as precise as it is known: YYYY, YYYY-MM or YYYY-MM-DD. */
    date: z
      .string()
      .regex(/^\d{4}(-\d{2}(-\d{2})?)?$/, 'must be YYYY, YYYY-MM or YYYY-MM-DD')
      .optional(),
    /** The issuer's own address of the text, never that of a mirror. */
    url: z.url({ protocol: /^https?$/ }).optional(),
    /** Document or standard number, e.g. 渝府办发〔2021〕138号, GB 18306-2015. */
    document: lineSchema.optional(),
    /** Where in the source the facts stand: article, section, paragraph. Never a quotation. */
    locator: lineSchema,
    /** What was read: the issuer's own page, or a copy of the text held elsewhere. */
    read: z.enum(['issuer', 'copy']),
    readOn: dateSchema,
  })
  .refine((source) => source.url !== undefined || source.document !== undefined || source.read === 'copy', {
    message: 'needs a url or a document number',
    path: ['url'],
  })
export type Source = z.infer<typeof sourceSchema>

/** What a text for a private chat (≤300 signs with frame) or a group (≤120 with frame) is made of. */
const formFields = { lead: lineSchema, steps: z.array(lineSchema).max(3, 'at most 3 numbered actions') }

function fits(maxSigns: number) {
  return (form: Form, context: z.RefinementCtx) => {
    const signs = countFormSigns(form)
    if (signs > maxSigns) {
      context.addIssue({ code: 'custom', message: `has ${signs} signs, at most ${maxSigns} fit`, path: ['lead'] })
    }
  }
}

export interface Form {
  lead: string
  steps: string[]
  note?: string | undefined
}

/** Visible signs of a form's body, step numbers (`1.`) included, frame and source line not. */
export function countFormSigns(form: Form): number {
  return (
    countSigns(form.lead) +
    form.steps.reduce((sum, step) => sum + 2 + countSigns(step), 0) +
    (form.note === undefined ? 0 : countSigns(form.note))
  )
}

export const privateFormSchema = z.strictObject({ ...formFields, note: lineSchema.optional() }).superRefine(fits(250))
export const groupFormSchema = z.strictObject(formFields).superRefine(fits(85))
export const formsSchema = z.strictObject({ private: privateFormSchema, group: groupFormSchema })

/** Reviewed wordings for one audience; whatever is missing falls back to the standard text. */
export const variantsSchema = z.partialRecord(
  z.enum(AUDIENCES.filter((audience) => audience !== 'resident') as [Audience, ...Audience[]]),
  z.strictObject({ private: privateFormSchema.optional(), group: groupFormSchema.optional() }),
)

/** Fields of each curated item's record of review and validity. */
export const recordFields = {
  id: slugSchema,
  version: z.int().min(1),
  region: regionCodeSchema.optional(),
  review: z.enum(REVIEW_STATES),
  /** Day on which the text was last held against its sources. */
  checkedOn: dateSchema,
  validFrom: dateSchema.optional(),
  validUntil: dateSchema,
  /** Only for drafts: what is missing before this may be published. */
  missing: lineSchema.optional(),
  /** Marks a text about drugs, wounds, poisons or crisis that a clinician has yet to see. */
  medical: z.boolean().default(false),
}
