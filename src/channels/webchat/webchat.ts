import { readFileSync } from 'node:fs'
import type { OpenAPIHono } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { renderLifeThreat } from '../../answering/render.ts'
import { AppError } from '../../base/errors.ts'
import { ask } from '../../chat/ask.ts'
import { askRequestSchema } from '../../chat/contract.ts'
import { reportUnsolved } from '../../chat/converse.ts'
import type { Config } from '../../config/config.ts'
import { describeRefusal } from '../../http/errors.ts'
import { requireOwnOrigin } from '../../http/guard.ts'
import { listHotlines } from '../../knowledge/knowledge-base.ts'
import { createApi, type WebChatParts } from './api.ts'
import { renderPage, type PageView } from './page.ts'

const ASSETS = {
  '/assets/page.css': { type: 'text/css; charset=utf-8', body: readAsset('page.css') },
  '/assets/icon.svg': { type: 'image/svg+xml', body: readAsset('icon.svg') },
}

/** The resident page at `/`, its form, and the API that it and other clients use. */
export function createWebChat(parts: WebChatParts & { operator: Config['operator'] }): OpenAPIHono {
  const web = createApi(parts)
  for (const [path, { type, body }] of Object.entries(ASSETS)) {
    web.get(path, (context) =>
      context.body(body, 200, { 'content-type': type, 'cache-control': 'public, max-age=3600' }),
    )
  }
  web.get('/', (context) => context.html(renderPage(viewPage(parts))))
  web.post('/', requireOwnOrigin, async (context) => {
    const form = await context.req.parseBody()
    const text = typeof form['text'] === 'string' ? form['text'] : ''
    const session = typeof form['session'] === 'string' ? form['session'] : undefined
    const view = { ...viewPage(parts), session }
    try {
      if (form['act'] === 'unsolved')
        return context.html(renderPage(await saveUnsolved(text, session, view, context, parts)))
      const request = askRequestSchema.safeParse({ text, ...(session === undefined ? {} : { session }) })
      if (!request.success) {
        const refusal = request.error.issues.map(({ message }) => message).join('')
        return context.html(renderPage({ ...view, asked: { text, refusal } }), 422)
      }
      // A ticket is opened by a second tap only: the form of another page must not be able to open one.
      const reply = await ask(request.data, parts.addressOf(context), false, parts)
      return context.html(renderPage({ ...view, session: reply.session, asked: { text, reply } }))
    } catch (error) {
      const { status, message, retryAfterSeconds } = describeRefusal(error, parts.log)
      if (retryAfterSeconds !== undefined) context.header('retry-after', String(retryAfterSeconds))
      return context.html(renderPage({ ...view, asked: { text, refusal: message } }), status)
    }
  })
  return web
}

async function saveUnsolved(
  text: string,
  session: string | undefined,
  view: PageView,
  context: Context,
  parts: WebChatParts,
): Promise<PageView> {
  const question = askRequestSchema.shape.text.safeParse(text)
  if (!question.success || text.trim() === '') throw new AppError('invalid', 'no question to note')
  const ticket = await reportUnsolved({ text, session, address: parts.addressOf(context) }, parts)
  const note = `已记下，编号${ticket.number}。查进展要用这个口令：${ticket.token}，请抄下来，别给别人。`
  const reply = {
    outcome: 'declined' as const,
    text: `已记下您的问题\n${note}\n急事打12345；有危险打110、119、120。`,
    group: '',
    session: session ?? '',
    citations: [],
    confidence: 0,
    reasons: [],
    aiGenerated: false,
  }
  return { ...view, asked: { text, reply, ticket } }
}

function viewPage(parts: WebChatParts & { operator: Config['operator'] }): PageView {
  const { knowledge, regionsOf } = parts.answering()
  return {
    operator: parts.operator,
    degraded: !knowledge.complete,
    hotlines: listHotlines(knowledge, regionsOf(undefined)).map(({ content }) => content),
    lifeThreats: [...knowledge.items['life-threat'].values()].map((threat) => ({
      title: threat.content.title,
      text: renderLifeThreat(threat, 'resident').text,
      number: threat.content.numbers[0] ?? '120',
      label: threat.content.callLabel,
    })),
  }
}

function readAsset(name: string): string {
  return readFileSync(new URL(`assets/${name}`, import.meta.url), 'utf8')
}
