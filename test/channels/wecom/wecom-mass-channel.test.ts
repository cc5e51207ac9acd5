import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { createWecomMassChannel } from '../../../src/channels/wecom/wecom-mass-channel.ts'
import {
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

const groupA = { id: 'wrGroupA', kind: 'group' as const }

function createMass(setup: WecomHttpSetup) {
  const settings = {
    corpId: CORP_ID,
    secret: SECRET,
    sender: { userId: 'wang', name: '王芳' },
    senders: { wrGroupC: { userId: 'chen' } },
    apiRoot: setup.server.apiRoot,
    timeoutMs: TIMEOUT_MS,
  }
  return createWecomMassChannel(settings, setup.parts)
}

async function startMass(t: TestContext, options: Partial<WecomHttpOptions> = {}) {
  const setup = await setUpWecomHttp(options)
  const channel = createMass(setup)
  await channel.start(async () => {})
  t.after(async () => {
    await channel.stop()
    await setup.server.stop()
  })
  let sent = 0
  const send = (text: string, id = groupA.id) =>
    channel.send({ chat: { id, kind: 'group' }, text, key: `key-${sent++}` })
  const createTask = async (text: string, id?: string) => {
    const outcome = await send(text, id)
    assert.ok(outcome.kind === 'awaiting-human', inShort(outcome))
    return outcome.task
  }
  return { ...setup, channel, send, createTask }
}

describeChannel(
  'wecom-mass, with a staff member who confirms at once',
  async () => {
    const setup = await setUpWecomHttp()
    const channel = createMass(setup)
    await channel.start(async () => {})
    const harness = wrapWecomHttp(
      setup,
      channel,
      { private: groupA, group: groupA },
      {
        throttled: 45009,
        'server-error': -1,
        'accepted-then-silence': 'silence',
        blocked: 84061,
        unauthorized: 48002,
      },
    )
    const { send } = harness.channel
    harness.channel.send = async (message) => {
      const outcome = await send(message)
      if (outcome.kind !== 'awaiting-human') return outcome
      setup.server.confirmTask(outcome.task)
      return { kind: 'sent' }
    }
    return harness
  },
  [],
  {
    inbound: 'nothing comes in by this way',
    reply: 'a mass message answers nothing',
    buttons: 'a mass message has none',
    keys: 'the platform knows no key: a second task would be a second message',
  },
)

test('nothing goes out before a member confirms, who is named', async (t) => {
  const { send, server } = await startMass(t)
  const outcome = await send('今晚停水，请储水。')
  assert.ok(outcome.kind === 'awaiting-human')
  assert.match(outcome.sentence, /王芳.*发送/)
  assert.equal(server.arrived().length, 0)
  assert.deepEqual(server.bodies()[0], {
    chat_type: 'group',
    chat_id_list: ['wrGroupA'],
    sender: 'wang',
    allow_select: false,
    text: { content: '今晚停水，请储水。' },
  })
  server.confirmTask(outcome.task)
  assert.deepEqual(server.arrived(), [{ chatId: 'wrGroupA', text: '今晚停水，请储水。', buttons: [] }])
})

test('a task is not sent until it is confirmed, then it says when', async (t) => {
  const { createTask, channel, server, clock } = await startMass(t)
  const task = await createTask('一')
  assert.deepEqual(await channel.findTask(task), {
    kind: 'found',
    complete: true,
    members: [{ userId: 'wang', state: 'not-sent', chats: [{ chatId: 'wrGroupA', state: 'not-sent' }] }],
  })
  clock.advance(90_000)
  server.confirmTask(task)
  const sentAt = clock.now()
  assert.deepEqual(await channel.findTask(task), {
    kind: 'found',
    complete: true,
    members: [{ userId: 'wang', state: 'sent', sentAt, chats: [{ chatId: 'wrGroupA', state: 'sent', sentAt }] }],
  })
})

test('a group that did not get it is named with the reason', async (t) => {
  const { createTask, channel, server } = await startMass(t)
  const reasons = { 2: 'not-a-customer', 3: 'limit-reached' } as const
  for (const status of [2, 3] as const) {
    const task = await createTask(`第 ${status} 次`)
    server.confirmTask(task, { wrGroupA: status })
    const found = await channel.findTask(task)
    assert.ok(found.kind === 'found')
    assert.deepEqual(found.members[0]?.chats, [{ chatId: 'wrGroupA', state: 'failed', reason: reasons[status] }])
  }
})

test('a group that had its messages of the month gets no more, and that is told', async (t) => {
  const { createTask, channel, server, clock } = await startMass(t)
  for (let i = 0; i < 30; i++) {
    server.confirmTask(await createTask(`第 ${i} 条`))
    clock.advance(60_000)
  }
  const task = await createTask('第三十一条')
  server.confirmTask(task)
  const found = await channel.findTask(task)
  assert.ok(found.kind === 'found')
  assert.equal(found.members[0]?.chats[0]?.reason, 'limit-reached')
  assert.equal(server.arrived().length, 30)
})

test('long lists are read page by page; entries that make no sense are left out and counted', async (t) => {
  const { createTask, channel, server } = await startMass(t, { pageSize: 2 })
  const task = await createTask('一')
  server.setTaskEntries(task, [
    { userid: 'wang', status: 2, send_time: 1_795_305_600 },
    { userid: 7, status: 2 },
    'nonsense',
    { userid: 'chen', status: 0 },
    { userid: 'zhou', status: 9 },
  ])
  const found = await channel.findTask(task)
  assert.ok(found.kind === 'found')
  assert.deepEqual(
    found.members.map(({ userId, state }) => [userId, state]),
    [
      ['wang', 'sent'],
      ['chen', 'not-sent'],
      ['zhou', 'unknown'],
    ],
  )
  assert.equal(channel.counters()['malformed'], 2)
})

test('a task that is not there, and a channel that is off, are failures with a sentence', async (t) => {
  const { channel } = await startMass(t)
  const missing = await channel.findTask('no-such-task')
  assert.ok(missing.kind === 'failed')
  assert.match(missing.failure.sentence, /\p{Script=Han}/u)
  await channel.stop()
  const off = await channel.findTask('no-such-task')
  assert.ok(off.kind === 'failed')
  assert.equal(off.failure.code, 'not-connected')
})

test('a group of another owner goes to that owner', async (t) => {
  const { createTask, server } = await startMass(t)
  await createTask('一', 'wrGroupC')
  assert.equal(server.bodies()[0]?.['sender'], 'chen')
})

test('a group in the list of failures gets no task', async (t) => {
  const { send } = await startMass(t)
  assert.equal(inShort(await send('一', 'wrUnknown')), 'permanent chat-gone')
})

test('a task without a number may exist', async (t) => {
  const { send, server } = await startMass(t)
  server.failSend({ answer: { errcode: 0, errmsg: 'ok' } })
  assert.equal(inShort(await send('一')), 'unknown server')
})

test('without the right the operator reads where it is given', async (t) => {
  const { send, server } = await startMass(t)
  server.failSend(48002)
  const outcome = await send('一')
  assert.ok(outcome.kind === 'failed')
  assert.match(outcome.failure.sentence, /可调用接口的应用/)
})
