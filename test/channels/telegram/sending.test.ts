import assert from 'node:assert/strict'
import { createServer, request as httpRequest, type Server } from 'node:http'
import { createServer as createTcpServer, type AddressInfo, type Server as TcpServer, type Socket } from 'node:net'
import { test } from 'node:test'
import type { Chat, OutboundMessage, SendFailure, SendOutcome } from '../../../src/channels/channel.ts'
import { systemClock } from '../../../src/base/clock.ts'
import { createLog } from '../../../src/base/log.ts'
import { createTelegramChannel, type TelegramSettings } from '../../../src/channels/telegram/telegram-channel.ts'
import { openTelegramBench, type TelegramBench } from '../../support/telegram-channel.ts'

const PRIVATE: Chat = { id: '610000001', kind: 'private' }
const GROUP: Chat = { id: '-4012345', kind: 'group' }
const SUPERGROUP: Chat = { id: '-1002000000001', kind: 'group' }

async function openStarted(settings: Partial<TelegramSettings> = {}): Promise<TelegramBench> {
  const bench = await openTelegramBench(settings)
  await bench.channel.start(bench.receive)
  return bench
}

function outbound(chat: Chat, text: string, more: Partial<OutboundMessage> = {}): OutboundMessage {
  return { chat, text, key: `${chat.id} ${text}`, ...more }
}

function failureOf(outcome: SendOutcome): SendFailure {
  assert.equal(outcome.kind, 'failed')
  assert.ok(outcome.kind === 'failed')
  assert.match(outcome.failure.sentence, /\p{Script=Han}/u)
  return outcome.failure
}

const kindOf = (outcome: SendOutcome) => {
  const { kind, code } = failureOf(outcome)
  return [kind, code]
}

async function closeServer(server: Server | TcpServer): Promise<void> {
  await new Promise((resolve) => server.close(resolve))
}

test('a text goes out without markup and without the preview of a link', async () => {
  await using bench = await openStarted()
  const outcome = await bench.channel.send(outbound(PRIVATE, '见 https://example.org/a_b*c'))
  assert.deepEqual(outcome, { kind: 'sent', messageId: '500' })
  assert.deepEqual(bench.server.arrived[0]?.payload, {
    chat_id: 610000001,
    text: '见 https://example.org/a_b*c',
    link_preview_options: { is_disabled: true },
  })
})

test('a text fits up to 4096 bytes, which Telegram takes', async () => {
  await using bench = await openStarted()
  const longest = '水'.repeat(1365) + '.'
  assert.equal((await bench.channel.send(outbound(PRIVATE, longest))).kind, 'sent')
  assert.deepEqual(kindOf(await bench.channel.send(outbound(PRIVATE, `${longest}.`))), ['permanent', 'too-long'])
  assert.equal(bench.server.attempts, 1)
})

test('what Telegram would refuse is refused before it leaves', async () => {
  await using bench = await openStarted()
  const press = (data: string) => outbound(PRIVATE, '选哪个？', { buttons: [{ label: '甲', data }] })
  assert.deepEqual(kindOf(await bench.channel.send(press('安'.repeat(21) + 'ab'))), ['permanent', 'refused'])
  assert.deepEqual(kindOf(await bench.channel.send(press(''))), ['permanent', 'refused'])
  assert.deepEqual(kindOf(await bench.channel.send(outbound(PRIVATE, ' \n'))), ['permanent', 'refused'])
  const channelName = outbound({ id: '@somebody', kind: 'group' }, '在吗')
  assert.deepEqual(kindOf(await bench.channel.send(channelName)), ['permanent', 'refused'])
  assert.equal(bench.server.attempts, 0)
  assert.equal((await bench.channel.send(press('安'.repeat(21) + 'a'))).kind, 'sent')
})

test('buttons stand below each other, with data or with an address', async () => {
  await using bench = await openStarted()
  const buttons = [
    { label: '看全文', url: 'https://example.org/k/31' },
    { label: '没解决', data: 'unsolved:K-031' },
  ]
  assert.equal((await bench.channel.send(outbound(GROUP, '【科普】', { buttons }))).kind, 'sent')
  assert.deepEqual(bench.server.arrived[0]?.payload['reply_markup'], {
    inline_keyboard: [
      [{ text: '看全文', url: 'https://example.org/k/31' }],
      [{ text: '没解决', callback_data: 'unsolved:K-031' }],
    ],
  })
})

test('a reply goes to its topic, and goes out too when its message is gone', async () => {
  await using bench = await openStarted()
  const sender = { id: '610000001', bot: false }
  const inReplyTo = { messageId: '113', replyHandle: '113:12', sender }
  assert.equal((await bench.channel.send(outbound(SUPERGROUP, '先断电。', { inReplyTo }))).kind, 'sent')
  const [arrived] = bench.server.arrived
  assert.equal(arrived?.inReplyTo, undefined)
  assert.equal(arrived?.payload['message_thread_id'], 12)
  assert.deepEqual(arrived?.payload['reply_parameters'], { message_id: 113, allow_sending_without_reply: true })
})

test('every reason for which a chat takes nothing has its name', async () => {
  await using bench = await openStarted()
  const expected = {
    blocked: ['permanent', 'blocked'],
    kicked: ['permanent', 'chat-gone'],
    deactivated: ['permanent', 'chat-gone'],
    muted: ['permanent', 'blocked'],
  } as const
  for (const [state, named] of Object.entries(expected)) {
    bench.server.addChat({ id: -77, type: 'supergroup', state: state as keyof typeof expected })
    assert.deepEqual(kindOf(await bench.channel.send(outbound({ id: '-77', kind: 'group' }, '在吗'))), named, state)
  }
  const unknown = await bench.channel.send(outbound({ id: '12', kind: 'private' }, '在吗'))
  assert.deepEqual(kindOf(unknown), ['permanent', 'chat-gone'])
})

test('a group that became a supergroup is told with its new id', async () => {
  await using bench = await openStarted()
  bench.server.addChat({ id: -4012345, type: 'group', state: { upgradedTo: -1002000000002 } })
  const failure = failureOf(await bench.channel.send(outbound(GROUP, '在吗')))
  assert.deepEqual([failure.kind, failure.code, failure.movedTo], ['permanent', 'chat-moved', '-1002000000002'])
})

test('a throttle holds for the group, in private for the account, until the time that Telegram says', async () => {
  await using bench = await openStarted()
  bench.server.fail('throttled')
  const inGroup = failureOf(await bench.channel.send(outbound(GROUP, '一')))
  bench.server.fail('throttled')
  const inPrivate = failureOf(await bench.channel.send(outbound(PRIVATE, '二')))
  assert.deepEqual([inGroup.scope, inPrivate.scope], ['chat', 'account'])
  assert.deepEqual(inGroup.until, new Date(bench.clock.now().getTime() + 35_000))
  assert.equal(bench.channel.counters()['throttled'], 2)
})

test('the 21st message within a minute to a group is throttled, one to somebody else is not', async () => {
  await using bench = await openStarted()
  for (let count = 0; count < 20; count += 1) {
    assert.equal((await bench.channel.send(outbound(GROUP, `第${count}条`))).kind, 'sent')
    bench.clock.advance(1500)
  }
  const failure = failureOf(await bench.channel.send(outbound(GROUP, '第21条')))
  assert.deepEqual([failure.kind, failure.scope], ['throttled', 'chat'])
  assert.equal((await bench.channel.send(outbound(PRIVATE, '您好'))).kind, 'sent')
  bench.clock.set(failure.until?.toISOString() ?? '')
  assert.equal((await bench.channel.send(outbound(GROUP, '第21条'))).kind, 'sent')
})

test('where the answer is lost or is no answer the message may have arrived', async () => {
  await using bench = await openStarted()
  for (const fault of ['bad-gateway', 'cut'] as const) {
    bench.server.fail(fault)
    assert.deepEqual(kindOf(await bench.channel.send(outbound(PRIVATE, fault))), ['unknown', 'server'], fault)
  }
  assert.deepEqual(
    bench.server.arrived.map(({ text }) => text),
    ['cut'],
  )
  assert.equal(bench.channel.counters()['unknown'], 2)
})

test('a connection that never stands is known not to have carried anything', async () => {
  const opened = new Set<Socket>()
  const listener = createTcpServer((socket) => void opened.add(socket.on('error', () => {})))
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))
  const refuser = createServer().on('connect', (_request, socket: Socket) => {
    socket.end('HTTP/1.1 403 Forbidden\r\nconnection: close\r\n\r\n')
  })
  await new Promise<void>((resolve) => refuser.listen(0, '127.0.0.1', resolve))
  const opener = createServer().on('connect', (_request, socket: Socket) => {
    opened.add(socket.on('error', () => {}))
    socket.write('HTTP/1.1 200 Connection established\r\n\r\nthis is no TLS')
  })
  await new Promise<void>((resolve) => opener.listen(0, '127.0.0.1', resolve))
  const at = (server: TcpServer) => `127.0.0.1:${(server.address() as AddressInfo).port}`
  const ways = {
    'TLS that is never answered': { apiRoot: `https://${at(listener)}` },
    'a server without TLS': { apiRoot: `https://${at(refuser)}` },
    'a proxy that refuses': { apiRoot: 'https://api.telegram.invalid', proxyUrl: `http://${at(refuser)}` },
    'a proxy that leads somewhere else': { apiRoot: 'https://api.telegram.invalid', proxyUrl: `http://${at(opener)}` },
    'a proxy that never answers': { apiRoot: 'https://api.telegram.invalid', proxyUrl: `http://${at(listener)}` },
    'a name that does not exist': { apiRoot: 'https://api.telegram.invalid' },
  }
  for (const [way, settings] of Object.entries(ways)) {
    await using bench = await openTelegramBench({ timeoutMs: 600, ...settings })
    await bench.channel.start(bench.receive)
    assert.equal(bench.channel.health().state, 'failing', way)
    const described = kindOf(await bench.channel.send(outbound(PRIVATE, '在吗')))
    assert.deepEqual(described, ['retryable', 'not-connected'], way)
    assert.ok(!bench.logged().includes(bench.server.token), way)
  }
  for (const socket of opened) socket.destroy()
  await Promise.all([closeServer(listener), closeServer(refuser), closeServer(opener)])
})

test('a proxy is used for every call', async () => {
  const passed: string[] = []
  const proxy = createServer((request, response) => {
    passed.push(new URL(request.url ?? '').pathname.split('/').at(-1) ?? '')
    const onward = httpRequest(request.url ?? '', { method: request.method, headers: request.headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 500, answer.headers)
      answer.pipe(response)
    })
    onward.on('error', () => response.destroy())
    response.on('close', () => onward.destroy())
    request.pipe(onward)
  })
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
  {
    await using bench = await openTelegramBench({
      proxyUrl: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    })
    await bench.channel.start(bench.receive)
    assert.equal((await bench.channel.send(outbound(PRIVATE, '经过代理'))).kind, 'sent')
    assert.equal(bench.server.arrived[0]?.text, '经过代理')
  }
  assert.deepEqual(passed.slice(0, 2), ['getMe', 'deleteWebhook'])
  assert.ok(passed.includes('sendMessage'))
  await closeServer(proxy)
})

test('a proxy that would be passed over is refused', () => {
  const parts = { clock: systemClock, log: createLog('silent') }
  assert.throws(() => createTelegramChannel({ token: 't', proxyUrl: 'socks5://127.0.0.1:1080' }, parts), /http/)
})

test('a message is taken back within 48 hours', async () => {
  await using bench = await openStarted()
  const { channel, clock } = bench
  assert.ok(channel.recall)
  assert.equal((await channel.send(outbound(GROUP, '发错了'))).kind, 'sent')
  assert.deepEqual(await channel.recall(GROUP, '500'), { kind: 'sent', messageId: '500' })
  assert.deepEqual(kindOf(await channel.recall(GROUP, '500')), ['permanent', 'refused'])
  assert.equal((await channel.send(outbound(GROUP, '又发错了'))).kind, 'sent')
  clock.advance(48 * 3_600_000 + 1000)
  assert.deepEqual(kindOf(await channel.recall(GROUP, '501')), ['permanent', 'window-closed'])
})

test('owner, administrators and those of them who hide their names run a group', async () => {
  await using bench = await openStarted()
  const { channel } = bench
  const isAdmin = (chat: Chat, id: string) => channel.isGroupAdmin?.(chat, id)
  assert.equal(await isAdmin(SUPERGROUP, '610000001'), true)
  assert.equal(await isAdmin(SUPERGROUP, '610000004'), true)
  assert.equal(await isAdmin(SUPERGROUP, '610000002'), false)
  assert.equal(await isAdmin(SUPERGROUP, '610000099'), false)
  assert.equal(await isAdmin(SUPERGROUP, '1087968824'), true)
  assert.equal(await isAdmin(SUPERGROUP, '-1002000000077'), false)
  assert.equal(await isAdmin(PRIVATE, '610000001'), false)
  assert.equal(await isAdmin({ id: '-99', kind: 'group' }, '610000001'), false)
})

test('who runs a group is asked again after a minute', async () => {
  await using bench = await openStarted()
  const { server, channel, clock } = bench
  const asked = () => server.calls.filter(({ method }) => method === 'getChatMember').length
  const isAdmin = () => channel.isGroupAdmin?.(SUPERGROUP, '610000004')
  assert.equal(await isAdmin(), true)
  server.addChat({ id: -1002000000001, type: 'supergroup', members: { 610000004: 'member' } })
  clock.advance(59_000)
  assert.equal(await isAdmin(), true)
  assert.equal(asked(), 1)
  clock.advance(1000)
  assert.equal(await isAdmin(), false)
  assert.equal(asked(), 2)
})

test('a group can be left, and leaving one that is gone harms nothing', async () => {
  await using bench = await openStarted()
  await bench.channel.leave?.(GROUP)
  await bench.channel.leave?.({ id: '-99', kind: 'group' })
  assert.deepEqual(bench.server.leftChats, [-4012345])
})

test('stop waits for a message under way', async () => {
  await using bench = await openStarted({ timeoutMs: 500 })
  bench.server.fail('accepted-then-silence')
  const sending = bench.channel.send(outbound(PRIVATE, '在路上'))
  await bench.channel.stop()
  assert.deepEqual(kindOf(await sending), ['unknown', 'timeout'])
  await bench.channel.stop()
})

test('the double itself refuses what Telegram refuses', async () => {
  await using bench = await openTelegramBench()
  const { server } = bench
  const call = async (method: string, payload: object) => {
    const url = `${server.url}/bot${server.token}/${method}`
    const headers = { 'content-type': 'application/json', connection: 'close' }
    const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(payload) })
    const body = (await response.json()) as { error_code?: number; description?: string }
    return [response.status, body.description]
  }
  const to = { chat_id: 610000001 }
  const press = (data: string) => ({ inline_keyboard: [[{ text: '甲', callback_data: data }]] })
  assert.deepEqual(await call('sendMessage', { ...to, text: '长'.repeat(4096) }), [200, undefined])
  assert.deepEqual(await call('sendMessage', { ...to, text: '长'.repeat(4097) }), [
    400,
    'Bad Request: message is too long',
  ])
  assert.deepEqual(await call('sendMessage', { ...to, text: '?', reply_markup: press('a'.repeat(65)) }), [
    400,
    'Bad Request: BUTTON_DATA_INVALID',
  ])
  assert.deepEqual(await call('sendMessage', { ...to, text: '?', reply_parameters: { message_id: 9 } }), [
    400,
    'Bad Request: message to be replied not found',
  ])
  for (let id = 1; id <= 29; id += 1) {
    server.addChat({ id, type: 'private' })
    assert.deepEqual(await call('sendMessage', { chat_id: id, text: '?' }), [200, undefined])
  }
  assert.deepEqual(await call('sendMessage', { chat_id: 1, text: '?' }), [429, 'Too Many Requests: retry after 1'])
  await call('setWebhook', { url: 'https://example.org/hooks/telegram' })
  const [status, description] = await call('getUpdates', {})
  assert.equal(status, 409)
  assert.match(String(description), /webhook is active/)
})
