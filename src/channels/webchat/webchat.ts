import type { OpenAPIHono } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { compress } from 'hono/compress'
import { AppError } from '../../base/errors.ts'
import { ask, askInDanger } from '../../chat/ask.ts'
import { askRequestSchema, type AskReply } from '../../chat/contract.ts'
import { reportUnsolved } from '../../chat/converse.ts'
import { describeRefusal } from '../../http/errors.ts'
import { requireOwnOrigin } from '../../http/guard.ts'
import { createApi } from './api.ts'
import { ASSETS, hashText } from './assets.ts'
import { readServiceWorker } from './browser-script.ts'
import { renderOfflinePage, renderPage, type PageView } from './page.ts'
import { addPublicRoutes } from './public-routes.ts'
import { isElder, viewPage, type WebParts } from './view.ts'

const FOR_GOOD = 'public, max-age=31536000, immutable'
const OFFLINE_PATH = '/offline'
const COMPRESSED = ['/', '/assets/*', '/k/*', '/r/*', '/p/*', '/t', OFFLINE_PATH, '/service-worker.js']

/** The resident page at `/` with its form, the public pages, and the API that the page and other clients use. */
export function createWebChat(parts: WebParts): OpenAPIHono {
  const web = createApi(parts)
  for (const path of COMPRESSED) web.use(path, compress())
  for (const { path, type, body } of Object.values(ASSETS)) {
    web.get(path, (context) => context.body(body, 200, { 'content-type': type, 'cache-control': FOR_GOOD }))
  }
  web.get('/', (context) => {
    context.header('cache-control', 'no-cache')
    return context.html(renderPage(viewPage(parts, isElder(context))))
  })
  web.post('/', requireOwnOrigin, (context) => answerForm(context, parts))
  addOfflineRoutes(web, parts)
  addPublicRoutes(web, parts)
  return web
}

/** The form of the page: the whole page comes back, with the answer or with the reason why there is none. */
async function answerForm(context: Context, parts: WebParts): Promise<Response> {
  const form = await context.req.parseBody()
  const text = typeof form['text'] === 'string' ? form['text'].replaceAll('\r\n', '\n') : ''
  const session = typeof form['session'] === 'string' ? form['session'] : undefined
  const elder = form['elder'] === '1'
  const view = { ...viewPage(parts, elder), session }
  context.header('cache-control', 'no-store')
  try {
    if (form['act'] === 'unsolved') {
      return await context.html(renderPage(await saveUnsolved(text, session, view, context, parts)))
    }
    const question = { text, audience: elder ? 'elder' : 'resident', ...(session === undefined ? {} : { session }) }
    const request = askRequestSchema.safeParse(question)
    if (!request.success) {
      const rescued = askInDanger(question, parts)
      if (rescued)
        return await context.html(renderPage({ ...view, session: rescued.session, asked: { text, reply: rescued } }))
      const refusal = request.error.issues.map(({ message }) => message).join('')
      return await context.html(renderPage({ ...view, asked: { text, refusal } }), 422)
    }
    // A ticket is opened by a second tap only: the form of another page must not be able to open one.
    const reply = await ask(request.data, parts.addressOf(context), false, parts)
    return await context.html(renderPage({ ...view, session: reply.session, asked: { text, reply } }))
  } catch (error) {
    const { status, message, retryAfterSeconds } = describeRefusal(error, parts.log)
    if (retryAfterSeconds !== undefined) context.header('retry-after', String(retryAfterSeconds))
    return context.html(renderPage({ ...view, asked: { text, refusal: message } }), status)
  }
}

async function saveUnsolved(
  text: string,
  session: string | undefined,
  view: PageView,
  context: Context,
  parts: WebParts,
): Promise<PageView> {
  const question = askRequestSchema.shape.text.safeParse(text)
  if (!question.success || text.trim() === '') throw new AppError('invalid', '没有要记下的问题，请先写下问题。')
  const ticket = await reportUnsolved({ text, session, address: parts.addressOf(context) }, parts)
  const lines = [
    `已记下您的问题，编号${ticket.number}。`,
    `口令：${ticket.token}`,
    '请抄下口令，别给别人。以后在本站的 /t 页，凭口令查办得怎么样。',
    '急事打12345；有危险打110、119、120。',
  ]
  const reply: AskReply = {
    outcome: 'declined',
    text: lines.join('\n'),
    group: '',
    session: session ?? '',
    citations: [],
    confidence: 0,
    reasons: [],
    aiGenerated: false,
  }
  return { ...view, asked: { text, reply, ticket } }
}

/** A page that the phone keeps and shows when nobody answers, and the worker that keeps it. */
function addOfflineRoutes(web: OpenAPIHono, parts: WebParts): void {
  web.get(OFFLINE_PATH, (context) => {
    context.header('cache-control', 'no-cache')
    return context.html(renderOfflinePage(viewPage(parts, false)))
  })
  web.get('/service-worker.js', async (context) => {
    const page = await renderOfflinePage(viewPage(parts, false))
    const files = [ASSETS.style.path, ASSETS.script.path]
    const script = readServiceWorker({ cache: `anxiao-${hashText(String(page))}`, path: OFFLINE_PATH, files })
    return context.body(script, 200, {
      'content-type': 'text/javascript; charset=utf-8',
      'cache-control': 'no-cache',
    })
  })
}
