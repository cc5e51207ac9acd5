import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { ChannelEvent } from '../../../src/channels/channel.ts'
import { createTelegramChannel } from '../../../src/channels/telegram/telegram-channel.ts'
import { createLog } from '../../../src/base/log.ts'
import { openTelegramBench } from '../../support/telegram-channel.ts'
import { loadUpdates } from './load-updates.ts'

const messages = loadUpdates('messages')
const buttons = loadUpdates('buttons')

const LOOK_AGAIN_MS = 1000
const RECEIVE_LIMIT_MS = 30_000
/** With no chance added, half of the longest first wait. */
const FIRST_BACKOFF_MS = 500
const CONFLICT_RETRY_MS = 30_000
const UNAUTHORIZED_RETRY_MS = 60_000

/** A receiver whose events end when the test says so. */
function holdEvents() {
  const begun: { event: ChannelEvent; end: () => void }[] = []
  const watchers: { count: number; resolve: () => void }[] = []
  return {
    begun,
    receive: (event: ChannelEvent) =>
      new Promise<void>((end) => {
        begun.push({ event, end })
        for (const watcher of watchers.filter(({ count }) => begun.length >= count)) watcher.resolve()
      }),
    async hasBegun(count: number) {
      if (begun.length < count) await new Promise<void>((resolve) => watchers.push({ count, resolve }))
    },
    texts: () => begun.map(({ event }) => (event.kind === 'message' ? event.text : event.kind)),
    end(index: number) {
      const entry = begun[index]
      assert.ok(entry)
      entry.end()
    },
  }
}

const text = (chatId: number, messageId: number, words: string) => ({
  message: {
    message_id: messageId,
    date: 1_767_225_600,
    from: { id: 610000001, is_bot: false, first_name: '小王' },
    chat:
      chatId > 0
        ? { id: chatId, type: 'private', first_name: '小王' }
        : { id: chatId, type: 'supergroup', title: '群' },
    text: words,
  },
})

test('an update is confirmed only after it was received', async () => {
  await using bench = await openTelegramBench()
  const held = holdEvents()
  await bench.channel.start(held.receive)
  const id = bench.server.push(messages('privateText'))
  await held.hasBegun(1)
  assert.deepEqual(bench.server.pending(), [id])
  held.end(0)
  await bench.server.confirmed(id)
  assert.deepEqual(bench.server.pending(), [])
})

test('messages of a chat are received one after the other, those of another chat meanwhile', async () => {
  await using bench = await openTelegramBench()
  const held = holdEvents()
  await bench.server.stop()
  const ids = [
    bench.server.push(text(-1, 1, '甲一')),
    bench.server.push(text(-1, 2, '甲二')),
    bench.server.push(text(-2, 1, '乙一')),
  ]
  await bench.server.start()
  await bench.channel.start(held.receive)
  await held.hasBegun(2)
  assert.deepEqual(held.texts(), ['甲一', '乙一'])
  held.end(1)
  assert.deepEqual(bench.server.pending(), ids)
  held.end(0)
  await held.hasBegun(3)
  assert.deepEqual(held.texts(), ['甲一', '乙一', '甲二'])
  held.end(2)
  await Promise.all(ids.map((id) => bench.server.confirmed(id)))
})

test('a message reaches us while another chat is still worked on', async () => {
  await using bench = await openTelegramBench()
  const held = holdEvents()
  await bench.channel.start(held.receive)
  const slow = bench.server.push(text(-1, 1, '慢'))
  await held.hasBegun(1)
  await bench.waits.asks(LOOK_AGAIN_MS)
  const quick = bench.server.push(text(-2, 1, '家里起火了'))
  bench.waits.end(LOOK_AGAIN_MS)
  await held.hasBegun(2)
  held.end(1)
  assert.deepEqual(bench.server.pending(), [slow, quick])
  held.end(0)
  await Promise.all([bench.server.confirmed(slow), bench.server.confirmed(quick)])
  assert.deepEqual(held.texts(), ['慢', '家里起火了'])
})

test('an update that nobody finishes is confirmed after thirty seconds and counted', async () => {
  await using bench = await openTelegramBench()
  const held = holdEvents()
  await bench.channel.start(held.receive)
  const id = bench.server.push(messages('privateText'))
  await held.hasBegun(1)
  bench.waits.end(RECEIVE_LIMIT_MS)
  await bench.server.confirmed(id)
  assert.equal(bench.channel.counters()['receive_too_slow'], 1)
  held.end(0)
})

test('an error while receiving does not stop what comes after', async () => {
  await using bench = await openTelegramBench()
  const received: string[] = []
  await bench.channel.start(async (event) => {
    received.push(event.kind)
    if (received.length === 1) throw new Error('broken')
  })
  await bench.server.confirmed(bench.server.push(messages('privateText')))
  await bench.server.confirmed(bench.server.push(messages('groupText')))
  assert.equal(received.length, 2)
})

test('a process killed with an update in its hands finds it again after the restart', async () => {
  await using bench = await openTelegramBench()
  const id = bench.server.push(messages('privateText'))
  const script = fileURLToPath(new URL('../../support/telegram-poll-and-die.ts', import.meta.url))
  const child = spawn(process.execPath, [script, bench.server.url, bench.server.token], { stdio: 'ignore' })
  const [, signal] = (await once(child, 'close')) as [number | null, string | null]
  assert.equal(signal, 'SIGKILL')
  assert.deepEqual(bench.server.pending(), [id])
  await bench.channel.start(bench.receive)
  await bench.server.confirmed(id)
  assert.deepEqual(
    bench.events.map((event) => event.kind === 'message' && event.id),
    ['101'],
  )
})

test('what was received before a stop does not come again, what was not begun does', async () => {
  await using bench = await openTelegramBench()
  const held = holdEvents()
  await bench.channel.start(held.receive)
  await bench.server.polled()
  const first = bench.server.push(text(-1, 1, '一'))
  await held.hasBegun(1)
  await bench.waits.asks(LOOK_AGAIN_MS)
  const second = bench.server.push(text(-1, 2, '二'))
  bench.waits.end(LOOK_AGAIN_MS)
  await bench.waits.asks(LOOK_AGAIN_MS)
  const stopped = bench.channel.stop()
  held.end(0)
  await stopped
  assert.deepEqual(held.texts(), ['一'])
  assert.deepEqual(bench.server.pending(), [second])
  assert.notEqual(first, second)

  await bench.channel.start(bench.receive)
  await bench.server.confirmed(second)
  assert.equal(bench.events.length, 1)
})

test('a second program with the same token is named, and the fight is a slow one', async () => {
  await using bench = await openTelegramBench()
  const { server, channel, waits } = bench
  await channel.start(bench.receive)
  await server.polled()
  const other = createTelegramChannel(
    { token: server.token, apiRoot: server.url },
    { clock: bench.clock, log: createLog('silent'), wait: waits.wait, random: () => 0 },
  )
  await other.start(bench.receive)
  await waits.asks(CONFLICT_RETRY_MS)
  assert.equal(channel.health().state, 'failing')
  assert.match(channel.health().sentence ?? '', /另一个程序正在用同一个机器人令牌/)
  assert.equal(channel.counters()['conflicts'], 1)
  await other.stop()
  waits.end(CONFLICT_RETRY_MS)
  await server.confirmed(server.push(messages('privateText')))
  assert.equal(bench.events.length, 1)
  assert.equal(channel.health().state, 'connected')
})

test('a revoked token is named and tried again every minute', async () => {
  await using bench = await openTelegramBench()
  const { server, channel, waits } = bench
  server.revoked = true
  await channel.start(bench.receive)
  assert.equal(channel.health().state, 'failing')
  assert.match(channel.health().sentence ?? '', /令牌/)
  for (const round of [1, 2]) {
    await waits.asks(UNAUTHORIZED_RETRY_MS)
    if (round === 2) server.revoked = false
    waits.end(UNAUTHORIZED_RETRY_MS)
  }
  await server.polled()
  assert.equal(channel.health().state, 'connected')
  assert.equal(channel.account, 'anxiao_bot')
})

test('without a network start ends all the same, and waits grow until it is back', async () => {
  await using bench = await openTelegramBench()
  const { server, channel, waits } = bench
  await server.stop()
  await channel.start(bench.receive)
  assert.equal(channel.health().state, 'failing')
  assert.match(channel.health().sentence ?? '', /连不上 Telegram/)
  const expected = [500, 1000, 2000, 4000, 8000, 15_000, 15_000]
  for (const [index, milliseconds] of expected.entries()) {
    await waits.asks(milliseconds)
    if (index === expected.length - 1) await server.start()
    waits.end(milliseconds)
  }
  await server.polled()
  assert.deepEqual(waits.asked, expected)
  assert.equal(channel.health().state, 'connected')
  assert.equal(channel.counters()['reconnects'], 1)
  assert.ok(!bench.logged().includes(server.token))
})

test('a lost connection comes back and brings what was written meanwhile', async () => {
  await using bench = await openTelegramBench()
  const { server, channel, waits, clock } = bench
  await channel.start(bench.receive)
  await server.polled()
  const connectedAt = channel.health().since
  clock.advance(60_000)
  await server.stop()
  await waits.asks(FIRST_BACKOFF_MS)
  assert.equal(channel.health().state, 'connecting')
  waits.end(FIRST_BACKOFF_MS)
  await waits.asks(1000)
  assert.equal(channel.health().state, 'failing')
  const id = server.push(messages('privateText'))
  await server.start()
  waits.end(1000)
  await server.confirmed(id)
  assert.equal(bench.events.length, 1)
  assert.equal(channel.health().state, 'connected')
  assert.notDeepEqual(channel.health().since, connectedAt)
})

test('a webhook left over from before is removed, its waiting updates are not', async () => {
  await using bench = await openTelegramBench()
  const { server } = bench
  server.webhook = { url: 'https://old.invalid/hooks/telegram', secret: '' }
  const id = server.push(messages('privateText'))
  await bench.channel.start(bench.receive)
  await server.confirmed(id)
  assert.equal(server.webhook, null)
  assert.equal(bench.events.length, 1)
})

test('a webhook that somebody sets later is named and left alone', async () => {
  await using bench = await openTelegramBench()
  const { server, channel, waits } = bench
  await channel.start(bench.receive)
  await server.polled()
  server.webhook = { url: 'https://other.invalid/hooks/telegram', secret: '' }
  await server.stop()
  await server.start()
  await waits.asks(FIRST_BACKOFF_MS)
  waits.end(FIRST_BACKOFF_MS)
  await waits.asks(CONFLICT_RETRY_MS)
  assert.equal(channel.health().state, 'failing')
  assert.match(channel.health().sentence ?? '', /Webhook/)
  assert.ok(server.webhook)
})

test('updates still arrive when Telegram begins to count from a lower number', async () => {
  await using bench = await openTelegramBench()
  const { server } = bench
  await bench.channel.start(bench.receive)
  await server.confirmed(server.push(text(-1, 1, '一')))
  await server.polled()
  server.renumberUpdates(77)
  await server.confirmed(server.push(text(-1, 2, '二')))
  await server.confirmed(server.push(text(-1, 3, '三')))
  assert.equal(bench.events.length, 3)
})

test('more updates than fit into one answer all arrive once and in order', async () => {
  await using bench = await openTelegramBench()
  const { server } = bench
  const ids = Array.from({ length: 250 }, (_, index) => server.push(text(-(index % 7) - 1, index + 1, String(index))))
  await bench.channel.start(bench.receive)
  await server.confirmed(ids.at(-1) ?? 0)
  assert.deepEqual(server.pending(), [])
  assert.equal(bench.events.length, 250)
  const firstChat = bench.events.flatMap((event) =>
    event.kind === 'message' && event.chat.id === '-1' ? [event.text] : [],
  )
  assert.deepEqual(
    firstChat.map(Number),
    Array.from({ length: 36 }, (_, index) => index * 7),
  )
})

test('a pressed button is answered at once, before anybody is done with it', async () => {
  await using bench = await openTelegramBench()
  const { server, channel } = bench
  const held = holdEvents()
  await channel.start(held.receive)
  const pressed = server.push(buttons('pressed'))
  await held.hasBegun(1)
  await server.callbackAnswered()
  assert.deepEqual(server.answeredCallbacks, ['4382bfdwdsb323b2d9'])
  assert.deepEqual(server.pending(), [pressed])
  held.end(0)
  await server.confirmed(pressed)
})

test('a press that is too old to be answered is received nevertheless', async () => {
  await using bench = await openTelegramBench()
  const { server, channel } = bench
  await channel.start(bench.receive)
  await server.confirmed(server.push(buttons('pressedOnOldMessage')))
  await channel.stop()
  assert.equal(bench.events.length, 1)
  assert.equal(channel.counters()['button_answers_failed'], 1)
})
