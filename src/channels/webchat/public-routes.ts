import type { OpenAPIHono } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { findTicket } from '../../answering/tickets.ts'
import { AppError } from '../../base/errors.ts'
import { requireRate } from '../../chat/converse.ts'
import { describeRefusal } from '../../http/errors.ts'
import { requireOwnOrigin } from '../../http/guard.ts'
import type { ItemKind, Published } from '../../knowledge/item.ts'
import { renderCardPage } from './card-page.ts'
import type { Html } from './layout.ts'
import { findPlanUnit, renderPlanPage, renderPlanUnitPage } from './plan-page.ts'
import { renderMissingPage } from './public-page.ts'
import { renderRebuttalPage } from './rebuttal-page.ts'
import { renderTicketPage } from './ticket-page.ts'
import { viewPublicPage, type WebParts } from './view.ts'

/** `/k/…` cards, `/r/…` rebuttals, `/p/…` plan texts and their sections, `/t` the state of a ticket. */
export function addPublicRoutes(web: OpenAPIHono, parts: WebParts): void {
  const show = (context: Context, page: Html | undefined) => {
    context.header('cache-control', 'no-cache')
    return page === undefined
      ? context.html(renderMissingPage(viewPublicPage(parts, context)), 404)
      : context.html(page)
  }
  web.get('/k/:key', (context) => {
    const card = findItem(parts, 'card', context.req.param('key'))
    return show(context, card && renderCardPage(viewPublicPage(parts, context), card))
  })
  web.get('/r/:key', (context) => {
    const rebuttal = findItem(parts, 'rebuttal', context.req.param('key'))
    return show(context, rebuttal && renderRebuttalPage(viewPublicPage(parts, context), rebuttal))
  })
  web.get('/p/:key', (context) => {
    const plan = findItem(parts, 'plan', context.req.param('key'))
    return show(context, plan && renderPlanPage(viewPublicPage(parts, context), plan))
  })
  web.get('/p/:key/:place', (context) => {
    const plan = findItem(parts, 'plan', context.req.param('key'))
    const unit = plan && findPlanUnit(plan.content, context.req.param('place'))
    return show(context, plan && unit && renderPlanUnitPage(viewPublicPage(parts, context), plan, unit))
  })
  web.get('/t', (context) => show(context, renderTicketPage(viewPublicPage(parts, context))))
  web.post('/t', requireOwnOrigin, async (context) => {
    const view = viewPublicPage(parts, context)
    try {
      requireRate({ address: parts.addressOf(context) }, parts.limiter)
      const { token } = await context.req.parseBody()
      const store = parts.store()
      if (!store) throw new AppError('store-unavailable', 'tickets need the store', { retryable: true })
      const ticket = typeof token === 'string' ? await findTicket({ store }, token.trim()) : undefined
      if (!ticket) throw new AppError('no-such-ticket', 'unknown token')
      return context.html(renderTicketPage(view, { ticket }))
    } catch (error) {
      const { status, message } = describeRefusal(error, parts.log)
      return context.html(renderTicketPage(view, { refusal: message }), status)
    }
  })
}

/** By number (`K-023`, in any case) or by slug. */
function findItem<Kind extends ItemKind>(parts: WebParts, kind: Kind, key: string): Published<Kind> | undefined {
  const items = parts.answering().knowledge.items[kind]
  const number = key.toUpperCase()
  return items.get(key) ?? [...items.values()].find((item) => item.number === number)
}
