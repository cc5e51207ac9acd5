import { z } from 'zod'
import { audienceSchema, lineSchema, recordFields, slugSchema } from './fields.ts'

/** One question of a contest, on one card. */
export const quizQuestionSchema = z
  .strictObject({
    kind: z.literal('quiz-question').default('quiz-question'),
    ...recordFields,
    /** `choice`: one option is right. `judge`: the sentence is true or false. `order`: the options, written in the right order. */
    form: z.enum(['choice', 'judge', 'order']),
    question: lineSchema,
    options: z.array(lineSchema).max(5).default([]),
    /** `choice`: which option, from 1; `judge`: true or false; absent for `order`. */
    answer: z.union([z.int().min(1), z.boolean()]).optional(),
    explanation: lineSchema,
    /** Slug of the card whose text holds the answer. */
    card: slugSchema,
    audiences: z.array(audienceSchema).min(1).default(['resident']),
  })
  .superRefine(({ form, options, answer }, context) => {
    const refuse = (message: string, field: string) => context.addIssue({ code: 'custom', message, path: [field] })
    if (form === 'judge' && typeof answer !== 'boolean') refuse('is true or false', 'answer')
    if (form === 'judge' && options.length > 0) refuse('a sentence to judge has no options', 'options')
    if (form !== 'judge' && options.length < 2) refuse('needs at least 2 options', 'options')
    if (form !== 'judge' && new Set(options).size < options.length) refuse('must differ', 'options')
    if (form === 'choice' && (typeof answer !== 'number' || answer > options.length))
      refuse('is the number of an option', 'answer')
    if (form === 'order' && answer !== undefined) refuse('the options themselves are the order', 'answer')
  })
export type QuizQuestion = z.infer<typeof quizQuestionSchema>
export const quizFileSchema = z.strictObject({ questions: z.array(quizQuestionSchema).min(1) })
