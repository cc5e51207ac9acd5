import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ChannelEvent } from '../../../src/channels/channel.ts'
import { openTelegramBench } from '../../support/telegram-channel.ts'
import { loadUpdates } from './load-updates.ts'

const messages = loadUpdates('messages')
const URL_OF_US = 'https://anxiao.example.org/hooks/telegram'
const SECRET = 'aGVsbG8_secret-of-the-hook'
const LOOK_EVERY_MS = 300_000

const openBench = (url = URL_OF_US) => openTelegramBench({ webhook: { url, secret: SECRET } })
type Bench = Awaited<ReturnType<typeof openBench>>

function handlerOf(bench: Bench): (request: Request) => Promise<Response> {
  const { webhook } = bench.channel
  assert.ok(webhook)
  return (request) => webhook.handle(request)
}

const post = (body: string, headers: Record<string, string> = { 'x-telegram-bot-api-secret-token': SECRET }) =>
  new Request(URL_OF_US, { method: 'POST', headers, body })

test('the webhook is registered with its secret, and nothing that waits is dropped', async () => {
  await using bench = await openBench()
  const id = bench.server.push(messages('privateText'))
  await bench.channel.start(bench.receive)
  assert.equal(bench.channel.webhook?.path, 'telegram')
  const { payload } = bench.server.calls.find(({ method }) => method === 'setWebhook') ?? {}
  assert.deepEqual(payload, {
    url: URL_OF_US,
    secret_token: SECRET,
    allowed_updates: ['message', 'callback_query', 'my_chat_member'],
    drop_pending_updates: false,
  })
  assert.ok(!bench.server.calls.some(({ method }) => method === 'getUpdates'))
  assert.deepEqual(bench.server.pending(), [id])
  assert.deepEqual(await bench.server.deliver(handlerOf(bench)), [200])
  assert.equal(bench.events.length, 1)
})

test('without a webhook setting there is no address to call', async () => {
  await using bench = await openTelegramBench()
  assert.equal(bench.channel.webhook, undefined)
})

test('a request without the right secret is turned away unread', async () => {
  await using bench = await openBench()
  await bench.channel.start(bench.receive)
  const handle = handlerOf(bench)
  const body = JSON.stringify({ update_id: 1, ...messages('privateText') })
  assert.equal((await handle(post(body, {}))).status, 401)
  assert.equal((await handle(post(body, { 'x-telegram-bot-api-secret-token': `${SECRET}x` }))).status, 401)
  assert.equal((await handle(new Request(URL_OF_US))).status, 405)
  assert.deepEqual(bench.events, [])
  assert.equal(bench.channel.counters()['webhook_unauthorized'], 2)
})

test('200 is answered only when the update was received, and a repeat meanwhile waits for the same', async () => {
  await using bench = await openBench()
  const begun = Promise.withResolvers<void>()
  const end = Promise.withResolvers<void>()
  const received: ChannelEvent[] = []
  await bench.channel.start(async (event) => {
    received.push(event)
    begun.resolve()
    await end.promise
  })
  const handle = handlerOf(bench)
  const body = JSON.stringify({ update_id: 1, ...messages('privateText') })
  const answered: number[] = []
  const first = handle(post(body)).then(({ status }) => answered.push(status))
  const again = handle(post(body)).then(({ status }) => answered.push(status))
  await begun.promise
  assert.deepEqual(answered, [])
  end.resolve()
  await Promise.all([first, again])
  assert.deepEqual(answered, [200, 200])
  assert.equal(received.length, 1)
  assert.equal((await handle(post(body))).status, 200)
  assert.equal(received.length, 1)
})

test('what arrives while we are not running comes again', async () => {
  await using bench = await openBench()
  const handle = handlerOf(bench)
  await bench.channel.start(bench.receive)
  await bench.channel.stop()
  bench.server.push(messages('privateText'))
  assert.ok(bench.server.webhook)
  assert.deepEqual(await bench.server.deliver(handle), [503])
  await bench.channel.start(bench.receive)
  bench.server.push(messages('groupText'))
  bench.server.webhook ??= { url: URL_OF_US, secret: SECRET }
  assert.deepEqual(await bench.server.deliver(handle), [200, 200])
  assert.equal(bench.events.length, 2)
  assert.deepEqual(bench.server.pending(), [])
})

test('a body that says nothing is taken off Telegram and counted', async () => {
  await using bench = await openBench()
  await bench.channel.start(bench.receive)
  const handle = handlerOf(bench)
  for (const body of ['{', '[]', '5', '{"update_id":"x"}', '{"update_id":9,"message":{}}']) {
    assert.equal((await handle(post(body))).status, 200, body)
  }
  assert.equal(bench.channel.counters()['malformed'], 5)
  assert.deepEqual(bench.events, [])
})

test('an address that somebody else put there is put right within minutes', async () => {
  await using bench = await openBench()
  await bench.channel.start(bench.receive)
  await bench.waits.asks(LOOK_EVERY_MS)
  bench.server.webhook = { url: 'https://other.example.org/', secret: '' }
  bench.waits.end(LOOK_EVERY_MS)
  await bench.waits.asks(LOOK_EVERY_MS)
  assert.deepEqual(bench.server.webhook, { url: URL_OF_US, secret: SECRET })
  assert.equal(bench.channel.counters()['conflicts'], 1)
})

test('deliveries that fail are seen and named', async () => {
  await using bench = await openBench()
  await bench.channel.start(bench.receive)
  await bench.waits.asks(LOOK_EVERY_MS)
  bench.server.push(messages('privateText'))
  await bench.server.deliver(async () => new Response(null, { status: 502 }))
  bench.waits.end(LOOK_EVERY_MS)
  await bench.waits.asks(LOOK_EVERY_MS)
  assert.equal(bench.channel.health().state, 'failing')
  assert.match(bench.channel.health().sentence ?? '', /Webhook/)
  await bench.server.deliver(handlerOf(bench))
  bench.waits.end(LOOK_EVERY_MS)
  await bench.waits.asks(LOOK_EVERY_MS)
  assert.equal(bench.channel.health().state, 'connected')
})

test('an address that Telegram refuses is named', async () => {
  await using bench = await openBench('http://anxiao.example.org/hooks/telegram')
  await bench.channel.start(bench.receive)
  assert.equal(bench.channel.health().state, 'failing')
  assert.match(bench.channel.health().sentence ?? '', /https/)
  assert.ok(!bench.logged().includes(SECRET))
})

test('what waits behind another message when we stop is not taken and comes again', async () => {
  await using bench = await openBench()
  const begun = Promise.withResolvers<void>()
  const end = Promise.withResolvers<void>()
  await bench.channel.start(async () => {
    begun.resolve()
    await end.promise
  })
  const handle = handlerOf(bench)
  const first = handle(post(JSON.stringify({ update_id: 1, ...messages('mentionByName') })))
  await begun.promise
  const second = handle(post(JSON.stringify({ update_id: 2, ...messages('replyToUs') })))
  // The body of the second one is read before the stop.
  await new Promise((resolve) => setImmediate(resolve))
  const stopped = bench.channel.stop()
  end.resolve()
  await stopped
  assert.deepEqual([(await first).status, (await second).status], [200, 503])
})
