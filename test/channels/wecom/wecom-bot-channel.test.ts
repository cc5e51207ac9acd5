import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import type { Button, ChannelEvent, OutboundMessage, SendOutcome } from '../../../src/channels/channel.ts'
import { readMentions } from '../../../src/channels/wecom/wecom-bot-mentions.ts'
import eventFrames from '../../fixtures/channels/wecom/wecom-bot-events.json' with { type: 'json' }
import messageFrames from '../../fixtures/channels/wecom/wecom-bot-messages.json' with { type: 'json' }
import {
  BOT,
  type BotRun,
  createBotHarness,
  createBotRun,
  GROUP,
  PERSON,
  startBotRun,
  TIMEOUT_MS,
  until,
} from '../../support/wecom-bot-harness.ts'
import type { BotFault } from '../../support/wecom-bot-server.ts'
import { describeChannel, type InboundCase } from '../channel-contract.ts'

const { frames: messages } = messageFrames
const { frames: events } = eventFrames
const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE

const inbound: InboundCase[] = [
  {
    name: 'a text in a single chat',
    payload: messages['text-single'],
    expected: {
      kind: 'message',
      chat: PERSON,
      sender: { id: 'zhangsan', bot: false },
      text: '暴雨来了怎么办',
      media: 'text',
      mentionsUs: false,
      repliesToUs: false,
      forwarded: false,
      sentAt: new Date('2026-01-01T00:00:00Z'),
    },
  },
  {
    name: 'a text in a group, which always mentions us',
    payload: messages['text-group'],
    expected: { chat: GROUP, text: '地震能预报吗', mentionsUs: true, mentionsEveryone: false },
  },
  {
    name: 'a quoted text',
    payload: messages['text-group-quote'],
    expected: { text: '这是真的吗', quote: { text: '今晚八点有大地震，快转发', ours: false } },
  },
  {
    name: 'the words of a quoted message with pictures',
    payload: messages['text-group-quote-mixed'],
    expected: { text: '真的假的', quote: { text: '喝白酒能解暑', ours: false } },
  },
  {
    name: 'the words of a quoted voice message',
    payload: messages['text-single-quote-voice'],
    expected: { text: '帮我看看', quote: { text: '水库要垮了', ours: false } },
  },
  {
    name: 'a quoted picture, which has no words',
    payload: messages['text-single-quote-image'],
    expected: { text: '这个呢', quote: { text: '', ours: false } },
  },
  { name: 'a picture', payload: messages['image-single'], expected: { media: 'picture', text: '' } },
  {
    name: 'a picture with words',
    payload: messages['mixed-group'],
    expected: { media: 'picture', text: '这水能喝吗', mentionsUs: true },
  },
  {
    name: 'a voice message as words',
    payload: messages['voice-single'],
    expected: { media: 'voice', text: '屋头漏气了咋办' },
  },
  { name: 'a file', payload: messages['file-single'], expected: { media: 'file', text: '' } },
  { name: 'a video', payload: messages['video-single'], expected: { media: 'video', text: '' } },
  { name: 'a kind nobody knows', payload: messages['unknown-kind'], expected: null },
  { name: 'somebody opens the chat', payload: events['enter-chat'], expected: { kind: 'joined', chat: PERSON } },
  { name: 'a thumb up', payload: events.feedback, expected: null },
  {
    name: 'the button of an old card',
    payload: events['card-press'],
    expected: { kind: 'message', chat: GROUP, button: 'card:nat-rainstorm-waterlogging', repliesToUs: true },
  },
  // Last, because the contract replies to it.
  { name: 'one more text', payload: messages['text-single'], expected: { id: 'CAIQtext-single' } },
]

describeChannel('WeCom bot', createBotHarness, inbound, {
  keys: 'WeCom takes no key that would make sending idempotent',
})

const run = async (t: TestContext, ...given: Parameters<typeof startBotRun>): Promise<BotRun> => {
  const started = await startBotRun(...given)
  t.after(() => started.stop())
  return started
}

let nextKey = 0
const outbound = (text: string, more: Partial<OutboundMessage> = {}): OutboundMessage => ({
  chat: PERSON,
  text,
  key: `k${nextKey++}`,
  ...more,
})

/** An answer to an event. */
function reply(event: ChannelEvent, text: string, buttons?: Button[]): OutboundMessage {
  const sender = event.kind === 'message' ? event.sender : { id: event.chat.id, bot: false }
  const inReplyTo = {
    messageId: event.kind === 'message' ? event.id : '',
    replyHandle: event.replyHandle ?? '',
    sender,
  }
  return outbound(text, { chat: event.chat, inReplyTo, ...(buttons ? { buttons } : {}) })
}

const named = (outcome: SendOutcome): string =>
  outcome.kind === 'failed' ? `${outcome.failure.kind} ${outcome.failure.code}` : outcome.kind

test('a reply is one finished stream on the request that it answers', async (t) => {
  const { channel, server, hear } = await run(t)
  const event = await hear(messages['text-group'])
  assert.deepEqual(await channel.send(reply(event, '不能。\n来源：地震局')), { kind: 'sent' })
  const [reached] = server.arrived
  assert.ok(reached)
  const { id, ...stream } = reached.body.stream as Record<string, unknown>
  assert.deepEqual([reached.command, reached.inReplyTo], ['aibot_respond_msg', 'CAIQtext-group'])
  assert.match(String(id), /^[\w-]{22}$/)
  assert.deepEqual(stream, { finish: true, content: '不能。  \n来源：地震局' })
})

test('a message of our own names the kind of chat, so that no person is taken for a group', async (t) => {
  const { channel, server } = await run(t)
  await channel.send(outbound('先断电。'))
  await channel.send(outbound('先断电。', { chat: GROUP }))
  assert.deepEqual(
    server.arrived.map(({ body }) => body),
    [
      { chatid: 'zhangsan', chat_type: 1, msgtype: 'markdown', markdown: { content: '先断电。' } },
      { chatid: 'wrGROUP1', chat_type: 2, msgtype: 'markdown', markdown: { content: '先断电。' } },
    ],
  )
})

test('buttons stand on a card below the whole text and come back when pressed, whatever their age', async (t) => {
  const { channel, clock, server, hear } = await run(t)
  const event = await hear(messages['text-group'])
  const buttons = [
    { label: '家里进水', data: 'card:nat-rainstorm-waterlogging' },
    { label: '都不是', data: 'none' },
    { label: '看全文', url: 'https://example.org/k' },
  ]
  assert.deepEqual(await channel.send(reply(event, '您问的是哪一种？', buttons)), { kind: 'sent' })
  const [text, card] = server.arrived
  assert.deepEqual([text?.text, text?.inReplyTo, text?.buttons], ['您问的是哪一种？', 'CAIQtext-group', []])
  assert.deepEqual([card?.chatId, card?.buttons], [GROUP.id, ['家里进水', '都不是', '看全文']])

  clock.advance(30 * 24 * HOUR)
  const press = await hear(events['card-press'])
  assert.ok(press.kind === 'message')
  assert.equal(press.button, 'card:nat-rainstorm-waterlogging')
  assert.deepEqual(await channel.send(reply(press, '先断电。')), { kind: 'sent' })
  assert.equal(server.arrived.at(-1)?.command, 'aibot_send_msg')
})

test('links alone make a card that WeCom accepts', async (t) => {
  const { channel, server } = await run(t)
  await channel.send(outbound('看这里。', { buttons: [{ label: '看全文', url: 'https://example.org/k' }] }))
  assert.deepEqual(server.arrived.at(-1)?.buttons, ['看全文'])
})

test('a card that is refused does not make the text unsent', async (t) => {
  const { channel, server } = await run(t)
  // The first message goes through, the second is refused.
  const first = server.next('command').then(() => server.fail('server-error'))
  const outcome = await channel.send(outbound('哪一种？回数字。', { buttons: [{ label: '一', data: '1' }] }))
  await first
  assert.deepEqual([outcome.kind, server.arrived.length, channel.counters().button_cards_failed], ['sent', 1, 1])
})

test('buttons that WeCom would refuse are not sent', async (t) => {
  const { channel, server } = await run(t)
  const wrong: Button[][] = [
    Array.from({ length: 7 }, (_, at) => ({ label: `${at}`, data: `${at}` })),
    Array.from({ length: 4 }, (_, at) => ({ label: `${at}`, url: `https://example.org/${at}` })),
    [
      { label: '一', data: 'same' },
      { label: '二', data: 'same' },
    ],
    [{ label: '长', data: '长'.repeat(22) }],
    [{ label: '空', data: '' }],
  ]
  for (const buttons of wrong) {
    assert.equal(named(await channel.send(outbound('选', { buttons }))), 'permanent refused')
  }
  assert.equal(named(await channel.send(outbound(' \n'))), 'permanent refused')
  assert.equal(server.attempts, 0)
})

test('a text that only its escaping makes too long is refused', async (t) => {
  const { channel, server } = await run(t)
  assert.equal(named(await channel.send(outbound('*'.repeat(20_000)))), 'permanent too-long')
  assert.equal(server.attempts, 0)
})

test('a welcome goes out as plain text within five seconds and not later', async (t) => {
  const { channel, clock, server, hear } = await run(t)
  const first = await hear(events['enter-chat'])
  clock.advance(4999)
  assert.equal(named(await channel.send(reply(first, '您好，*有事*请说。'))), 'sent')
  assert.deepEqual(server.arrived.at(-1)?.body, { msgtype: 'text', text: { content: '您好，*有事*请说。' } })
  const second = await hear(events['enter-chat'])
  clock.advance(5000)
  assert.equal(named(await channel.send(reply(second, '您好。'))), 'permanent window-closed')
  assert.equal(server.attempts, 1)
})

test('a message can be answered for 24 hours', async (t) => {
  const { channel, clock, server, hear } = await run(t)
  const event = await hear(messages['text-single'])
  clock.advance(24 * HOUR - 1)
  assert.equal(named(await channel.send(reply(event, '还来得及。'))), 'sent')
  assert.equal(server.arrived.at(-1)?.inReplyTo, 'CAIQtext-single')
  clock.advance(1)
  assert.equal(named(await channel.send(reply(event, '太晚。'))), 'permanent window-closed')
  assert.equal(server.attempts, 1)
})

test('a reply whose connection is gone goes out untied instead of being refused', async (t) => {
  const { channel, server, hear, reconnect } = await run(t)
  const event = await hear(messages['text-single'])
  const entered = await hear(events['enter-chat'])
  server.cut()
  await until(() => channel.health().state === 'failing')
  await reconnect(SECOND)
  assert.equal(named(await channel.send(reply(event, '先断电。'))), 'sent')
  assert.equal(server.arrived.at(-1)?.command, 'aibot_send_msg')
  assert.equal(named(await channel.send(reply(entered, '您好。'))), 'permanent window-closed')
  assert.deepEqual([server.attempts, channel.counters().untied_replies], [1, 1])
})

test('two replies to one message at once do not wait for each other', async (t) => {
  const { channel, server, hear } = await run(t)
  const event = await hear(messages['text-single'])
  const outcomes = await Promise.all([channel.send(reply(event, '一')), channel.send(reply(event, '二'))])
  assert.deepEqual(outcomes.map(named), ['sent', 'sent'])
  assert.deepEqual(
    server.arrived.map(({ command }) => command),
    ['aibot_respond_msg', 'aibot_send_msg'],
  )
})

test('each refusal of the platform has its outcome', async (t) => {
  const { channel, server, clock } = await run(t)
  const expected: [BotFault, string][] = [
    [{ errcode: -1 }, 'retryable server'],
    [{ errcode: 40001 }, 'permanent unauthorized'],
    [{ errcode: 40008 }, 'permanent refused'],
    [{ errcode: 40201 }, 'permanent refused'],
    [{ errcode: 45002 }, 'permanent too-long'],
    [{ errcode: 48002 }, 'permanent unauthorized'],
    [{ errcode: 93001 }, 'permanent blocked'],
    [{ errcode: 93006 }, 'permanent chat-gone'],
    [{ errcode: 93008 }, 'permanent chat-gone'],
    [{ errcode: 846605 }, 'permanent window-closed'],
    [{ errcode: 846608 }, 'permanent window-closed'],
    [{ errcode: 853000 }, 'permanent unauthorized'],
    [{ errcode: 45009 }, 'throttled throttled'],
    [{ errcode: 45033 }, 'throttled throttled'],
    [{ errcode: 846607 }, 'throttled throttled'],
    [{ errcode: 987654 }, 'permanent refused'],
  ]
  for (const [fault, outcome] of expected) {
    server.fail(fault)
    assert.equal(named(await channel.send(outbound('试'))), outcome, JSON.stringify(fault))
    clock.advance(MINUTE)
  }
  assert.equal(server.attempts, expected.length)
  assert.equal(server.arrived.length, 0)
})

test('the 31st message of a minute in a chat is throttled for a minute', async (t) => {
  const { channel, clock } = await run(t)
  for (let at = 0; at < 30; at++) assert.equal((await channel.send(outbound(`${at}`))).kind, 'sent')
  const outcome = await channel.send(outbound('多了'))
  assert.ok(outcome.kind === 'failed')
  assert.deepEqual([outcome.failure.scope, outcome.failure.until], ['chat', new Date(clock.now().getTime() + MINUTE)])
  assert.equal((await channel.send(outbound('别处', { chat: GROUP }))).kind, 'sent')
})

test('a connection that breaks after a message arrived leaves its fate unknown', async (t) => {
  const { channel, server } = await run(t)
  server.fail('cut-after-arrival')
  assert.equal(named(await channel.send(outbound('到了吗'))), 'unknown timeout')
  assert.equal(server.arrived.length, 1)
})

test('an open socket that WeCom has forgotten is replaced', async (t) => {
  const { channel, server, reconnect } = await run(t)
  server.fail('not-subscribed')
  assert.equal(named(await channel.send(outbound('一'))), 'retryable not-connected')
  assert.equal(channel.health().state, 'failing')
  await reconnect(SECOND)
  assert.equal(named(await channel.send(outbound('二'))), 'sent')
  assert.equal(server.subscriptions, 2)
})

test('a connection taken over by another program is not fought for', async (t) => {
  const { channel, clock, server, reconnect } = await run(t)
  for (const minutes of [1, 2, 4]) {
    server.takeOver()
    await until(() => channel.health().state === 'failing')
    assert.match(channel.health().sentence ?? '', new RegExp(`另一个程序.*${minutes} 分钟`))
    await until(() => server.connections === 0)
    const before = server.subscriptions
    assert.equal(named(await channel.send(outbound('断了'))), 'retryable not-connected')
    clock.advance(minutes * MINUTE - 1)
    assert.equal(server.subscriptions, before)
    await reconnect(1)
    assert.equal(server.subscriptions, before + 1)
  }
  assert.equal(channel.counters().taken_over, 3)
})

test('a wrong secret is named, tried again after minutes only, and told to whoever sends', async (t) => {
  const started = await createBotRun({ secret: 'falsch-77' })
  t.after(() => started.stop())
  const { channel, clock, server } = started
  await started.start()
  assert.equal(channel.health().state, 'failing')
  assert.match(channel.health().sentence ?? '', /Secret.*5 分钟/)
  assert.equal(named(await channel.send(outbound('试'))), 'permanent unauthorized')
  await until(() => server.connections === 0)
  clock.advance(5 * MINUTE - 1)
  assert.equal(server.refusedSubscriptions, 1)
  const refused = server.next('refused')
  clock.advance(1)
  await refused
  await until(() => channel.counters().subscriptions_refused === 2)
  assert.match(channel.health().sentence ?? '', /10 分钟/)
  assert.ok(!started.logged().includes('falsch-77'))
})

test('a subscription refused for another reason is told by its code', async (t) => {
  const started = await createBotRun()
  t.after(() => started.stop())
  started.server.subscriptionError = 48002
  await started.start()
  assert.match(started.channel.health().sentence ?? '', /48002/)
  assert.equal(named(await started.channel.send(outbound('试'))), 'retryable not-connected')
})

test('a busy platform is tried again at once, not after minutes', async (t) => {
  const started = await createBotRun()
  t.after(() => started.stop())
  started.server.subscriptionError = -1
  await started.start()
  assert.match(started.channel.health().sentence ?? '', /；1 秒后/)
  started.server.subscriptionError = undefined
  await started.reconnect(SECOND)
})

test('a connection that held ten minutes makes earlier losses forgotten', async (t) => {
  const { channel, clock, server, reconnect } = await run(t)
  const lose = async () => {
    server.cut()
    await until(() => channel.health().state === 'failing')
    return channel.health().sentence
  }
  assert.match((await lose()) ?? '', /；1 秒后/)
  await reconnect(SECOND)
  assert.match((await lose()) ?? '', /；2 秒后/)
  await reconnect(2 * SECOND)
  clock.advance(10 * MINUTE)
  assert.match((await lose()) ?? '', /；1 秒后/)
})

test('a lost connection comes back by itself, later after each failure', async (t) => {
  const { channel, clock, server, reconnect } = await run(t)
  server.closed = true
  server.cut()
  await until(() => channel.counters().connections_lost === 1)
  const since = channel.health().since
  for (const [at, seconds] of [1, 2, 4].entries()) {
    assert.match(channel.health().sentence ?? '', new RegExp(`；${seconds} 秒后`))
    clock.advance(seconds * SECOND)
    await until(() => channel.counters().connections_lost === at + 2)
  }
  assert.deepEqual(channel.health().since, since)
  server.closed = false
  await reconnect(8 * SECOND)
  assert.equal(named(await channel.send(outbound('又能发了。'))), 'sent')
})

test('an endpoint that is not there or not even an address leaves the channel failing', async (t) => {
  for (const wsUrl of ['ws://127.0.0.1:9', 'nirgends']) {
    const started = await createBotRun({ wsUrl })
    t.after(() => started.stop())
    const start = started.start()
    // Of an address that is none the SDK tells nothing that we could tell from other complaints.
    if (wsUrl === 'nirgends') await until(() => started.channel.counters().sdk_complaints === 2)
    started.clock.advance(TIMEOUT_MS)
    await start
    assert.match(started.channel.health().sentence ?? '', /连不上企业微信/)
    assert.equal(named(await started.channel.send(outbound('试'))), 'retryable not-connected')
  }
})

test('an endpoint that says nothing counts as unreachable after the time limit', async (t) => {
  const started = await createBotRun()
  t.after(() => started.stop())
  const { channel, clock, server } = started
  server.silent = true
  const start = started.start()
  await until(() => server.connections === 1)
  assert.equal(channel.health().state, 'connecting')
  clock.advance(TIMEOUT_MS)
  await start
  assert.equal(channel.health().state, 'failing')
  await until(() => server.connections === 0)
})

test('a connection whose heartbeats stay unanswered is replaced', async (t) => {
  const { channel, server, reconnect } = await run(t, { heartbeatMs: 15 })
  await server.next('ping')
  server.deaf = true
  await until(() => channel.health().state === 'failing')
  server.deaf = false
  await reconnect(SECOND)
  assert.equal(server.subscriptions, 2)
})

test('what is no message never stops receiving', async (t) => {
  const { channel, server, events: heard, deliver, logged } = await run(t)
  const whole = messages['text-single'].body
  server.sendRaw('{no json')
  server.sendRaw('null')
  server.sendRaw('{"cmd":"aibot_msg_callback"}')
  server.sendRaw('{"cmd":"aibot_event_callback","headers":{"req_id":"R"},"body":{"msgtype":"event"}}')
  const cmd = 'aibot_msg_callback'
  for (const body of [
    { ...whole, msgid: 7 },
    { ...whole, from: null },
    { ...whole, chattype: 'group' },
    { ...whole, text: undefined },
    { ...whole, msgtype: 'mixed', mixed: { msg_item: 'x' } },
  ]) {
    await deliver({ cmd, body })
  }
  await deliver({
    cmd: 'aibot_event_callback',
    body: { ...events['card-press'].body, event: { eventtype: 'template_card_event' } },
  })
  assert.equal(heard.length, 0)
  assert.equal(channel.counters().malformed, 7)
  assert.equal(channel.counters().sdk_complaints, 3)
  await deliver({ cmd, body: { ...whole, quote: 7, create_time: 1e300 } })
  assert.equal(heard.length, 1)
  assert.ok(!logged().includes('暴雨'))
})

test('events of a chat are handed over in order, other chats do not wait', async (t) => {
  const open: (() => void)[] = []
  const { events: heard, deliver } = await run(t, {}, (event) =>
    event.chat.id === PERSON.id ? new Promise((resolve) => open.push(resolve)) : Promise.resolve(),
  )
  await deliver(messages['text-single'])
  await deliver(messages['voice-single'])
  await deliver(messages['text-group'])
  const ids = () => heard.map((event) => (event.kind === 'message' ? event.id : event.kind))
  assert.deepEqual(ids(), ['CAIQtext-single', 'CAIQtext-group'])
  open[0]?.()
  await until(() => heard.length === 3)
  assert.equal(ids()[2], 'CAIQvoice-single')
  open[1]?.()
})

test('an event that nobody finishes holds its chat for half a minute', async (t) => {
  const {
    clock,
    channel,
    events: heard,
    deliver,
  } = await run(t, {}, (event) =>
    event.kind === 'message' && event.media === 'text' ? new Promise(() => {}) : Promise.resolve(),
  )
  await deliver(messages['text-single'])
  await deliver(messages['voice-single'])
  clock.advance(29_999)
  assert.equal(heard.length, 1)
  clock.advance(1)
  await until(() => heard.length === 2)
  assert.equal(channel.counters().receive_too_slow, 1)
})

test('stop waits for a message under way and leaves no connection; start connects again', async (t) => {
  const started = await createBotRun()
  t.after(() => started.stop())
  const { channel, server } = started
  await started.start()
  const sending = channel.send(outbound('还在路上'))
  await Promise.all([channel.stop(), channel.stop()])
  assert.equal(named(await sending), 'sent')
  await until(() => server.connections === 0)
  assert.equal(channel.health().state, 'off')
  await started.start()
  assert.equal(named(await channel.send(outbound('又来了'))), 'sent')
  server.cut()
  await until(() => channel.health().state === 'failing')
  await channel.stop()
  started.clock.advance(HOUR)
  assert.equal(server.connections, 0)
})

test('stop during connecting ends the attempt', async (t) => {
  const started = await createBotRun()
  t.after(() => started.stop())
  started.server.silent = true
  const start = started.start()
  await until(() => started.server.connections === 1)
  await started.channel.stop()
  await start
  assert.equal(started.channel.health().state, 'off')
})

test('the log names no person, no words and no secret', async (t) => {
  const { channel, hear, logged, server } = await run(t)
  const event = await hear(messages['text-single'])
  server.fail('blocked')
  await channel.send(reply(event, '机密文字'))
  for (const word of [PERSON.id, '暴雨', '机密', BOT.secret]) assert.ok(!logged().includes(word), word)
})

test('the mention of our bot is cut out of the words, other mentions stay', () => {
  const cases: [said: string, name: string | undefined, text: string, us: boolean, everyone: boolean][] = [
    ['@安晓 下雨了', undefined, '下雨了', true, false],
    ['@安晓\u2005下雨了', undefined, '下雨了', true, false],
    ['下雨了 @安晓', undefined, '下雨了', true, false],
    ['@安晓 问问@李四 在不在', undefined, '问问@李四 在不在', true, false],
    ['听@李四 说的 @安晓', undefined, '听@李四 说的 @安晓', true, false],
    ['听@李四 说的 @安晓 助手', '安晓 助手', '听@李四 说的', true, false],
    ['@所有人 开会', undefined, '@所有人 开会', false, true],
    ['@所有人 @安晓 开会', undefined, '@所有人  开会', true, true],
    ['写信到 a@example.org', undefined, '写信到 a@example.org', true, false],
    ['', undefined, '', true, false],
  ]
  for (const [said, name, text, us, everyone] of cases) {
    assert.deepEqual(readMentions(said, name), { text, us, everyone }, said)
  }
})
