import { html } from 'hono/html'
import type { HtmlEscapedString } from 'hono/utils/html'
import type { Hotline } from '../../knowledge/hotline.ts'
import type { AskReply } from '../../chat/contract.ts'

type Html = HtmlEscapedString | Promise<HtmlEscapedString>

/** What the resident page shows; everything on it works without scripts. */
export interface PageView {
  operator: { name: string; contact: string | null } | null
  hotlines: Hotline[]
  /** The fixed texts for danger now, so that they are there with no network. */
  lifeThreats: { title: string; text: string; number: string; label: string }[]
  /** What was asked, when something was. */
  asked?: { text: string; reply?: AskReply; refusal?: string; ticket?: { number: string } }
  session?: string | undefined
  degraded: boolean
}

const EXAMPLES = ['地震了往哪里躲？', '家里闻到煤气味怎么办？', '车在积水里熄火了怎么办？', '被蛇咬了能用嘴吸吗？']

export function renderPage(view: PageView): Html {
  const { asked } = view
  const reply = asked?.reply
  return html`<!doctype html>
    <html lang="zh-CN">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1, interactive-widget=resizes-content" />
        <meta name="color-scheme" content="light" />
        <title>${asked?.refusal === undefined ? '安晓 应急问答' : '有错误：安晓 应急问答'}</title>
        <link rel="stylesheet" href="/assets/page.css" />
        <link rel="icon" href="/assets/icon.svg" type="image/svg+xml" />
      </head>
      <body>
        <a class="skip" href="#text">跳到提问框</a>
        <header>
          <p class="name">安晓 <span>应急问答</span></p>
          <a class="button" href="#hotlines">紧急电话</a>
        </header>
        <main>
          <h1 class="hidden">安晓应急问答</h1>
          ${view.degraded ? html`<p class="strip" role="status">现在只能查紧急避险，其他内容稍后再问。</p>` : ''}
          <div role="log" aria-label="问答记录">
            ${asked === undefined ? renderStart() : html`<p class="asked"><span class="hidden">你问：</span>${asked.text}</p>`}
            ${reply === undefined ? '' : renderReply(reply, asked?.ticket)}
            ${asked?.refusal === undefined ? '' : html`<p class="refusal" role="alert">没发出去，文字还在。${asked.refusal}</p>`}
            ${reply !== undefined && asked?.ticket === undefined && !['life-threat', 'clarify'].includes(reply.outcome) ? renderUnsolved(asked?.text ?? '', view.session) : ''}
          </div>
          <form method="post" action="/" class="composer">
            <label for="text">输入问题，或把听到的说法粘贴到这里</label>
            <textarea id="text" name="text" rows="3" required>
${asked?.refusal === undefined ? '' : asked.text}</textarea>
            ${view.session === undefined ? '' : html`<input type="hidden" name="session" value="${view.session}" />`}
            <p class="hint">不要发身份证号、银行卡号。最多1000字。</p>
            <button type="submit" name="act" value="ask">发送</button>
          </form>
          <section id="hotlines" aria-labelledby="hotlines-title">
            <h2 id="hotlines-title">紧急电话</h2>
            <ul class="hotlines">
              ${view.hotlines.map(
                ({ number, name, when }) =>
                  html`<li>
                    <a class="call" href="tel:${number}">${name} ${number}</a>
                    <p>${when}</p>
                  </li>`,
              )}
            </ul>
          </section>
          <section aria-labelledby="threats-title">
            <h2 id="threats-title">正在发生危险，先看这里</h2>
            ${view.lifeThreats.map(
              ({ title, text, number, label }) =>
                html`<details>
                  <summary>${title}</summary>
                  ${paragraphs(text)}<a class="call" href="tel:${number}">${label}</a>
                </details>`,
            )}
          </section>
        </main>
        <footer>
          <p>
            ${view.operator === null ? '本页由安装者自行运行，尚未填写单位名称。' : `本页由${view.operator.name}运行。`}
            我是机器人，不是报警电话。回答来自审定材料，一字不改，并写明来源。
          </p>
          <p>会保存：没有答上来的问题（不含姓名和电话）。不保存：您问过的其他内容。</p>
          <p>
            内容有错？${view.operator?.contact ? `请告诉我们：${view.operator.contact}` : '在回答下面点“没解决”告诉我们。'}
          </p>
        </footer>
      </body>
    </html>`
}

function renderStart(): Html {
  return html`<p>问避险、急救、防灾，或者把听到的说法发来核对。回答都有来源。</p>
    <form method="post" action="/" class="choices">
      ${EXAMPLES.map((example) => html`<button type="submit" name="text" value="${example}">${example}</button>`)}
    </form>`
}

function renderReply(reply: AskReply, ticket: { number: string } | undefined): Html {
  if (reply.outcome === 'life-threat') return renderDanger(reply)
  const [first = '', ...rest] =
    reply.outcome === 'clarify' ? reply.text.split('\n').slice(0, 1) : reply.text.split('\n')
  return html`<article class="answer">
    <h2>${first}</h2>
    ${paragraphs(rest.join('\n'))}
    ${
      reply.choices === undefined
        ? ''
        : html`<form method="post" action="/" class="choices">
            <input type="hidden" name="session" value="${reply.session}" />
            ${reply.choices.map((choice) => html`<button type="submit" name="text" value="${choice}">${choice}</button>`)}
          </form>`
    }
    ${
      reply.citations.length === 0
        ? ''
        : html`<details class="sources">
            <summary>来源（${reply.citations.length}）</summary>
            <ul>
              ${reply.citations.map(
                ({ title, issuer, date, url, locator }) =>
                  html`<li>
                    ${url === undefined ? title : html`<a href="${url}" rel="noreferrer">${title}</a>`}，${issuer}${date === undefined ? '' : `，${date}`}${locator === undefined ? '' : `，${locator}`}
                  </li>`,
              )}
            </ul>
          </details>`
    }
    ${ticket === undefined ? '' : html`<p role="status">已记下，编号${ticket.number}。</p>`}
  </article>`
}

/** Nothing else stands in this answer: the acts and the number as a button one can hit. */
function renderDanger(reply: AskReply): Html {
  const number = reply.call?.number ?? ''
  const lines = reply.text.split('\n')
  return html`<article class="answer danger">
    ${lines.map((line, index) =>
      line === number
        ? html`<a class="call" href="tel:${number}">${reply.call?.label ?? number}</a>`
        : index === 0
          ? html`<h2>${line}</h2>`
          : html`<p>${line}</p>`,
    )}
  </article>`
}

function renderUnsolved(text: string, session: string | undefined): Html {
  return html`<form method="post" action="/" class="choices">
    <input type="hidden" name="text" value="${text}" />
    ${session === undefined ? '' : html`<input type="hidden" name="session" value="${session}" />`}
    <button type="submit" name="act" value="unsolved">没解决，请记下来</button>
  </form>`
}

function paragraphs(text: string): Html[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => html`<p>${line}</p>`)
}
