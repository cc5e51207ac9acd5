import { html } from 'hono/html'
import type { Published } from '../../knowledge/item.ts'
import type { Plan, PlanUnit } from '../../knowledge/plan.ts'
import type { Html } from './layout.ts'
import { renderPublicPage, type PublicView } from './public-page.ts'

/** `/p/…`: a document in its exact words, with its sections. */
export function renderPlanPage(view: PublicView, plan: Published<'plan'>): Html {
  const { content } = plan
  return renderPublicPage(view, {
    title: `【政策原文】${content.title}`,
    description: `${content.issuer}，${content.number}`,
    tools: {},
    body: html`<h1>${content.title}</h1>
      ${renderOrigin(plan, view.today)} ${renderUnits(plan.number, content.units)}`,
  })
}

/** `/p/…/…`: one paragraph or row, its place in the document, and the ones beside it. */
export function renderPlanUnitPage(view: PublicView, plan: Published<'plan'>, unit: PlanUnit): Html {
  const { units, shortTitle, title, number } = plan.content
  const place = units.indexOf(unit)
  const before = units[place - 1]
  const after = units[place + 1]
  return renderPublicPage(view, {
    title: `【政策原文】${shortTitle ?? title} ${unit.locator}`,
    description: unit.text.slice(0, 80),
    tools: {},
    body: html`<h1>${shortTitle ?? title}（${number}）${unit.locator}</h1>
      ${unit.path.length === 0 ? '' : html`<p class="path">${unit.path.join(' › ')}</p>`}
      <blockquote class="words">${renderWords(unit)}</blockquote>
      ${unit.uncertain ? html`<p class="strip">这一段在原文里的位置不能确定，引用前请核对原件。</p>` : ''}
      <nav class="choices" aria-label="前后文">
        ${before === undefined ? '' : html`<a class="button" href="${unitPath(plan.number, before)}">上一段</a>`}
        ${after === undefined ? '' : html`<a class="button" href="${unitPath(plan.number, after)}">下一段</a>`}
        <a class="button" href="/p/${plan.number}#${anchorOf(unit)}">看全文</a>
      </nav>
      ${renderOrigin(plan, view.today)}`,
  })
}

/** The unit with this key (`2.3.1`) or cited as this place (`三、（二）1`); undefined for any other. */
export function findPlanUnit(plan: Plan, place: string): PlanUnit | undefined {
  return plan.units.find((unit) => keyOf(unit) === place || unit.locator === place)
}

function renderOrigin({ number, version, content }: Published<'plan'>, today: string): Html {
  const over = content.until !== undefined && content.until < today
  return html`<p class="record">
      <span class="mark">政策原文</span> ${content.number}，${content.issuer}，${content.date}。${number}
      第${version}版。这是文件原文，不是避险步骤。
    </p>
    ${over ? html`<p class="strip">规划期到${content.until?.slice(0, 4)}年，已结束。</p>` : ''}
    ${content.part === undefined ? '' : html`<p class="strip">文本不全：${content.part}。</p>`}
    ${content.note === undefined ? '' : html`<p class="note">说明：${content.note}。</p>`}`
}

function renderUnits(number: string, units: readonly PlanUnit[]): Html[] {
  let path: string[] = []
  return units.map((unit) => {
    const first = unit.path.findIndex((heading, level) => heading !== path[level])
    const headings =
      first === -1 ? [] : unit.path.slice(first).map((words, index) => renderHeading(words, first + index))
    path = unit.path
    return html`${headings}
      <div class="unit" id="${anchorOf(unit)}">
        ${renderWords(unit)}${unit.uncertain ? html`<p class="note">（位置不能确定）</p>` : ''}
        <a class="place" href="${unitPath(number, unit)}">${unit.locator}</a>
      </div>`
  })
}

function renderHeading(words: string, level: number): Html {
  if (level === 0) return html`<h2>${words}</h2>`
  return level === 1 ? html`<h3>${words}</h3>` : html`<h4>${words}</h4>`
}

/** Lines of a paragraph and cells of a row stand below each other; no sign is changed. */
function renderWords(unit: PlanUnit): Html[] {
  return unit.text.split(/\n|｜/).map((line) => html`<p>${line}</p>`)
}

function keyOf(unit: PlanUnit): string {
  return unit.id.slice(unit.id.indexOf('#') + 1)
}

function anchorOf(unit: PlanUnit): string {
  return `u${keyOf(unit)}`
}

function unitPath(number: string, unit: PlanUnit): string {
  return `/p/${number}/${keyOf(unit)}`
}
