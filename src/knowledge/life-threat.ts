import { z } from 'zod'
import { countSigns } from '../base/signs.ts'
import { hazardClassSchema, hazardSchema, lineSchema, recordFields, slugSchema, sourceSchema } from './fields.ts'

/** The act comes first, then at most two more; the phone number stands alone on its line (decided by `first`). */
function actsSchema(maxSigns: number) {
  return z
    .strictObject({ act: lineSchema, steps: z.array(lineSchema).max(2, 'at most 3 actions: act and 2 steps') })
    .superRefine((form, context) => {
      const signs = countSigns(form.act) + form.steps.reduce((sum, step) => sum + 2 + countSigns(step), 0)
      if (signs > maxSigns) {
        context.addIssue({ code: 'custom', message: `has ${signs} signs, at most ${maxSigns} fit`, path: ['act'] })
      }
    })
}

const threatFormsSchema = z.strictObject({ private: actsSchema(200), group: actsSchema(80) })

/** The fixed text for somebody who is in danger now. */
export const lifeThreatSchema = z.strictObject({
  kind: z.literal('life-threat').default('life-threat'),
  ...recordFields,
  topic: slugSchema,
  title: lineSchema,
  hazard: hazardSchema,
  hazardClass: hazardClassSchema,
  /** `act`: the act is line 1 and the number line 2. `call`: the number is line 1. */
  first: z.enum(['act', 'call']),
  /** Numbers in the order in which they are shown; the first one stands alone on its line. */
  numbers: z
    .array(z.string().regex(/^\d{3,5}$/))
    .min(1)
    .max(3),
  /** Words of the call button, e.g. 到屋外再拨 119. */
  callLabel: lineSchema.refine((label) => countSigns(label) <= 14, 'must have at most 14 signs'),
  private: threatFormsSchema.shape.private,
  group: threatFormsSchema.shape.group,
  elder: threatFormsSchema,
  /** One English sentence with the act and the number. */
  english: lineSchema,
  sources: z.array(sourceSchema).min(1),
})
export type LifeThreat = z.infer<typeof lifeThreatSchema>
