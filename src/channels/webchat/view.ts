import type { Context } from 'hono'
import { renderLifeThreat } from '../../answering/render.ts'
import type { Config } from '../../config/config.ts'
import { listHotlines } from '../../knowledge/knowledge-base.ts'
import type { WebChatParts } from './api.ts'
import type { PageView } from './page.ts'
import type { PublicView } from './public-page.ts'

export interface WebParts extends WebChatParts {
  operator: Config['operator']
  /** The address under which the pages are known outside; without it that of the request is printed. */
  publicUrl?: string | null
}

export function viewPage(parts: WebParts, elder: boolean): PageView {
  const { knowledge, regionsOf, today } = parts.answering()
  return {
    operator: parts.operator,
    elder,
    today,
    degraded: !knowledge.complete,
    hotlines: listHotlines(knowledge, regionsOf(undefined)).map(({ content }) => content),
    dangers: [...knowledge.items['life-threat'].values()].map((threat) => ({
      title: threat.content.title,
      text: renderLifeThreat(threat, elder ? 'elder' : 'resident').text,
      number: threat.content.numbers[0] ?? '120',
      label: threat.content.callLabel,
    })),
  }
}

export function viewPublicPage(parts: WebParts, context: Context): PublicView {
  const { operator, elder, today, hotlines } = viewPage(parts, isElder(context))
  const { origin, pathname } = new URL(context.req.url)
  const address = new URL(pathname, parts.publicUrl ?? origin).href
  return { operator, elder, today, hotlines, address: decodeURI(address) }
}

export function isElder(context: Context): boolean {
  return context.req.query('elder') === '1'
}
