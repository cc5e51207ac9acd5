import { html } from 'hono/html'
import type { TicketStatus } from '../../answering/tickets.ts'
import type { Html } from './layout.ts'
import { renderPublicPage, type PublicView } from './public-page.ts'

const STATE_WORDS: Record<TicketStatus['state'], string> = { open: '正在办理', answered: '有结果了', closed: '已办结' }

/** `/t`: how a ticket stands, for those whose page has no scripts and who wrote the token down. */
export function renderTicketPage(
  view: PublicView,
  asked?: { ticket?: TicketStatus | undefined; refusal?: string },
): Html {
  const { ticket, refusal } = asked ?? {}
  return renderPublicPage(view, {
    title: refusal === undefined ? '查记录 安晓 应急问答' : '有错误：查记录 安晓 应急问答',
    description: '用口令查您的问题办得怎么样了。',
    body: html`<h1>查记录</h1>
      ${ticket === undefined ? '' : html`<p class="strip" role="status">${ticket.number}：${STATE_WORDS[ticket.state]}。</p>`}
      ${refusal === undefined ? '' : html`<p class="refusal" role="alert">${refusal}</p>`}
      <form method="post" action="/t" class="unsolved">
        <label for="token">点“没解决”时给您的口令</label>
        <input
          id="token"
          name="token"
          required
          maxlength="64"
          autocomplete="off"
          autocapitalize="none"
          spellcheck="false"
        />
        <button type="submit">查</button>
      </form>`,
  })
}
