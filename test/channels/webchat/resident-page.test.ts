import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { listStartQuestions } from '../../../src/channels/webchat/start-questions.ts'
import { startTestApp, type TestApp } from '../../support/browser.ts'

describe('resident page over HTTP', () => {
  let app: TestApp
  before(async () => {
    app = await startTestApp({ OPERATOR_NAME: '某区应急局', OPERATOR_CONTACT: '023-00000000', RATE_LIMITS: 'off' })
  })
  after(() => app?.stop())

  const get = async (path: string) => {
    const response = await fetch(new URL(path, app.url))
    return { response, body: await response.text() }
  }
  const post = (path: string, form: Record<string, string>, headers: Record<string, string> = {}) =>
    fetch(new URL(path, app.url), { method: 'POST', body: new URLSearchParams(form), headers })

  test('texts for danger and hotlines are inside the first HTML', async () => {
    const { body } = await get('/')
    assert.ok([...body.matchAll(/<details>/g)].length > 30)
    for (const number of ['110', '119', '120', '12345', '12356']) assert.match(body, new RegExp(`href="tel:${number}"`))
  })

  test('a hotline whose source was not read is not listed and cannot be called from the page', async () => {
    const { body } = await get('/')
    const listed = /<section id="hotlines"[^]*?<\/section>/.exec(body)?.[0] ?? ''
    const hidden = [...app.app.parts.answering().knowledge.items.hotline.values()].filter(
      ({ content }) => content.verifiedOn === undefined,
    )
    assert.ok(hidden.length > 0 && listed !== '')
    for (const { content } of hidden) {
      assert.ok(!listed.includes(content.number), content.number)
      assert.ok(!body.includes(`tel:${content.number}"`), content.number)
    }
  })

  test('page, style, script and icon stay below 60 kB gzipped, on one origin', async () => {
    const { body } = await get('/')
    const paths = [...body.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)].map(([, path]) => path ?? '')
    assert.equal(paths.length, 3)
    assert.doesNotMatch(body, /(?:src|href)="https?:/)
    const files = await Promise.all(paths.map(get))
    const bytes = [body, ...files.map((file) => file.body)].map((text) => gzipSync(text).length)
    assert.ok(bytes.reduce((sum, size) => sum + size) <= 60_000, bytes.join(' + '))
  })

  test('there is no inline script or style, and the policy allows none', async () => {
    const { response, body } = await get('/')
    assert.doesNotMatch(body, /<script(?![^>]* src=)|<style| style=| on[a-z]+=/)
    assert.doesNotMatch(response.headers.get('content-security-policy') ?? '', /unsafe/)
  })

  test('files may be kept for good under a name that follows their content; pages are asked for anew', async () => {
    const { response, body } = await get('/')
    assert.equal(response.headers.get('cache-control'), 'no-cache')
    const path = /href="(\/assets\/page\.[\w-]{10}\.css)"/.exec(body)?.[1] ?? ''
    const file = await fetch(new URL(path, app.url), { headers: { 'accept-encoding': 'gzip' } })
    assert.match(file.headers.get('cache-control') ?? '', /max-age=31536000, immutable/)
    assert.equal(file.headers.get('content-encoding'), 'gzip')
    assert.equal((await get('/assets/page.css')).response.status, 404)
  })

  test('who runs it, what it stores and where to report a mistake stand on the page', async () => {
    const { body } = await get('/')
    assert.match(body, /本页由某区应急局运行/)
    assert.match(body, /请联系：023-00000000/)
    assert.match(body, /存了什么/)
  })

  test('the form answers with the whole page, in the words for older people where asked', async () => {
    const standard = await (await post('/', { text: '高温天怎么防中暑？' })).text()
    const elder = await (await post('/', { text: '高温天怎么防中暑？', elder: '1' })).text()
    assert.match(standard, /<article class="answer">[^]*科普[^]*<\/article>/)
    assert.match(elder, /<html lang="zh-CN" class="chat elder">/)
    const article = (page: string) => /<article[^]*?<a class="source"/.exec(page)?.[0]
    assert.notEqual(article(elder), article(standard))
  })

  test('a question with markup in it is shown as text', async () => {
    const body = await (await post('/', { text: '<img src=x onerror=alert(1)>"' })).text()
    assert.ok(!body.includes('<img src=x'))
    assert.match(body, /&lt;img src=x/)
  })

  test('a refused question keeps its text and says why', async () => {
    const response = await post('/', { text: '水'.repeat(1240) })
    const body = await response.text()
    assert.equal(response.status, 422)
    assert.match(body, /<title>有错误/)
    assert.match(body, /一共1240字，请删到1000字以内/)
    assert.match(body, new RegExp(`<textarea[^>]*>\\n水{1240}</textarea>`))
  })

  test('a form of another site is refused', async () => {
    assert.equal((await post('/', { text: '停水' }, { 'sec-fetch-site': 'cross-site' })).status, 403)
    assert.equal((await post('/t', { token: 'x' }, { 'sec-fetch-site': 'cross-site' })).status, 403)
  })

  test('a question that has no answer opens no ticket without a second tap', async () => {
    const body = await (await post('/', { text: '火山灰落到菜地里怎么处理' })).text()
    assert.doesNotMatch(body, /编号T-/)
  })

  test('the state of a ticket needs its token', async () => {
    const opened = await (await post('/', { text: '停水怎么存水', act: 'unsolved' })).text()
    const token = /口令：([\w-]{22})/.exec(opened)?.[1] ?? ''
    const number = /编号(T-\d{4})/.exec(opened)?.[1] ?? ''
    assert.match(await (await post('/t', { token })).text(), new RegExp(`${number}：正在办理`))
    assert.equal((await post('/t', { token: number })).status, 404)
  })

  test('each start question of the year is answered, not declined', async () => {
    const questions = new Set(['2026-01-15', '2026-04-15', '2026-07-15', '2026-10-15'].flatMap(listStartQuestions))
    for (const text of questions) {
      const response = await fetch(new URL('/api/ask', app.url), {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ text }),
      })
      const { outcome } = (await response.json()) as { outcome: string }
      assert.ok(['card', 'rebuttal', 'life-threat'].includes(outcome), `${text}: ${outcome}`)
    }
  })
})
