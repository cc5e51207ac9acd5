import { createRoute, OpenAPIHono, type z } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { findTicket } from '../../answering/tickets.ts'
import { AppError } from '../../base/errors.ts'
import { ask, askInDanger, resolveRegion, type AskParts } from '../../chat/ask.ts'
import { reportUnsolved, requireRate } from '../../chat/converse.ts'
import type { CheckClaim } from '../../chat/check-claim.ts'
import {
  askReplySchema,
  askRequestSchema,
  checkReplySchema,
  checkRequestSchema,
  cutQuote,
  errorSchema,
  openedTicketSchema,
  ticketRequestSchema,
  ticketStatusRequestSchema,
  ticketStatusSchema,
} from '../../chat/contract.ts'

export interface WebChatParts extends AskParts {
  checkClaim: CheckClaim
  /** The client's address of a request. */
  addressOf(context: Context): string
}

const json = <Schema extends z.ZodType>(schema: Schema) => ({ content: { 'application/json': { schema } } })
const body = <Schema extends z.ZodType>(schema: Schema) => ({ body: { ...json(schema), required: true } })
const refusals = {
  400: { description: 'not JSON', ...json(errorSchema) },
  413: { description: 'body over 64 kB', ...json(errorSchema) },
  422: { description: 'a field does not fit; the message says which', ...json(errorSchema) },
  429: { description: 'too fast', ...json(errorSchema) },
}

const askRoute = createRoute({
  method: 'post',
  path: '/api/ask',
  summary: 'Ask a question, get a sourced answer',
  request: body(askRequestSchema),
  responses: { 200: { description: 'the answer', ...json(askReplySchema) }, ...refusals },
})
const checkRoute = createRoute({
  method: 'post',
  path: '/api/check',
  summary: 'Hold a forwarded text against the published rebuttals',
  request: body(checkRequestSchema),
  responses: { 200: { description: 'what is known about it', ...json(checkReplySchema) }, ...refusals },
})
const openTicketRoute = createRoute({
  method: 'post',
  path: '/api/tickets',
  summary: 'Say that an answer did not help',
  request: body(ticketRequestSchema),
  responses: {
    201: { description: 'the ticket and the token to its status', ...json(openedTicketSchema) },
    ...refusals,
  },
})
const ticketStatusRoute = createRoute({
  method: 'post',
  path: '/api/tickets/status',
  summary: 'Status of the ticket whose token this is',
  request: body(ticketStatusRequestSchema),
  responses: {
    200: { description: 'its status', ...json(ticketStatusSchema) },
    404: { description: 'no such token', ...json(errorSchema) },
    ...refusals,
  },
})

/** `/api/ask`, `/api/check` and the tickets, with their OpenAPI description. */
export function createApi(parts: WebChatParts): OpenAPIHono {
  const api = new OpenAPIHono({
    defaultHook: (result) => {
      if (!result.success) throw new AppError('invalid', describeIssues(result.error))
    },
  })
  api.openapi(
    askRoute,
    async (context) => context.json(await ask(context.req.valid('json'), parts.addressOf(context), true, parts), 200),
    (result, context) => {
      if (result.success) return undefined
      const refuse = async () => {
        const rescued = askInDanger(await context.req.json(), parts)
        if (rescued) return context.json(rescued, 200)
        throw new AppError('invalid', describeIssues(result.error))
      }
      return refuse()
    },
  )
  api.openapi(checkRoute, (context) => {
    requireRate({ address: parts.addressOf(context) }, parts.limiter)
    return parts.checkClaim(cutQuote(context.req.valid('json').text)).then((reply) => context.json(reply, 200))
  })
  api.openapi(openTicketRoute, async (context) => {
    const { region, ...request } = context.req.valid('json')
    const from = { ...request, region: resolveRegion(region, parts.places), address: parts.addressOf(context) }
    return context.json(await reportUnsolved(from, parts), 201)
  })
  api.openapi(ticketStatusRoute, async (context) => {
    requireRate({ address: parts.addressOf(context) }, parts.limiter)
    const store = parts.store()
    if (!store) throw new AppError('store-unavailable', 'tickets need the store', { retryable: true })
    const ticket = await findTicket({ store }, context.req.valid('json').token)
    if (!ticket) throw new AppError('no-such-ticket', 'unknown token')
    const { openedAt, updatedAt } = ticket
    return context.json({ ...ticket, openedAt: openedAt.toISOString(), updatedAt: updatedAt.toISOString() }, 200)
  })
  return api
}

function describeIssues(error: z.ZodError): string {
  return error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ')
}
