import { html } from 'hono/html'
import type { AskReply } from '../../chat/contract.ts'
import { mayBeUnsolved, splitAnswer, type AnswerLine } from './browser/answer-lines.ts'
import type { Html } from './layout.ts'

interface Asked {
  question: string
  elder: boolean
  /** Already noted: no second 「没解决」. */
  noted: boolean
}

/** One reply as the page without scripts shows it; browser/answer-view.ts builds the same. */
export function renderAnswer(reply: AskReply, asked: Asked): Html {
  const lines = splitAnswer(reply)
  const danger = reply.outcome === 'life-threat'
  const heading = lines.findIndex(({ kind }) => kind === 'words')
  return html`<article class="answer${danger ? ' danger' : ''}">
    ${lines.map((line, index) => renderLine(line, index === heading))}
    ${reply.aiGenerated ? html`<p>AI 生成，仅供参考</p>` : ''}
    ${reply.choices === undefined ? '' : renderChoices(reply.choices, reply.session, asked.elder)}
    ${danger || reply.citations.length === 0 ? '' : renderCitations(reply.citations)}
    ${asked.noted || !mayBeUnsolved(reply) ? '' : renderUnsolved(reply.session, asked)}
  </article>`
}

function renderLine(line: AnswerLine, heading: boolean): Html {
  switch (line.kind) {
    case 'call':
      return html`<a class="${line.first ? 'call' : 'call other'}" href="tel:${line.number}">${line.label}</a>`
    case 'steps':
      return html`<ol>
        ${line.steps.map((step) => html`<li>${step}</li>`)}
      </ol>`
    case 'source':
      return line.link === undefined
        ? html`<p class="source">${line.text}</p>`
        : html`<a class="source" href="${line.link}">${line.text}</a>`
    case 'words': {
      const mark = line.mark === undefined ? '' : html`<span class="mark">${line.mark}</span> `
      return heading ? html`<h2>${mark}${line.text}</h2>` : html`<p>${mark}${line.text}</p>`
    }
  }
}

function renderChoices(choices: string[], session: string, elder: boolean): Html {
  return html`<form method="post" action="/" class="choices" aria-label="请选择">
    <input type="hidden" name="session" value="${session}" />
    ${elder ? html`<input type="hidden" name="elder" value="1" />` : ''}
    ${choices.map((choice) => html`<button type="submit" name="text" value="${choice}">${choice}</button>`)}
  </form>`
}

function renderCitations(citations: AskReply['citations']): Html {
  return html`<details class="sources">
    <summary>全部来源（${citations.length}）</summary>
    <ul>
      ${citations.map(({ title, issuer, date, url, locator }) => {
        const words = [title, issuer, date, locator].filter((part) => part !== undefined).join('，')
        return html`<li>${url === undefined ? words : html`<a href="${url}" rel="noreferrer">${words}</a>`}</li>`
      })}
    </ul>
  </details>`
}

function renderUnsolved(session: string, { question, elder }: Asked): Html {
  return html`<form method="post" action="/" class="choices" aria-label="没解决">
    <input type="hidden" name="text" value="${question}" />
    <input type="hidden" name="session" value="${session}" />
    ${elder ? html`<input type="hidden" name="elder" value="1" />` : ''}
    <button type="submit" name="act" value="unsolved">没解决，请记下来</button>
  </form>`
}
