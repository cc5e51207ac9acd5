import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Hono } from 'hono'
import { answerErrorsAsJson } from '../../src/http/errors.ts'
import { createAddressReader, limitBody } from '../../src/http/guard.ts'
import { silentLog } from '../support/open-test-store.ts'

test('without trusted proxies a forwarded address is ignored', () => {
  assert.equal(createAddressReader([])('203.0.113.9', '1.2.3.4'), '203.0.113.9')
})

test('behind trusted proxies the last address that is not one of them counts', () => {
  const read = createAddressReader(['10.0.0.0/8', '::1'])
  assert.equal(read('10.0.0.1', '6.6.6.6, 198.51.100.7, 10.1.2.3'), '198.51.100.7')
  assert.equal(read('::ffff:10.0.0.1', '198.51.100.7'), '198.51.100.7')
  assert.equal(read('10.0.0.1', 'not an address'), '10.0.0.1')
  assert.equal(read('203.0.113.9', '198.51.100.7'), '203.0.113.9')
})

test('a proxy that is not an address is refused at start', () => {
  assert.throws(() => createAddressReader(['proxy.local']), { code: 'bad-setting' })
})

test('a page may send 64 kB, a platform on its hook half a megabyte', async () => {
  const web = new Hono()
  web.onError(answerErrorsAsJson(silentLog))
  web.use(limitBody)
  web.post('*', async (context) => context.json({ length: (await context.req.text()).length }))
  const post = async (path: string, kilobytes: number) =>
    (await web.request(path, { method: 'POST', body: 'x'.repeat(kilobytes * 1024) })).status
  assert.equal(await post('/api/ask', 64), 200)
  assert.equal(await post('/api/ask', 65), 413)
  assert.equal(await post('/hooks/telegram', 500), 200)
  assert.equal(await post('/hooks/telegram', 513), 413)
})
