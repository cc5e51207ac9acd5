import { html, raw } from 'hono/html'
import { renderRebuttal } from '../../answering/render.ts'
import type { Published } from '../../knowledge/item.ts'
import { VERDICT_WORDS, type Verdict } from '../../knowledge/rebuttal.ts'
import type { Html } from './layout.ts'
import { renderPublicPage, renderRecord, renderSources, renderSteps, type PublicView } from './public-page.ts'

const WHY_TITLES: Record<Verdict, string> = {
  false: '为什么不对',
  misleading: '哪里误导人',
  'old-footage': '为什么是旧闻',
  'ai-made': '怎么看出是 AI 做的',
  true: '怎么知道是真的',
  outdated: '为什么过时了',
  unproven: '为什么还说不准',
}

const MAX_TITLE_SIGNS = 26

/** `/r/…`: the fact first, the claim once and marked, why it misleads, the fact again. */
export function renderRebuttalPage(view: PublicView, rebuttal: Published<'rebuttal'>): Html {
  const { content } = rebuttal
  const verdict = VERDICT_WORDS[content.verdict]
  const form = (view.elder ? content.elder?.private : undefined) ?? content.private
  return renderPublicPage(view, {
    title: cutTitle(`【${verdict}】${content.refutation ?? content.private.lead}`),
    description: content.facts[0] ?? content.private.lead,
    tools: { group: renderRebuttal(rebuttal, view.elder ? 'elder' : 'resident').group },
    body: html`<h1>${form.lead}</h1>
      ${renderRecord(verdict, rebuttal, view.today)}
      ${content.refutation === undefined ? '' : html`<p class="lead">${content.refutation}</p>`}
      ${renderSteps('现在怎么做', form.steps)} ${form.note === undefined ? '' : html`<p>${form.note}</p>`}
      <section>
        <h2>网上怎么说</h2>
        <blockquote class="claim">
          <p><span class="mark">网上说法（${verdict}）</span> ${content.claim}</p>
        </blockquote>
      </section>
      <section>
        <h2>${WHY_TITLES[content.verdict]}</h2>
        ${content.why === undefined ? '' : html`<p>${content.why}</p>`}
        ${content.facts.map((fact) => html`<p>${fact}</p>`)}
      </section>
      <section>
        <h2>所以</h2>
        <p>${content.refutation ?? content.private.lead}</p>
      </section>
      ${renderSources(content.sources)}
      ${view.operator === null ? '' : renderClaimReview(view.operator.name, rebuttal, view.address)}`,
  })
}

/** Search engines take the verdict from here (schema.org ClaimReview). Only a named operator can vouch for it. */
function renderClaimReview(operator: string, { content }: Published<'rebuttal'>, address: string): Html {
  const review = {
    '@context': 'https://schema.org',
    '@type': 'ClaimReview',
    url: address,
    datePublished: content.checkedOn,
    claimReviewed: content.claim,
    author: { '@type': 'Organization', name: operator },
    reviewRating: { '@type': 'Rating', alternateName: VERDICT_WORDS[content.verdict] },
  }
  return html`<script type="application/ld+json">
    ${raw(JSON.stringify(review).replaceAll('<', '\\u003c'))}
  </script>`
}

function cutTitle(title: string): string {
  const signs = [...title]
  return signs.length <= MAX_TITLE_SIGNS ? title : `${signs.slice(0, MAX_TITLE_SIGNS - 1).join('')}…`
}
