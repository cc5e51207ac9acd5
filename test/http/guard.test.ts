import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { inspect } from 'node:util'
import { serve } from '@hono/node-server'
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

function createLimited(seen: (request: Request) => void = () => {}) {
  const web = new Hono()
  web.onError(answerErrorsAsJson(silentLog))
  web.use(limitBody)
  web.post('*', async (context) => {
    const { length } = await context.req.text()
    seen(context.req.raw)
    return context.json({ length })
  })
  return web
}

test('a page may send 64 kB, a platform on its hook half a megabyte', async () => {
  const web = createLimited()
  const post = async (path: string, kilobytes: number) =>
    (await web.request(path, { method: 'POST', body: 'x'.repeat(kilobytes * 1024) })).status
  assert.equal(await post('/api/ask', 64), 200)
  assert.equal(await post('/api/ask', 65), 413)
  assert.equal(await post('/hooks/telegram', 500), 200)
  assert.equal(await post('/hooks/telegram', 513), 413)
})

test('the length of a body is limited whether it is declared or not, and a declared one needs no full Request', async (t) => {
  const requests: Request[] = []
  const server = serve({ fetch: createLimited((request) => requests.push(request)).fetch, port: 0 })
  t.after(() => server.close())
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const post = async (body: string | ReadableStream) =>
    (await fetch(`http://127.0.0.1:${port}/api/ask`, { method: 'POST', body, duplex: 'half' } as RequestInit)).status
  const stream = (kilobytes: number) => new Blob(['x'.repeat(kilobytes * 1024)]).stream()
  assert.equal(await post('x'.repeat(65 * 1024)), 413)
  assert.equal(await post(stream(65)), 413)
  assert.equal(await post(stream(64)), 200)
  assert.equal(await post('x'.repeat(64 * 1024)), 200)
  // node-server makes the full Request, whose finalizer burdens every collection, only where somebody asks for it.
  assert.match(inspect(requests[1]), /lightweight.*nativeRequest: undefined/s)
})
