import { z } from 'zod'
import {
  formsSchema,
  hazardClassSchema,
  hazardSchema,
  lineSchema,
  recordFields,
  slugSchema,
  sourceSchema,
} from './fields.ts'

export const VERDICTS = ['false', 'misleading', 'old-footage', 'ai-made', 'true', 'outdated', 'unproven'] as const
export const verdictSchema = z.enum(VERDICTS)
export type Verdict = z.infer<typeof verdictSchema>

/** What the resident reads in place of the code. */
export const VERDICT_WORDS: Record<Verdict, string> = {
  false: '不实',
  misleading: '误导',
  'old-footage': '旧闻翻炒',
  'ai-made': 'AI 伪造',
  true: '属实',
  outdated: '过时',
  unproven: '无法核实',
}

/**
 * What a claim fixes, in the claim's own words. A forwarded message that names another value is another claim.
 * `open` lists the slots that may hold anything (a template rumor: the place is swapped from town to town).
 */
export const claimSlotsSchema = z.strictObject({
  places: z.array(lineSchema).default([]),
  dates: z.array(lineSchema).default([]),
  numbers: z.array(lineSchema).default([]),
  levels: z.array(lineSchema).default([]),
  agencies: z.array(lineSchema).default([]),
  open: z.array(z.enum(['place', 'date', 'number', 'level', 'agency'])).default([]),
})
export type ClaimSlots = z.infer<typeof claimSlotsSchema>

/** A 辟谣: a reviewed verdict on one claim. */
export const rebuttalSchema = z.strictObject({
  kind: z.literal('rebuttal').default('rebuttal'),
  ...recordFields,
  claim: lineSchema,
  variants: z.array(lineSchema).min(5, 'needs at least 5 wordings as people forward them'),
  /** Absent slots are read from the claim's words. */
  slots: claimSlotsSchema.optional(),
  verdict: verdictSchema,
  /** The claim is dangerous advice: what to do instead comes before the verdict. */
  dangerous: z.boolean().default(false),
  /** Dangerous claims only: the line that bears the verdict, after the act. */
  refutation: lineSchema.optional(),
  hazard: hazardSchema,
  hazardClass: hazardClassSchema,
  topic: slugSchema.optional(),
  facts: z.array(lineSchema).min(1),
  /** How the claim misleads, one or two sentences. */
  why: lineSchema.optional(),
  private: formsSchema.shape.private,
  group: formsSchema.shape.group,
  elder: z
    .strictObject({ private: formsSchema.shape.private.optional(), group: formsSchema.shape.group.optional() })
    .optional(),
  sources: z.array(sourceSchema).min(1),
})
export type Rebuttal = z.infer<typeof rebuttalSchema>
