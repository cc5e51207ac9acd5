import { html } from 'hono/html'
import { renderCard } from '../../answering/render.ts'
import type { Published } from '../../knowledge/item.ts'
import type { Html } from './layout.ts'
import {
  renderList,
  renderPublicPage,
  renderRecord,
  renderSources,
  renderSteps,
  type PublicView,
} from './public-page.ts'

/** `/k/…`: everything a card holds. */
export function renderCardPage(view: PublicView, card: Published<'card'>): Html {
  const { content } = card
  const audience = view.elder ? 'elder' : 'resident'
  const elder = view.elder ? content.variants.elder?.private : undefined
  return renderPublicPage(view, {
    title: `【科普】${content.title}`,
    description: content.private.lead,
    tools: { group: renderCard(card, audience).group },
    body: html`<h1>${content.title}</h1>
      ${renderRecord('科普', card, view.today)}
      <p class="lead">${(elder ?? content.private).lead}</p>
      ${elder === undefined ? '' : renderSteps('先记住', elder.steps)} ${renderSteps('现在怎么做', content.now)}
      ${renderList(
        '别这样做',
        content.avoid.map(({ what, why }) => html`<strong>${what}</strong>：${why}`),
      )}
      ${renderList('平时准备', content.before)} ${renderList('过后', content.after)}
      ${renderList(
        '要记住的数',
        content.numbers.map(({ what, value, source }) => html`${what}：<strong>${value}</strong>（来源${source}）`),
      )}
      ${renderCalls(content.calls, view)} ${renderList('常见误解', content.myths)} ${renderSources(content.sources)}`,
  })
}

const NEVER_HIDDEN = ['110', '119', '120']

/** Only numbers whose own source was read (see hotlines) are offered to be called. */
function renderCalls(calls: { number: string; when: string }[], { hotlines }: PublicView): Html | string {
  const known = new Set([...NEVER_HIDDEN, ...hotlines.map(({ number }) => number)])
  const shown = calls.filter(({ number }) => known.has(number))
  if (shown.length === 0) return ''
  return html`<section>
    <h2>打什么电话</h2>
    <ul class="hotlines">
      ${shown.map(
        ({ number, when }) =>
          html`<li>
            <a class="call" href="tel:${number}">拨打 ${number}</a>
            <p>${when}</p>
          </li>`,
      )}
    </ul>
  </section>`
}
