import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { createWecomAppChannel, type WecomAppSettings } from '../../../src/channels/wecom/wecom-app-channel.ts'
import {
  AGENT_ID,
  CORP_ID,
  inShort,
  SECRET,
  setUpWecomHttp,
  TIMEOUT_MS,
  wrapWecomHttp,
  type WecomHttpSetup,
} from '../../support/wecom-http-harness.ts'
import type { WecomHttpOptions } from '../../support/wecom-http-server.ts'
import { describeChannel } from '../channel-contract.ts'

const wang = { id: 'WangFang', kind: 'private' as const }
const li = { id: 'li.na', kind: 'private' as const }

function createApp(setup: WecomHttpSetup, settings: Partial<WecomAppSettings> = {}) {
  const { apiRoot } = setup.server
  const defaults = { corpId: CORP_ID, agentId: AGENT_ID, secret: SECRET, apiRoot, timeoutMs: TIMEOUT_MS }
  return createWecomAppChannel({ ...defaults, ...settings }, setup.parts)
}

async function startApp(
  t: TestContext,
  { settings, options }: { settings?: Partial<WecomAppSettings>; options?: Partial<WecomHttpOptions> } = {},
) {
  const setup = await setUpWecomHttp(options)
  const channel = createApp(setup, settings)
  await channel.start(async () => {})
  t.after(async () => {
    await channel.stop()
    await setup.server.stop()
  })
  let sent = 0
  const send = (text: string, key = `key-${sent++}`, chat: { id: string; kind: 'private' } = wang) =>
    channel.send({ chat, text, key })
  return { ...setup, channel, send }
}

describeChannel(
  'wecom-app',
  async () => {
    const setup = await setUpWecomHttp()
    const channel = createApp(setup)
    await channel.start(async () => {})
    return wrapWecomHttp(
      setup,
      channel,
      { private: wang },
      {
        throttled: 45009,
        'server-error': -1,
        'accepted-then-silence': 'silence',
        blocked: 81013,
        unauthorized: 60020,
      },
    )
  },
  [],
  {
    inbound: 'the encrypted callback of application messages is out of scope',
    reply: 'an application message is not tied to another',
    buttons: 'buttons would come back through the callback',
    group: 'an application writes to members',
  },
)

test('sends at the same time share one fetch of the token, and it is kept', async (t) => {
  const { send, server } = await startApp(t)
  assert.equal(server.tokenFetches(), 1)
  server.revokeTokens()
  const release = server.holdTokens()
  const sending = Promise.all([send('一'), send('二'), send('三', 'c', li)])
  release()
  assert.deepEqual((await sending).map(inShort), ['sent', 'sent', 'sent'])
  assert.deepEqual([server.tokenFetches(), server.arrived().length], [2, 3])
  const before = server.tokenFetches()
  await send('四')
  assert.equal(server.tokenFetches(), before)
})

test('ten sends without a token fetch one', async (t) => {
  const { send, server, clock } = await startApp(t)
  clock.advance(7200_000)
  const release = server.holdTokens()
  const sending = Promise.all(Array.from({ length: 10 }, (_, i) => send(`第 ${i} 条`)))
  release()
  assert.ok((await sending).every(({ kind }) => kind === 'sent'))
  assert.equal(server.tokenFetches(), 2)
  assert.equal(server.attempts(), 10)
})

test('a token is used until a minute before it expires', async (t) => {
  const { send, server, clock } = await startApp(t)
  clock.advance(7139_000)
  await send('还是那个')
  assert.equal(server.tokenFetches(), 1)
  clock.advance(1000)
  await send('换一个')
  assert.equal(server.tokenFetches(), 2)
})

for (const errcode of [40014, 42001]) {
  test(`a token refused with ${errcode} is fetched anew once and the message goes out`, async (t) => {
    const { send, server } = await startApp(t)
    server.failSend(errcode)
    assert.equal(inShort(await send('一')), 'sent')
    assert.deepEqual([server.tokenFetches(), server.attempts(), server.arrived().length], [2, 2, 1])
  })
}

test('a token that is refused again is not fetched a third time', async (t) => {
  const { send, server } = await startApp(t)
  server.refuseTokens()
  assert.equal(inShort(await send('一')), 'permanent unauthorized')
  assert.deepEqual([server.tokenFetches(), server.attempts()], [2, 2])
})

test('a wrong secret makes the health failing, is not hammered and heals by itself', async (t) => {
  const setup = await setUpWecomHttp()
  setup.server.failToken(40001)
  const channel = createApp(setup)
  t.after(async () => {
    await channel.stop()
    await setup.server.stop()
  })
  await channel.start(async () => {})
  assert.equal(channel.health().state, 'failing')
  assert.match(channel.health().sentence ?? '', /Secret/)
  const outcomes = await Promise.all([1, 2, 3].map((i) => channel.send({ chat: wang, text: `${i}`, key: `${i}` })))
  assert.deepEqual(
    outcomes.map(inShort),
    Array.from({ length: 3 }, () => 'permanent unauthorized'),
  )
  assert.deepEqual([setup.server.tokenFetches(), setup.server.attempts()], [1, 0])
  const healed = setup.whenLogged('"state":"connected"')
  setup.clock.advance(60_000)
  await healed
  assert.equal(channel.health().state, 'connected')
})

test('a network that is down is tried again every minute', async (t) => {
  const setup = await setUpWecomHttp()
  const channel = createApp(setup)
  t.after(async () => {
    await channel.stop()
    await setup.server.stop()
  })
  await setup.server.shut()
  await channel.start(async () => {})
  assert.equal(channel.health().state, 'failing')
  const still = setup.whenLogged('not-connected')
  setup.clock.advance(60_000)
  await still
  await setup.server.open()
  const healed = setup.whenLogged('"state":"connected"')
  setup.clock.advance(60_000)
  await healed
  assert.deepEqual(channel.health(), { state: 'connected', since: new Date('2026-11-22T01:02:00Z') })
})

test('a network that fails while sending shows in the health until it is back', async (t) => {
  const { send, server, channel, clock, whenLogged } = await startApp(t)
  await server.shut()
  assert.equal(inShort(await send('一')), 'retryable not-connected')
  assert.equal(channel.health().state, 'failing')
  await server.open()
  const healed = whenLogged('"state":"connected"')
  clock.advance(60_000)
  await healed
  assert.equal(inShort(await send('二')), 'sent')
})

for (const fault of ['silence', 'bad-gateway', 'garbage', 'cut'] as const) {
  test(`a token that does not come (${fault}) leaves no doubt: the message did not go out`, async (t) => {
    const { send, server, clock } = await startApp(t)
    clock.advance(7200_000)
    server.failToken(fault)
    assert.match(inShort(await send('一')), /^retryable (?:timeout|server)$/)
    assert.equal(server.attempts(), 0)
    assert.equal(inShort(await send('二')), 'sent')
  })
}

test('a server that is not trusted is named with 可信IP and stays in the health until a message goes out', async (t) => {
  const { send, server, channel, clock } = await startApp(t)
  server.failSend(60020)
  const outcome = await send('一')
  assert.ok(outcome.kind === 'failed')
  assert.equal(inShort(outcome), 'permanent unauthorized')
  assert.match(outcome.failure.sentence, /可信IP/)
  clock.advance(120_000)
  assert.equal(channel.health().state, 'failing')
  await send('二')
  assert.equal(channel.health().state, 'connected')
})

test('the thirty-first message of a minute to a member is held back instead of being lost', async (t) => {
  const { send, server, clock, channel } = await startApp(t)
  for (let i = 0; i < 30; i++) {
    assert.equal(inShort(await send(`第 ${i} 条`)), 'sent')
    if (i === 0) clock.advance(10_000)
  }
  const outcome = await send('多的一条', 'more', { id: 'wangfang', kind: 'private' })
  assert.ok(outcome.kind === 'failed')
  assert.deepEqual(
    [outcome.failure.code, outcome.failure.scope, outcome.failure.until],
    ['throttled', 'chat', new Date('2026-11-22T01:01:00Z')],
  )
  assert.deepEqual([server.attempts(), server.arrived().length, channel.counters()['held_back']], [30, 30, 1])
  assert.equal(inShort(await send('别人', 'li', li)), 'sent')
  clock.advance(50_000)
  assert.equal(inShort(await send('又一条')), 'sent')
})

test('messages sent at the same time are counted before they are answered', async (t) => {
  const { send } = await startApp(t)
  const outcomes = await Promise.all(Array.from({ length: 33 }, (_, i) => send(`同时 ${i}`)))
  assert.equal(outcomes.filter(({ kind }) => kind === 'sent').length, 30)
})

test('what did not go out does not count', async (t) => {
  const { send, server } = await startApp(t)
  for (let i = 0; i < 30; i++) {
    server.failSend(-1)
    assert.equal(inShort(await send(`没发出 ${i}`)), 'retryable server')
  }
  assert.equal(inShort(await send('一')), 'sent')
})

test('a message that may have arrived can be sent again with its key and shows once', async (t) => {
  const { send, server, clock } = await startApp(t)
  server.failSend('silence')
  assert.equal(inShort(await send('立即转移', 'alert-1')), 'unknown timeout')
  clock.advance(3 * 3600_000)
  assert.equal(inShort(await send('立即转移', 'alert-1')), 'sent')
  assert.deepEqual(
    server.arrived().map(({ text }) => text),
    ['立即转移'],
  )
  assert.deepEqual(server.bodies()[0], server.bodies()[1])
})

test('after four hours the same key arrives again: the platform remembers no longer', async (t) => {
  const { send, server, clock } = await startApp(t)
  await send('立即转移', 'alert-1')
  clock.advance(4 * 3600_000)
  await send('立即转移', 'alert-1')
  assert.equal(server.arrived().length, 2)
})

test('another message in the same words arrives too', async (t) => {
  const { send, server, channel } = await startApp(t)
  await send('收到，谢谢。', 'reply-1')
  await send('收到，谢谢。', 'reply-2')
  await send('收到，谢谢。', 'reply-3', li)
  assert.equal(server.arrived().length, 3)
  assert.equal(channel.counters()['sent_unchecked'], 1)
})

test('only a single member can be named', async (t) => {
  const { send, server } = await startApp(t)
  for (const id of ['@all', 'WangFang|li.na', '', ' ', 'a'.repeat(65), '王芳']) {
    assert.equal(inShort(await send('一', 'k', { id, kind: 'private' })), 'permanent refused')
  }
  assert.equal(server.attempts(), 0)
})

test('a member who cannot be reached is gone for good, whichever way it is told', async (t) => {
  const { send, server } = await startApp(t)
  assert.equal(inShort(await send('一', 'k', { id: 'nobody', kind: 'private' })), 'permanent chat-gone')
  server.failSend({ answer: { errcode: 0, errmsg: 'ok', invaliduser: 'wangfang', msgid: '' } })
  assert.equal(inShort(await send('二')), 'permanent chat-gone')
  server.failSend({ answer: { errcode: 0, errmsg: 'ok', invaliduser: '', unlicenseduser: 'wangfang' } })
  assert.equal(inShort(await send('三')), 'permanent blocked')
})

test('signs that would become a link show as they were written', async (t) => {
  const { send, server } = await startApp(t)
  await send('点 <a href="https://example.org">这里</a> 和 <abc>')
  const text = server.arrived()[0]?.text ?? ''
  assert.equal(text.replaceAll('\u200b', ''), '点 <a href="https://example.org">这里</a> 和 <abc>')
})

test('a sent message is taken back within a day', async (t) => {
  const { send, server, channel, clock } = await startApp(t)
  const outcome = await send('写错了')
  assert.ok(outcome.kind === 'sent' && outcome.messageId && channel.recall)
  assert.equal(inShort(await channel.recall(wang, outcome.messageId)), 'sent')
  assert.equal(server.arrived().length, 0)
  const late = await send('又写错了')
  assert.ok(late.kind === 'sent' && late.messageId)
  clock.advance(24 * 3600_000)
  assert.equal(inShort(await channel.recall(wang, late.messageId)), 'permanent window-closed')
  assert.equal(channel.counters()['recalled'], 1)
})

test('neither texts nor members nor tokens stand in the log', async (t) => {
  const { send, server, logged } = await startApp(t)
  for (const fault of [-1, 60020, 81013, 'garbage', 'silence'] as const) {
    server.failSend(fault)
    await send('一句机密的话')
  }
  for (const secret of [SECRET, 'access-token-', '一句机密的话', 'WangFang']) assert.ok(!logged().includes(secret))
})
