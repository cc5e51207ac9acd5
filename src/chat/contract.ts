import { z } from '@hono/zod-openapi'
import { OUTCOMES } from '../answering/answer.ts'
import type { Reply } from './converse.ts'
import { audienceSchema } from '../knowledge/fields.ts'
import { verdictSchema } from '../knowledge/rebuttal.ts'

/** The HTTP contract: these schemas are the only place where its names are written. */

/** Code points of a typed question. */
export const MAX_TEXT = 1000
const MAX_QUOTE = 5000

/** Code points after NFC, as people count signs. */
export function countCodePoints(text: string): number {
  let count = 0
  for (const _ of text.normalize('NFC')) count++
  return count
}

/** Lone surrogates and NUL can be neither shown nor stored. */
const wellFormed = z
  .string()
  .refine((text) => text.isWellFormed() && !text.includes('\u0000'), '文字里有坏掉的符号，请重新输入。')

export const textSchema = wellFormed.superRefine((text, context) => {
  const count = countCodePoints(text)
  if (count > MAX_TEXT) {
    context.addIssue({ code: 'custom', message: `一共${count}字，请删到${MAX_TEXT}字以内，留最可疑的几句。` })
  }
})

/** A forwarded text: longer ones are cut at a sentence by `cutQuote`. */
export const quoteSchema = wellFormed

export const askRequestSchema = z
  .object({
    text: textSchema.openapi({ description: 'at most 1 000 code points (NFC)', example: '地震了怎么办' }),
    quote: quoteSchema
      .optional()
      .openapi({ description: 'a forwarded or quoted message; over 5 000 it is cut at a sentence' }),
    audience: audienceSchema.optional(),
    region: z.string().max(40).optional().openapi({ description: 'GB/T 2260 code or name', example: '北碚区' }),
    session: z.string().max(64).optional().openapi({ description: 'as given by the last reply' }),
  })
  .openapi('AskRequest')

const reasonSchema = z.object({ code: z.string(), text: z.string() })
const citationSchema = z.object({
  title: z.string(),
  issuer: z.string(),
  date: z.string().optional(),
  url: z.string().optional(),
  locator: z.string().optional(),
})

export const askReplySchema = z
  .object({
    outcome: z.enum(OUTCOMES),
    text: z.string().openapi({ description: 'private form, at most 300 visible signs' }),
    group: z.string().openapi({ description: 'group form, at most 120 visible signs and 6 lines' }),
    session: z.string(),
    topic: z.string().optional(),
    card: z
      .object({ id: z.string(), number: z.string(), topic: z.string(), title: z.string(), version: z.int() })
      .optional(),
    rebuttal: z.object({ id: z.string(), number: z.string(), claim: z.string(), verdict: verdictSchema }).optional(),
    plan: z.object({ document: z.string(), number: z.string(), section: z.string() }).optional(),
    call: z
      .object({ number: z.string(), label: z.string() })
      .optional()
      .openapi({ description: 'life threats: the button' }),
    citations: z.array(citationSchema).openapi({ description: 'never empty for life-threat, rebuttal, card and plan' }),
    choices: z
      .array(z.string())
      .optional()
      .openapi({ description: 'clarify: send one of them, or its number from 1, as the next text' }),
    ticket: z.object({ number: z.string(), token: z.string(), count: z.int() }).optional(),
    confidence: z.number().min(0).max(1),
    reasons: z.array(reasonSchema),
    aiGenerated: z.boolean(),
  })
  .openapi('AskReply')
export type AskReply = z.infer<typeof askReplySchema>

export const checkRequestSchema = z.object({ text: quoteSchema }).openapi('CheckRequest')

const conflictSchema = z.object({ slot: z.string(), message: z.string(), claim: z.string(), text: z.string() })
const claimCandidateSchema = z.object({
  id: z.string(),
  claim: z.string(),
  verdict: verdictSchema,
  confidence: z.number().min(0).max(1),
  conflicts: z.array(conflictSchema),
})

export const checkReplySchema = z
  .object({
    outcome: z.enum(['matched', 'ask', 'unknown']),
    rebuttal: z
      .object({
        id: z.string(),
        number: z.string(),
        claim: z.string(),
        verdict: verdictSchema,
        text: z.string(),
        group: z.string(),
        citations: z.array(citationSchema),
      })
      .optional(),
    candidates: z.array(claimCandidateSchema),
    reasons: z.array(reasonSchema),
  })
  .openapi('CheckReply')

export const ticketRequestSchema = z
  .object({ text: textSchema, session: z.string().max(64).optional(), region: z.string().max(40).optional() })
  .openapi('TicketRequest')
export const openedTicketSchema = z
  .object({ number: z.string(), token: z.string(), count: z.int() })
  .openapi('OpenedTicket')
export const ticketStatusRequestSchema = z.object({ token: z.string().min(1).max(64) }).openapi('TicketStatusRequest')
export const ticketStatusSchema = z
  .object({
    number: z.string(),
    state: z.enum(['open', 'answered', 'closed']),
    openedAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
  })
  .openapi('TicketStatus')

export const errorSchema = z.object({ error: z.object({ code: z.string(), message: z.string() }) }).openapi('Error')

export const healthSchema = z
  .object({
    status: z.enum(['ok', 'degraded', 'starting']),
    version: z.string(),
    store: z.string(),
    search: z.string(),
    channels: z.array(z.string()),
  })
  .openapi('Health')
export type Health = z.infer<typeof healthSchema>

/** Cuts an over-long forwarded text after the last sentence that fits; `cut` says whether it had to. */
export function cutQuote(quote: string): { quote: string; cut: boolean } {
  const signs = [...quote.normalize('NFC')]
  if (signs.length <= MAX_QUOTE) return { quote, cut: false }
  const head = signs.slice(0, MAX_QUOTE).join('')
  const end = Math.max(...['。', '！', '？', '!', '?', '\n', '；'].map((mark) => head.lastIndexOf(mark)))
  return { quote: end > 0 ? head.slice(0, end + 1) : head, cut: true }
}

export function toAskReply({ answer, session, ticket }: Reply): AskReply {
  return {
    outcome: answer.outcome,
    text: answer.text,
    group: answer.group,
    session,
    ...(answer.topic === undefined ? {} : { topic: answer.topic }),
    ...(answer.outcome === 'card' ? { card: answer.card } : {}),
    ...(answer.outcome === 'rebuttal' ? { rebuttal: answer.rebuttal } : {}),
    ...(answer.outcome === 'plan' ? { plan: answer.plan } : {}),
    ...(answer.outcome === 'life-threat' ? { call: answer.call } : {}),
    citations: answer.citations,
    ...(answer.outcome === 'clarify' ? { choices: answer.choices.map(({ label }) => label) } : {}),
    ...(ticket === undefined ? {} : { ticket }),
    confidence: Math.min(1, Math.max(0, answer.confidence)),
    reasons: answer.reasons,
    aiGenerated: false,
  }
}
