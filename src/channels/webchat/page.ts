import { html } from 'hono/html'
import type { AskReply } from '../../chat/contract.ts'
import { renderAnswer } from './answer.ts'
import { renderDocument, renderFooter, renderHeader, renderHotlines, type Frame, type Html } from './layout.ts'
import { listStartQuestions } from './start-questions.ts'

/** A fixed text for danger now, as the page shows it before anything was asked. */
export interface DangerText {
  title: string
  /** The lines of the text, the number alone on one of them. */
  text: string
  number: string
  label: string
}

/** What the resident page shows; everything on it works without scripts. */
export interface PageView extends Frame {
  dangers: DangerText[]
  /** What was asked, when something was. */
  asked?: { text: string; reply?: AskReply; refusal?: string; ticket?: { number: string } }
  session?: string | undefined
  degraded: boolean
  /** The day, `YYYY-MM-DD`: the start questions follow the season. */
  today: string
}

const URGENT_NUMBERS = ['110', '119', '120']

export function renderPage(view: PageView): Html {
  const { asked } = view
  const title = asked?.refusal === undefined ? '安晓 应急问答' : '有错误：安晓 应急问答'
  const description = '问避险、急救、防灾，核对听到的说法。回答都有来源。'
  return renderDocument(
    view,
    { title, description, kind: 'chat' },
    html`<a class="skip" href="#text">跳到提问框</a>
      <div class="page">
        ${renderHeader(view)}
        <main>
          <h1 class="hidden">安晓应急问答</h1>
          <section id="alerts" aria-label="生效中的预警" hidden></section>
          <p class="strip" id="partial" role="status" ${view.degraded ? '' : html` hidden`}>
            ${view.degraded ? '现在只能查紧急避险，其他内容稍后再问。' : ''}
          </p>
          <p class="strip" id="offline" role="status" hidden></p>
          <section id="tickets" aria-labelledby="tickets-title" hidden>
            <h2 id="tickets-title">您的记录</h2>
            <ul></ul>
          </section>
          <div id="log" role="log" aria-live="off" aria-label="问答记录">
            ${asked === undefined ? renderStart(view) : renderAsked(asked, view)}
          </div>
          <p id="announcement" class="hidden" role="status"></p>
          ${renderHotlines(view.hotlines)} ${renderDangers(view.dangers)}
        </main>
        ${renderFooter(view)}
      </div>
      ${renderComposer(view)}`,
  )
}

/** What is shown from the phone's own memory when the service cannot be reached. */
export function renderOfflinePage(view: PageView): Html {
  return renderDocument(
    view,
    { title: '连不上 安晓 应急问答', kind: 'text' },
    html`<div class="page">
      ${renderHeader(view)}
      <main>
        <h1>现在连不上</h1>
        <p>可能是手机没有网，也可能是服务停了。下面的电话和办法不用网也能看。</p>
        <a class="button" href="/">再连一次</a>
        ${renderHotlines(view.hotlines)} ${renderDangers(view.dangers)}
      </main>
    </div>`,
  )
}

function renderStart({ today, elder }: PageView): Html {
  return html`<p>问避险、急救、防灾，或者把听到的说法发来核对。回答都有来源。</p>
    <form method="post" action="/" class="choices questions" aria-label="可以这样问">
      ${elder ? html`<input type="hidden" name="elder" value="1" />` : ''}
      ${listStartQuestions(today).map((question) => html`<button type="submit" name="text" value="${question}">${question}</button>`)}
    </form>`
}

function renderAsked({ text, reply, refusal, ticket }: NonNullable<PageView['asked']>, view: PageView): Html {
  return html`<div class="exchange">
    <p class="asked"><span class="hidden">你问：</span>${text}</p>
    ${reply === undefined ? '' : renderAnswer(reply, { question: text, elder: view.elder, noted: ticket !== undefined })}
    ${refusal === undefined ? '' : html`<p class="refusal" role="alert">没发出去，文字还在。${refusal}</p>`}
  </div>`
}

function renderDangers(dangers: DangerText[]): Html {
  return html`<section id="dangers" aria-labelledby="dangers-title">
    <h2 id="dangers-title">正在发生危险，先看这里</h2>
    ${dangers.map(
      ({ title, text, number, label }) =>
        html`<details>
          <summary>${title}</summary>
          ${text
            .split('\n')
            .map((line) =>
              line === number ? html`<a class="call" href="tel:${number}">${label}</a>` : html`<p>${line}</p>`,
            )}
        </details>`,
    )}
  </section>`
}

function renderComposer({ asked, session, elder }: PageView): Html {
  return html`<section class="bottom" aria-label="提问">
    <button type="button" id="newest" hidden>有新回答 ↓</button>
    <ul id="quick-calls" hidden>
      ${URGENT_NUMBERS.map((number) => html`<li><a class="call" href="tel:${number}">${number}</a></li>`)}
    </ul>
    <form method="post" action="/" id="composer">
      <label for="text"><span class="long">输入问题，或粘贴听到的说法</span><span class="short">在这里写</span></label>
      <p id="composer-refusal" class="refusal" role="alert"></p>
      <div class="write">
        <textarea id="text" name="text" rows="1" required aria-describedby="hint count">
${asked?.refusal === undefined ? '' : asked.text}</textarea>
        <button type="submit" name="act" value="ask">发送</button>
      </div>
      ${session === undefined ? '' : html`<input type="hidden" name="session" value="${session}" />`}
      <input type="hidden" name="elder" value="1" ${elder ? '' : html` disabled`} />
      <p class="hint"><span id="hint">不要发身份证号、银行卡号。</span><span id="count" hidden>最多1000字</span></p>
    </form>
  </section>`
}
