import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { VERDICT_WORDS } from '../../../src/knowledge/rebuttal.ts'
import { startTestApp, type TestApp } from '../../support/browser.ts'

describe('public pages', () => {
  let app: TestApp
  before(async () => {
    app = await startTestApp({ OPERATOR_NAME: '某区应急局' })
  })
  after(() => app?.stop())

  const get = async (path: string) => {
    const response = await fetch(new URL(path, app.url))
    return { status: response.status, body: await response.text() }
  }
  const items = () => app.app.parts.answering().knowledge.items

  test('every card has a page by number and by slug, with its review state, dates and sources', async () => {
    for (const card of items().card.values()) {
      const { status, body } = await get(`/k/${card.number}`)
      assert.equal(status, 200, card.slug)
      assert.ok(body.includes(card.number) && body.includes(card.content.checkedOn), card.slug)
      if (card.content.review === 'source-checked') assert.match(body, /依据来源核对，尚待专家复核/)
      for (const source of card.content.sources) assert.ok(body.includes(escape(source.locator)), card.slug)
      assert.equal((await get(`/k/${card.slug}`)).status, 200)
    }
  })

  test('a card offers only numbers to call whose source was read', async () => {
    for (const card of items().card.values()) {
      const { body } = await get(`/k/${card.number}`)
      assert.doesNotMatch(body, /tel:(12110|12395|12122|96333)/, card.slug)
    }
  })

  test('a rebuttal begins with its verdict in the title and the fact in the heading; the claim stands once, marked', async () => {
    for (const rebuttal of items().rebuttal.values()) {
      const { status, body } = await get(`/r/${rebuttal.number}`)
      const { claim, verdict, private: form } = rebuttal.content
      assert.equal(status, 200, rebuttal.slug)
      const title = /<title>([^<]*)<\/title>/.exec(body)?.[1] ?? ''
      assert.ok(title.startsWith(`【${VERDICT_WORDS[verdict]}】`) && [...title].length <= 26, title)
      assert.ok(body.includes(`<h1>${escape(form.lead)}</h1>`), rebuttal.slug)
      const shown = body.split('<script type="application/ld+json">')[0] ?? ''
      assert.ok(shown.includes(`网上说法（${VERDICT_WORDS[verdict]}）</span> ${escape(claim)}</p>`), rebuttal.slug)
    }
  })

  test('search engines get the verdict as ClaimReview under the name of the operator', async () => {
    const { body } = await get('/r/snake-suck')
    const review = JSON.parse(/ld\+json">([^<]*)</.exec(body)?.[1] ?? '{}')
    assert.equal(review['@type'], 'ClaimReview')
    assert.equal(review.author.name, '某区应急局')
    assert.equal(review.reviewRating.alternateName, '不实')
  })

  test('a document shows every unit in its exact words and says what is missing and that its period is over', async () => {
    for (const plan of items().plan.values()) {
      const { body } = await get(`/p/${plan.slug}`)
      const words = body.replace(/<[^>]*>|\s/g, '')
      for (const unit of plan.content.units) {
        assert.ok(words.includes(escape(unit.text).replace(/\s|｜/g, '')), unit.id)
      }
      if (plan.content.part !== undefined) assert.ok(body.includes(escape(plan.content.part)))
      if (plan.content.note !== undefined) assert.ok(body.includes(escape(plan.content.note)))
    }
    assert.match((await get('/p/000')).body, /规划期到2020年，已结束/)
    assert.doesNotMatch((await get('/p/004')).body, /已结束/)
  })

  test('a section is found by its key and by the place it is cited as, and every place is unique', async () => {
    for (const { slug, content } of items().plan.values()) {
      const places = content.units.map(({ locator }) => locator)
      assert.equal(new Set(places).size, places.length, slug)
    }
    const [plan] = items().plan.values()
    const unit = plan?.content.units.at(-1)
    assert.ok(plan && unit)
    for (const place of [unit.id.slice(4), encodeURIComponent(unit.locator)]) {
      const { status, body } = await get(`/p/${plan.number}/${place}`)
      assert.equal(status, 200)
      assert.ok(body.includes(escape(unit.locator)))
    }
  })

  test('the source line of an answer leads to a page that exists', async () => {
    for (const text of ['高温天怎么防中暑？', '用嘴吸蛇毒', '重庆市有多少全国科普教育基地']) {
      const form = new URLSearchParams({ text })
      const page = await (await fetch(app.url, { method: 'POST', body: form })).text()
      const link = /<a class="source" href="([^"]+)"/.exec(page)?.[1]
      assert.ok(link, text)
      assert.equal((await get(link)).status, 200, link)
    }
  })

  test('what does not exist is a page that says so', async () => {
    for (const path of ['/k/K-999', '/r/none', '/p/777', '/p/000/99.9', '/k/__proto__', '/k/%3Cscript%3E']) {
      const { status, body } = await get(path)
      assert.equal(status, 404, path)
      assert.match(body, /没有这一页/)
    }
  })
})

/** As hono/html writes it. */
function escape(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
}
