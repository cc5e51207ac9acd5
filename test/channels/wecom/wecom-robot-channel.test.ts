import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { createWecomRobotChannel } from '../../../src/channels/wecom/wecom-robot-channel.ts'
import {
  inShort,
  ROBOT_KEY,
  setUpWecomHttp,
  TIMEOUT_MS,
  wrapWecomHttp,
  type WecomHttpSetup,
} from '../../support/wecom-http-harness.ts'
import { describeChannel } from '../channel-contract.ts'

const chat = { id: '渝中值班群', kind: 'group' as const }

function createRobot(setup: WecomHttpSetup, key = ROBOT_KEY) {
  const { apiRoot } = setup.server
  return createWecomRobotChannel({ name: chat.id, key, apiRoot, timeoutMs: TIMEOUT_MS }, setup.parts)
}

async function startRobot(t: TestContext, key?: string) {
  const setup = await setUpWecomHttp()
  const channel = createRobot(setup, key)
  await channel.start(async () => {})
  t.after(async () => {
    await channel.stop()
    await setup.server.stop()
  })
  let sent = 0
  const send = (text: string) => channel.send({ chat, text, key: `key-${sent++}` })
  return { ...setup, channel, send }
}

describeChannel(
  'wecom-robot',
  async () => {
    const setup = await setUpWecomHttp()
    const channel = createRobot(setup)
    await channel.start(async () => {})
    // A robot knows one chat, a group.
    return wrapWecomHttp(
      setup,
      channel,
      { private: chat, group: chat },
      {
        throttled: 45009,
        'server-error': -1,
        'accepted-then-silence': 'silence',
        unauthorized: 93000,
      },
    )
  },
  [],
  {
    inbound: 'a webhook only takes messages',
    reply: 'a webhook cannot reply',
    buttons: 'a webhook has no buttons that come back',
    keys: 'the webhook knows no key',
    blocked: 'a robot that was removed answers 93000 like a wrong address',
  },
)

test('a text that would call a member shows as it was written', async (t) => {
  const { send, server } = await startRobot(t)
  await send('请看 <@WangFang> 和 <@all>')
  assert.equal(server.arrived()[0]?.text.replaceAll('\u200b', ''), '请看 <@WangFang> 和 <@all>')
})

test('the twenty-first message of a minute is throttled for a minute, for the whole robot', async (t) => {
  const { send, server, clock } = await startRobot(t)
  for (let i = 0; i < 20; i++) assert.equal(inShort(await send(`第 ${i} 条`)), 'sent')
  const outcome = await send('多的一条')
  assert.ok(outcome.kind === 'failed')
  assert.deepEqual(
    [outcome.failure.code, outcome.failure.scope, outcome.failure.until],
    ['throttled', 'account', new Date(clock.now().getTime() + 60_000)],
  )
  assert.equal(server.arrived().length, 20)
  clock.advance(60_000)
  assert.equal(inShort(await send('又能发了')), 'sent')
})

test('a wrong address shows in the health until a message goes out again', async (t) => {
  const { send, channel, server } = await startRobot(t)
  server.failSend(93000)
  assert.equal(inShort(await send('一')), 'permanent unauthorized')
  assert.equal(channel.health().state, 'failing')
  assert.match(channel.health().sentence ?? '', /Webhook/)
  await send('二')
  assert.equal(channel.health().state, 'connected')
})

test('the address as 企业微信 shows it works, and another chat is refused before anything leaves', async (t) => {
  const setup = await setUpWecomHttp()
  const webhookUrl = `${setup.server.apiRoot}/cgi-bin/webhook/send?key=${ROBOT_KEY}`
  const channel = createWecomRobotChannel({ name: chat.id, webhookUrl }, setup.parts)
  await channel.start(async () => {})
  t.after(async () => {
    await channel.stop()
    await setup.server.stop()
  })
  assert.equal(inShort(await channel.send({ chat, text: '好', key: 'a' })), 'sent')
  const other = await channel.send({ chat: { id: '别的群', kind: 'group' }, text: '好', key: 'b' })
  assert.equal(inShort(other), 'permanent refused')
  assert.equal(setup.server.attempts(), 1)
})

test('an address without a key is refused without showing it', async () => {
  const { parts, server } = await setUpWecomHttp()
  await server.stop()
  for (const webhookUrl of ['nonsense-with-secret', 'https://example.org/cgi-bin/webhook/send']) {
    assert.throws(
      () => createWecomRobotChannel({ name: '群', webhookUrl }, parts),
      (error) => error instanceof Error && error.name === 'AppError' && !error.message.includes(webhookUrl),
    )
  }
})

for (const [fault, expected] of [
  ['bad-gateway', 'unknown server'],
  ['cut', 'unknown server'],
  ['garbage', 'unknown server'],
  ['no-errcode', 'unknown server'],
  ['redirect', 'permanent refused'],
  ['not-found', 'permanent refused'],
  [45033, 'throttled throttled'],
  [40058, 'permanent refused'],
  [45002, 'permanent too-long'],
  [48002, 'permanent unauthorized'],
  [123456, 'permanent refused'],
] as const) {
  test(`an answer of ${fault} is ${expected}, told in Chinese without the platform's words`, async (t) => {
    const { send, server, logged } = await startRobot(t)
    server.failSend(fault)
    const outcome = await send('一句话')
    assert.equal(inShort(outcome), expected)
    assert.ok(outcome.kind === 'failed')
    assert.match(outcome.failure.sentence, /\p{Script=Han}/u)
    assert.doesNotMatch(outcome.failure.sentence, /hint|more info|html/)
    assert.ok(!logged().includes(ROBOT_KEY) && !logged().includes('一句话'))
    assert.equal(server.attempts(), 1)
  })
}

test('stopping waits for what is under way', async (t) => {
  const { send, channel, server } = await startRobot(t)
  server.failSend('silence')
  let outcome = ''
  const sending = send('慢').then((told) => {
    outcome = inShort(told)
  })
  await channel.stop()
  assert.equal(outcome, 'unknown timeout')
  await sending
  assert.equal(channel.health().state, 'off')
})
