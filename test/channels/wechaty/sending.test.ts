import assert from 'node:assert/strict'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import type { Chat, OutboundMessage, SendFailure, SendOutcome } from '../../../src/channels/channel.ts'
import type { Puppet } from '../../../src/channels/wechaty/connect-puppet.ts'
import { createWechatyHarness, NOW, type WechatyHarness } from '../../support/wechaty-room.ts'
import { ManualTimers } from '../../support/wechaty-timers.ts'

const MINUTE_MS = 60_000
const DAY_MS = 86_400_000
const ROOM: Chat = { id: 'room@chatroom', kind: 'group' }
const PERSON: Chat = { id: 'resident-1', kind: 'private' }
const OTHER: Chat = { id: 'resident-2', kind: 'private' }

let nextKey = 0
const message = (chat: Chat, more: Partial<OutboundMessage> = {}): OutboundMessage => ({
  chat,
  text: '先断电，再出门。',
  key: `key-${nextKey++}`,
  ...more,
})

function failureOf(outcome: SendOutcome): SendFailure {
  assert.ok(outcome.kind === 'failed')
  return outcome.failure
}

function fromPerson(id: string, timestamp = Date.parse(NOW)): object {
  return { event: 'message', message: { id, talkerId: PERSON.id, listenerId: 'bot', timestamp, type: 7, text: '在吗' } }
}

async function withHarness(
  options: Parameters<typeof createWechatyHarness>[0],
  run: (harness: WechatyHarness) => Promise<void>,
): Promise<void> {
  const harness = await createWechatyHarness(options)
  try {
    await run(harness)
  } finally {
    await harness.stop()
  }
}

describe('a WeChat account keeps to its caps', () => {
  test('a room hears one message in half an hour; the second is refused with the time, nothing waits', () =>
    withHarness({}, async ({ channel, clock, attempts }) => {
      assert.equal((await channel.send(message(ROOM))).kind, 'sent')
      clock.advance(10 * MINUTE_MS)
      const failure = failureOf(await channel.send(message(ROOM)))
      assert.deepEqual([failure.kind, failure.code, failure.scope], ['throttled', 'cap-reached', 'chat'])
      assert.deepEqual(failure.until, new Date('2026-07-01T12:30:00Z'))
      assert.equal(attempts(), 1)
      assert.equal(channel.counters()['refusedByRoomCap'], 1)
      clock.advance(20 * MINUTE_MS)
      assert.equal((await channel.send(message(ROOM))).kind, 'sent')
    }))

  test('what tells somebody in danger what to do gets out though the room and the day are used up', () =>
    withHarness({ settings: { caps: { perDay: 1 } } }, async ({ channel }) => {
      await channel.send(message(ROOM))
      assert.equal(failureOf(await channel.send(message(ROOM))).code, 'cap-reached')
      assert.equal((await channel.send(message(ROOM, { urgent: true }))).kind, 'sent')
      assert.equal((await channel.send(message(OTHER, { urgent: true }))).kind, 'sent')
      assert.deepEqual([channel.counters()['sentUrgent'], channel.counters()['sentLastDay']], [2, 3])
    }))

  test('who turns to us in a room is answered each time, and each answer counts for the day', () =>
    withHarness({ settings: { caps: { perDay: 2 } } }, async ({ channel }) => {
      const inReplyTo = { messageId: 'm', replyHandle: '', sender: { id: 'p-1', bot: false } }
      for (let count = 0; count < 2; count++) {
        assert.equal((await channel.send(message(ROOM, { inReplyTo }))).kind, 'sent')
      }
      assert.equal(failureOf(await channel.send(message(ROOM, { inReplyTo }))).scope, 'account')
    }))

  test('an urgent message counts for the room', () =>
    withHarness({}, async ({ channel }) => {
      await channel.send(message(ROOM, { urgent: true }))
      assert.equal(failureOf(await channel.send(message(ROOM))).scope, 'chat')
    }))

  test('somebody who has just written in private gets every answer, and each counts for the day', () =>
    withHarness({ settings: { caps: { perDay: 3 } } }, async ({ channel, clock, deliver }) => {
      await deliver(fromPerson('p-1'))
      for (let count = 0; count < 3; count++) assert.equal((await channel.send(message(PERSON))).kind, 'sent')
      const failure = failureOf(await channel.send(message(PERSON)))
      assert.deepEqual([failure.kind, failure.code, failure.scope], ['throttled', 'cap-reached', 'account'])
      assert.equal(failure.until?.getTime(), clock.now().getTime() + DAY_MS)
      assert.equal(channel.counters()['refusedByDayCap'], 1)
    }))

  test('somebody who wrote long ago, or whose old message came again, is written to once in half an hour', () =>
    withHarness({}, async ({ channel, clock, deliver }) => {
      await deliver(fromPerson('p-1', clock.now().getTime() - 60 * MINUTE_MS))
      assert.equal((await channel.send(message(PERSON))).kind, 'sent')
      assert.equal(failureOf(await channel.send(message(PERSON))).scope, 'chat')
    }))

  test('the day is the last 24 hours', () =>
    withHarness({ settings: { caps: { perDay: 2, perRoomMs: 0 } } }, async ({ channel, clock }) => {
      await channel.send(message(ROOM))
      clock.advance(10 * 60 * MINUTE_MS)
      await channel.send(message(ROOM))
      const { until } = failureOf(await channel.send(message(ROOM)))
      assert.deepEqual(until, new Date('2026-07-02T12:00:00Z'))
      clock.advance(14 * 60 * MINUTE_MS)
      assert.equal((await channel.send(message(ROOM))).kind, 'sent')
      assert.equal(failureOf(await channel.send(message(ROOM))).scope, 'account')
    }))

  test('a restart does not begin anew, the file names no chat and no draft is left', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'anxiao-wechaty-'))
    try {
      await withHarness({ dir }, async ({ channel }) => {
        await channel.send(message(ROOM))
      })
      await withHarness({ dir }, async ({ channel }) => {
        assert.equal(failureOf(await channel.send(message(ROOM))).code, 'cap-reached')
        assert.equal(channel.counters()['sentLastDay'], 1)
      })
      assert.deepEqual(await readdir(dir), ['sent.json'])
      assert.ok(!(await readFile(join(dir, 'sent.json'), 'utf8')).includes('room'))
    } finally {
      await rm(dir, { recursive: true })
    }
  })

  test('counts that cannot be read, and a clock that was ahead, close nothing for good', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'anxiao-wechaty-'))
    try {
      await writeFile(join(dir, 'sent.json'), '{"sent":[')
      await withHarness({ dir }, async ({ channel, clock, logged }) => {
        assert.match(logged(), /begun anew/)
        clock.advance(DAY_MS)
        assert.equal((await channel.send(message(ROOM))).kind, 'sent')
      })
      await withHarness({ dir }, async ({ channel, clock }) => {
        const { until } = failureOf(await channel.send(message(ROOM)))
        assert.equal(until?.getTime(), clock.now().getTime() + 30 * MINUTE_MS)
      })
    } finally {
      await rm(dir, { recursive: true })
    }
  })

  test('two messages to one room at the same moment: one goes out', () =>
    withHarness({}, async ({ channel, attempts }) => {
      const outcomes = await Promise.all([channel.send(message(ROOM)), channel.send(message(ROOM))])
      assert.deepEqual(outcomes.map(({ kind }) => kind).toSorted(), ['failed', 'sent'])
      assert.equal(attempts(), 1)
    }))

  test('what surely did not leave is not counted, what may have left is', () =>
    withHarness({}, async ({ channel, fail }) => {
      fail('connection-refused')
      assert.equal(failureOf(await channel.send(message(ROOM))).kind, 'retryable')
      assert.equal(channel.counters()['sentLastDay'], 0)
      fail('accepted-then-silence')
      assert.equal(failureOf(await channel.send(message(ROOM))).kind, 'unknown')
      assert.equal(failureOf(await channel.send(message(ROOM))).code, 'cap-reached')
    }))
})

describe('the pause before a message', () => {
  test('is as long as chance says within its bounds, and urgent messages do not wait', async () => {
    const timers = new ManualTimers()
    const settings = { caps: { jitterMs: [1_000, 5_000], perRoomMs: 0 } } as const
    await withHarness({ settings, parts: { timers, random: () => 0.5 } }, async ({ channel, attempts }) => {
      const sending = channel.send(message(ROOM))
      while (!timers.waits().includes(3_000)) await nextTurn()
      assert.equal(attempts(), 0)
      assert.equal((await channel.send(message(ROOM, { urgent: true }))).kind, 'sent')
      timers.run(3_000)
      assert.equal((await sending).kind, 'sent')
      assert.equal(attempts(), 2)
    })
  })

  test('ends when the channel stops or is switched off meanwhile; nothing leaves and nothing is counted', async () => {
    const timers = new ManualTimers()
    const settings = { caps: { jitterMs: [3_000, 3_000], perRoomMs: 0 } } as const
    await withHarness({ settings, parts: { timers } }, async ({ channel, attempts }) => {
      const first = channel.send(message(ROOM))
      while (!timers.waits().includes(3_000)) await nextTurn()
      await channel.halt()
      timers.run(3_000)
      assert.equal(failureOf(await first).code, 'switched-off')
      await channel.resume()
      const second = channel.send(message(ROOM))
      while (!timers.waits().includes(3_000)) await nextTurn()
      await channel.stop()
      assert.equal(failureOf(await second).code, 'not-connected')
      assert.deepEqual([attempts(), channel.counters()['sentLastDay']], [0, 0])
      assert.deepEqual(timers.waits(), [])
    })
  })
})

describe('the kill switch', () => {
  test('holds urgent messages too, outlives a restart, and is the file that an operator can make', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'anxiao-wechaty-'))
    try {
      await withHarness({ dir }, async ({ channel, attempts }) => {
        await channel.halt()
        const failure = failureOf(await channel.send(message(ROOM, { urgent: true })))
        assert.deepEqual([failure.kind, failure.code], ['retryable', 'switched-off'])
        assert.equal(attempts(), 0)
      })
      await withHarness({ dir }, async ({ channel, deliver, events }) => {
        assert.equal(failureOf(await channel.send(message(ROOM))).code, 'switched-off')
        await deliver(fromPerson('p-1'))
        assert.equal(events.length, 1)
        await channel.resume()
        assert.equal((await channel.send(message(ROOM))).kind, 'sent')
        await writeFile(join(dir, 'halted'), '')
        assert.equal(failureOf(await channel.send(message(PERSON))).code, 'switched-off')
        assert.equal(channel.counters()['refusedByKillSwitch'], 2)
      })
    } finally {
      await rm(dir, { recursive: true })
    }
  })
})

describe('what is sent', () => {
  test('a mock says nothing of its message: sent without an id; a puppet that does gives it on', () =>
    withHarness({}, async ({ channel, room }) => {
      assert.deepEqual(await channel.send(message(ROOM)), { kind: 'sent' })
      const puppet: Puppet = room().puppet
      puppet.messageSendText = async () => 'said-1'
      assert.deepEqual(await channel.send(message(OTHER)), { kind: 'sent', messageId: 'said-1' })
    }))

  test('buttons and empty texts are refused before anything is asked of the puppet', () =>
    withHarness({}, async ({ channel, attempts }) => {
      const withButton = message(ROOM, { buttons: [{ label: '都不是', data: 'none' }] })
      assert.equal(failureOf(await channel.send(withButton)).code, 'refused')
      assert.equal(failureOf(await channel.send(message(ROOM, { text: ' \n' }))).code, 'refused')
      assert.equal(attempts(), 0)
    }))

  test('a room that put us out is gone until it takes us in again', () =>
    withHarness({}, async ({ channel, deliver, attempts }) => {
      const told = { roomId: ROOM.id, removerId: 'resident-1', inviterId: 'resident-1', timestamp: Date.parse(NOW) }
      await deliver({ event: 'room-leave', told: { ...told, removeeIdList: ['bot'] } })
      const failure = failureOf(await channel.send(message(ROOM)))
      assert.deepEqual([failure.kind, failure.code, attempts()], ['permanent', 'chat-gone', 0])
      const old = {
        id: 'o-1',
        talkerId: PERSON.id,
        roomId: ROOM.id,
        timestamp: told.timestamp - 1,
        type: 7,
        text: '好',
      }
      await deliver({ event: 'message', message: old })
      assert.equal(failureOf(await channel.send(message(ROOM))).code, 'chat-gone')
      await deliver({ event: 'room-join', told: { ...told, inviteeIdList: ['bot'] } })
      assert.equal((await channel.send(message(ROOM))).kind, 'sent')
    }))

  test('our words are known when they are quoted, whatever we are called there, shortened too', () =>
    withHarness({}, async ({ channel, deliver, events }) => {
      await channel.send(message(ROOM, { text: '先关燃气阀门，再开窗，出门以后才打电话报警。\n来源：重庆燃气' }))
      const quoting = (id: string, quoted: string) => ({
        event: 'message',
        message: {
          id,
          talkerId: PERSON.id,
          roomId: ROOM.id,
          timestamp: Date.parse(NOW),
          type: 7,
          text: `「小机器：${quoted}」\n- - - - - - - - - - - - - - -\n然后呢`,
        },
      })
      await deliver(quoting('q-1', '先关燃气阀门，再开窗，出门以后才打电话报警。\n来源：重庆燃气'))
      await deliver(quoting('q-2', '先关燃气阀门，再开窗，出门以后才打电话报警。…'))
      await deliver(quoting('q-3', '先关'))
      assert.deepEqual(
        events.map((event) => event.kind === 'message' && event.repliesToUs),
        [true, true, false],
      )
    }))

  test('who owns the room runs it', () =>
    withHarness({}, async ({ channel }) => {
      assert.ok(channel.isGroupAdmin)
      assert.equal(await channel.isGroupAdmin(ROOM, 'resident-1'), true)
      assert.equal(await channel.isGroupAdmin(ROOM, 'resident-2'), false)
      assert.equal(await channel.isGroupAdmin({ id: 'unknown@chatroom', kind: 'group' }, 'resident-1'), false)
    }))
})

async function nextTurn(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve))
}
