import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import { askReplySchema, checkReplySchema, cutQuote, errorSchema } from '../../src/chat/contract.ts'
import { startApp, type TestApp } from '../support/start-app.ts'

let running: TestApp
before(async () => {
  running = await startApp()
})
after(() => running.close())

const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 1200 }),
  fc.string({ unit: 'grapheme', maxLength: 200 }),
  fc.constantFrom(
    '地震',
    '救命',
    '\u0000',
    '\ud800',
    '{{',
    '<script>alert(1)</script>',
    "'; drop table ticket; --",
    '%s%n',
    '١٢٣',
    '🏳️‍🌈'.repeat(100),
  ),
)
const anyAsk = fc.oneof(
  fc.record(
    {
      text: anyText,
      quote: anyText,
      audience: fc.oneof(fc.constant('elder'), anyText),
      region: anyText,
      session: anyText,
    },
    { requiredKeys: [] },
  ),
  fc.jsonValue(),
)

test('no HTTP body makes the server fail: 200 that fits the contract, or a named 4xx', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom('/api/ask', '/api/check', '/api/tickets', '/api/tickets/status'),
      fc.oneof(
        anyAsk.map((body) => JSON.stringify(body)),
        anyText,
      ),
      async (path, body) => {
        const response = await running.post(path, body)
        const answer: unknown = await response.json()
        if (response.status >= 400) {
          assert.ok(response.status < 500, `${path} ${response.status}`)
          const { error } = errorSchema.parse(answer)
          assert.doesNotMatch(error.message, /\n\s+at |node:|\/src\//)
        } else if (path === '/api/ask') askReplySchema.parse(answer)
        else if (path === '/api/check') checkReplySchema.parse(answer)
      },
    ),
    { numRuns: 400 },
  )
})

test('no form makes the page fail, and what was typed comes back escaped', async () => {
  await fc.assert(
    fc.asyncProperty(anyText, fc.constantFrom('ask', 'unsolved', 'x'), async (text, act) => {
      const response = await running.app.fetch(
        new Request('http://localhost/', {
          method: 'POST',
          headers: { host: 'localhost' },
          body: new URLSearchParams({ text, act }),
        }),
      )
      assert.ok(response.status < 500, String(response.status))
      assert.doesNotMatch(await response.text(), /<script>alert/)
    }),
    { numRuns: 100 },
  )
})

test('wrong sizes and types are refused with the status of the contract', async () => {
  const status = async (body: unknown, headers?: Record<string, string>) =>
    (await running.post('/api/ask', body, headers)).status
  assert.equal(await status('{'), 400)
  assert.equal(await status({ text: 'a'.repeat(1001) }), 422)
  assert.equal(await status({ text: '😀'.repeat(1000) }), 200)
  assert.equal(await status({ text: 'e\u0301'.repeat(1000) }), 200)
  assert.equal(await status({ text: 1 }), 422)
  assert.equal(await status({}), 422)
  assert.equal(await status({ text: '高温天注意什么', region: '火星' }), 422)
  assert.equal(await status({ text: '地震', region: '北碚区' }), 200)
  assert.equal(await status({ text: 'x', quote: 'x'.repeat(70_000) }), 413)
  assert.equal(await status({ text: '地震' }, { host: 'evil.example' }), 400)
})

test('a refusal for length names how many signs there are and what to do', async () => {
  const response = await running.post('/api/ask', { text: '字'.repeat(1240) })
  const { error } = errorSchema.parse(await response.json())
  assert.match(error.message, /一共1240字，请删到1000字以内/)
})

test('a forwarded text over 5 000 signs is cut at a sentence, and the reasons say so', async () => {
  const long = `今晚三点重庆有7级大地震，速转！${'这是后面的话。'.repeat(900)}`
  const { quote, cut } = cutQuote(long)
  assert.ok(cut && [...quote].length <= 5000 && quote.endsWith('。'))
  const response = await running.post('/api/check', { text: long })
  assert.match(JSON.stringify(await response.json()), /quote-cut/)
})

test('a form from another site is refused, and so is a foreign host', async () => {
  const send = (headers: Record<string, string>) =>
    running.app.fetch(
      new Request('http://localhost/', {
        method: 'POST',
        headers: { host: 'localhost', ...headers },
        body: new URLSearchParams({ text: '地震' }),
      }),
    )
  assert.equal((await send({ origin: 'https://evil.example' })).status, 403)
  assert.equal((await send({ 'sec-fetch-site': 'cross-site' })).status, 403)
  assert.equal((await send({ 'sec-fetch-site': 'same-origin' })).status, 200)
})

test('the page allows no third party and no inline script', async () => {
  const page = await running.app.fetch(new Request('http://localhost/', { headers: { host: 'localhost' } }))
  const policy = page.headers.get('content-security-policy') ?? ''
  assert.match(policy, /default-src 'none'/)
  assert.doesNotMatch(policy, /unsafe/)
  const html = await page.text()
  assert.doesNotMatch(html, /https?:\/\/(?!www\.w3\.org)[^"']*\.(js|css|woff)/)
})

test('metrics are closed unless a token is set, and then need it', async () => {
  const get = (app: TestApp, headers: Record<string, string> = {}) =>
    app.app.fetch(new Request('http://localhost/metrics', { headers: { host: 'localhost', ...headers } }))
  assert.equal((await get(running)).status, 404)
  const token = 'a-token-of-sixteen'
  const measured = await startApp({ METRICS_TOKEN: token })
  try {
    assert.equal((await get(measured)).status, 401)
    const open = await get(measured, { authorization: `Bearer ${token}` })
    assert.equal(open.status, 200)
    assert.match(await open.text(), /anxiao_search_documents \d+/)
  } finally {
    await measured.close()
  }
})

test('the OpenAPI description names every route of the contract', async () => {
  const response = await running.app.fetch(
    new Request('http://localhost/api/openapi.json', { headers: { host: 'localhost' } }),
  )
  const { paths } = (await response.json()) as { paths: object }
  assert.deepEqual(Object.keys(paths).sort(), ['/api/ask', '/api/check', '/api/tickets', '/api/tickets/status'])
})
