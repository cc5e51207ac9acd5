import { z } from 'zod'
import { lineSchema } from './fields.ts'
import { parseSeed, type SeedResult } from './seed-file.ts'

const patternSchema = z.string().transform((source, context) => {
  try {
    return new RegExp(source, 'gu')
  } catch (error) {
    context.addIssue({ code: 'custom', message: `is no regular expression: ${String(error)}` })
    return z.NEVER
  }
})

/** What every text for residents is held against; written by editors in seeds/editorial-rules.yaml. */
const rulesSchema = z.strictObject({
  forbidden: z.array(z.strictObject({ words: patternSchema, why: lineSchema })),
  /** Figures that are the same in every text: the first group of `says` holds the figure. */
  figures: z.array(z.strictObject({ what: lineSchema, says: patternSchema, value: lineSchema })),
  /** Visible signs of one sentence in a text that answers. */
  longestSentence: z.int().positive(),
})
export type EditorialRules = z.infer<typeof rulesSchema>

export function readEditorialRules(file: string, text: string): SeedResult<EditorialRules> {
  return parseSeed(file, text, rulesSchema)
}
