import { html } from 'hono/html'
import type { Source } from '../../knowledge/fields.ts'
import { renderDocument, renderFooter, renderHeader, renderHotlines, type Frame, type Html } from './layout.ts'

/** A public page: text first, to share and to print. */
export interface PublicView extends Frame {
  /** The day, `YYYY-MM-DD`. */
  today: string
  /** The page's own address in full, for print. */
  address: string
}

interface Content {
  title: string
  description: string
  /** 「打印」, and 「复制给群」 where there is a text for groups; absent on pages that are no content. */
  tools?: { group?: string }
  body: Html
}

export function renderPublicPage(view: PublicView, { title, description, tools, body }: Content): Html {
  return renderDocument(
    view,
    { title, description, kind: 'text' },
    html`<a class="skip" href="#content">跳到正文</a>
      <div class="page">
        ${renderHeader(view, '/')}
        <main id="content">
          ${body}
          ${
            tools === undefined
              ? ''
              : html`<div class="row" id="tools" data-group="${tools.group ?? ''}"></div>
                  <p id="tools-note" role="status"></p>`
          }
          ${renderHotlines(view.hotlines)}
        </main>
        ${renderFooter(view)}
        <p class="print-only">${view.address}　打印页生成于${view.today}；以网页最新版为准。</p>
      </div>`,
  )
}

/** 404: says so, and what to do instead. */
export function renderMissingPage(view: PublicView): Html {
  return renderPublicPage(view, {
    title: '没有这一页 安晓 应急问答',
    description: '没有找到这个编号的内容。',
    body: html`<h1>没有这一页</h1>
      <p>没找到这个编号。可能抄错了，也可能已经撤下，不再使用。</p>
      <p><a class="button" href="/">去问安晓</a></p>`,
  })
}

interface Record {
  number: string
  version: number
  content: { review: string; checkedOn: string; validUntil: string }
}

/** Number and version, review state, the day of the last check and the last day it holds. */
export function renderRecord(mark: string, { number, version, content }: Record, today: string): Html {
  const review = content.review === 'expert-approved' ? '专家已审' : '依据来源核对，尚待专家复核'
  const expired = content.validUntil < today
  return html`<p class="record">
      <span class="mark">${mark}</span> ${number}
      第${version}版。${content.checkedOn}核对，有效至${content.validUntil}。${review}。
    </p>
    ${expired ? html`<p class="strip">已过有效期，请以最新消息为准。</p>` : ''}`
}

export function renderList(title: string, lines: readonly (string | Html)[]): Html | string {
  if (lines.length === 0) return ''
  return html`<section>
    <h2>${title}</h2>
    <ul>
      ${lines.map((line) => html`<li>${line}</li>`)}
    </ul>
  </section>`
}

export function renderSteps(title: string, steps: readonly string[]): Html | string {
  if (steps.length === 0) return ''
  return html`<section>
    <h2>${title}</h2>
    <ol>
      ${steps.map((step) => html`<li>${step}</li>`)}
    </ol>
  </section>`
}

export function renderSources(sources: readonly Source[]): Html {
  return html`<section class="sources">
    <h2>来源</h2>
    <ol>
      ${sources.map((source) => {
        const title = source.document === undefined ? source.title : `${source.title}（${source.document}）`
        const about = [source.issuer, source.date, source.locator].filter((part) => part !== undefined).join('，')
        const read = source.read === 'copy' ? `读的是转载，${source.readOn}读` : `${source.readOn}读原文`
        const link = source.url === undefined ? title : html`<a href="${source.url}" rel="noreferrer">${title}</a>`
        return html`<li>${link} <span>${about}（${read}）</span></li>`
      })}
    </ol>
  </section>`
}
