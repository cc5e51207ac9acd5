import { html } from 'hono/html'
import type { HtmlEscapedString } from 'hono/utils/html'
import type { Hotline } from '../../knowledge/hotline.ts'
import { ASSETS } from './assets.ts'

export type Html = HtmlEscapedString | Promise<HtmlEscapedString>

/** What every page shows around its own content. */
export interface Frame {
  operator: { name: string; contact: string | null } | null
  hotlines: Hotline[]
  /** Larger text and targets, and the texts written for older people. */
  elder: boolean
}

interface Document {
  title: string
  description?: string | undefined
  /** `chat` keeps the composer at the bottom; `text` is a plain page that scrolls and prints. */
  kind: 'chat' | 'text'
}

export function renderDocument(frame: Frame, document: Document, body: Html): Html {
  return html`<!doctype html>
    <html lang="zh-CN" class="${document.kind}${frame.elder ? ' elder' : ''}">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1, interactive-widget=resizes-content" />
        <meta name="color-scheme" content="light" />
        <title>${document.title}</title>
        ${document.description === undefined ? '' : html`<meta name="description" content="${document.description}" />`}
        <link rel="stylesheet" href="${ASSETS.style.path}" />
        <link rel="icon" href="${ASSETS.icon.path}" type="image/svg+xml" />
        <script src="${ASSETS.script.path}" defer></script>
      </head>
      <body>
        ${body}
      </body>
    </html>`
}

/** `home` is absent on the start page itself. */
export function renderHeader(frame: Frame, home?: string): Html {
  return html`<header>
    <p class="name">
      ${home === undefined ? html`安晓 <span>应急问答</span>` : html`<a class="button" href="${home}">问安晓</a>`}
    </p>
    <nav aria-label="工具">
      <a class="button" id="text-size" href="${frame.elder ? '?elder=0' : '?elder=1'}"
        >${frame.elder ? '标准字' : '大字'}</a
      >
      <a class="button" href="#hotlines">紧急电话</a>
    </nav>
  </header>`
}

export function renderHotlines(hotlines: Hotline[]): Html {
  return html`<section id="hotlines" aria-labelledby="hotlines-title">
    <h2 id="hotlines-title">紧急电话</h2>
    <ul class="hotlines">
      ${hotlines.map(
        ({ number, name, when, hours }) =>
          html`<li>
            <a class="call" href="tel:${number}">${name} ${number}</a>
            <p>${when}${hours === undefined ? '' : `${hours}。`}</p>
          </li>`,
      )}
    </ul>
  </section>`
}

/** Who runs the page, what it keeps, and where to say that something is wrong. */
export function renderFooter({ operator }: Frame): Html {
  return html`<footer>
    <h2>谁在运行</h2>
    <p>
      ${operator === null ? '本页由安装者自行运行，尚未填写单位名称。' : `本页由${operator.name}运行。`}我是机器人，不是报警电话。回答来自审定材料，一字不改，写明来源。
    </p>
    <h2>存了什么</h2>
    <p>没答上来的问题、您点“没解决”写的话，会存下来请人看。请不要写姓名、电话、身份证号。</p>
    <p>问过的其他话不保存。只记上一个回答是哪一条，24小时后删。字号、草稿、记录编号只存在您的手机里。</p>
    <h2>内容有错？告诉我们</h2>
    <p>${operator?.contact ? `请联系：${operator.contact}。` : ''}也可以在回答下面点“没解决”，写下哪里不对。</p>
  </footer>`
}
