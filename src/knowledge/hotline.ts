import { z } from 'zod'
import { dateSchema, lineSchema, regionCodeSchema, slugSchema, sourceSchema } from './fields.ts'

/** A phone number for residents. Only numbers with a source that was read are ever shown (decisions: hotlines). */
export const hotlineSchema = z
  .strictObject({
    id: slugSchema,
    number: z.string().regex(/^[\d-]{3,13}$/),
    name: lineSchema,
    when: lineSchema,
    region: regionCodeSchema.optional(),
    hours: lineSchema.optional(),
    /** Lower comes first. */
    order: z.int(),
    verifiedOn: dateSchema.optional(),
    how: z.enum(['law', 'official-page', 'call']).optional(),
    source: sourceSchema.optional(),
    note: lineSchema.optional(),
    english: lineSchema.optional(),
  })
  .refine((hotline) => (hotline.verifiedOn === undefined) === (hotline.how === undefined), {
    message: 'verifiedOn and how belong together',
    path: ['how'],
  })
export type Hotline = z.infer<typeof hotlineSchema>
export const hotlineFileSchema = z.strictObject({ hotlines: z.array(hotlineSchema).min(1) })
