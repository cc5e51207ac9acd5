import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { log, types } from 'wechaty-puppet'
import { createWechatyHarness, NOW, type WechatyHarness } from '../../support/wechaty-room.ts'
import { ManualTimers } from '../../support/wechaty-timers.ts'

const { messages, malformed } = JSON.parse(
  readFileSync(new URL('../../fixtures/channels/wechaty/messages.json', import.meta.url), 'utf8'),
) as { messages: Record<string, object>; malformed: { id: string }[] }

const said = (id: string, talkerId: string, text: string) => ({
  event: 'message',
  message: { id, talkerId, listenerId: 'bot', timestamp: Date.parse(NOW), type: types.Message.Text, text },
})

const textsOf = ({ events }: WechatyHarness) =>
  events.map((event) => (event.kind === 'message' ? event.text : event.kind))

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

describe('what a puppet tells', () => {
  test('a message that comes again is handed over once, one that is old keeps its date', () =>
    withHarness({}, async (harness) => {
      const old = said('r-1', 'resident-1', '昨天的话')
      old.message.timestamp -= 86_400_000
      for (let replay = 0; replay < 3; replay++) await harness.deliver(old)
      await harness.deliver(said('r-2', 'resident-1', '今天的话'))
      await harness.deliver(old)
      assert.deepEqual(textsOf(harness), ['昨天的话', '今天的话'])
      assert.deepEqual(harness.events[0]?.sentAt, new Date('2026-06-30T12:00:00Z'))
      assert.equal(harness.channel.counters()['ignoredDuplicate'], 3)
    }))

  test('what is malformed is counted and stops nothing', () =>
    withHarness({}, async (harness) => {
      for (const message of malformed) await harness.deliver({ event: 'message', message })
      harness.room().puppet.emit('message', {} as never)
      harness.room().puppet.emit('message', { messageId: 'never-told' })
      harness.room().puppet.emit('room-join', null as never)
      await harness.channel.idle()
      assert.deepEqual(textsOf(harness), [])
      assert.equal(harness.channel.counters()['ignoredMalformed'], malformed.length + 3)
      await harness.deliver(said('ok-1', 'resident-1', '还在'))
      assert.deepEqual(textsOf(harness), ['还在'])
    }))

  test('each kind that is ignored has its counter', () =>
    withHarness({}, async ({ channel, deliver }) => {
      for (const kind of ['own', 'recalled', 'red-envelope', 'pat', 'wechat-team', 'unknown-kind']) {
        await deliver({ event: 'message', message: messages[kind] })
      }
      const counters = channel.counters()
      assert.deepEqual(
        ['Own', 'Recalled', 'Money', 'System', 'Unknown'].map((kind) => counters[`ignored${kind}`]),
        [1, 1, 1, 2, 1],
      )
    }))

  test('requests of friendship and invitations are counted and nothing is accepted', () =>
    withHarness({}, async ({ channel, room }) => {
      const { puppet } = room()
      let accepted = 0
      puppet.friendshipAccept = async () => void accepted++
      puppet.roomInvitationAccept = async () => void accepted++
      puppet.emit('friendship', { friendshipId: 'f-1' })
      puppet.emit('room-invite', { roomInvitationId: 'i-1' })
      await new Promise((resolve) => setImmediate(resolve))
      assert.deepEqual([channel.counters()['friendRequests'], channel.counters()['roomInvites'], accepted], [1, 1, 0])
    }))

  test('messages of one chat stay in order, though looking one up takes longer; other chats do not wait', () =>
    withHarness({}, async (harness) => {
      let release = () => {}
      harness.holdReceive(new Promise((resolve) => (release = resolve)))
      const { mocker, puppet } = harness.room()
      const payload = puppet.messagePayload.bind(puppet)
      puppet.messagePayload = async (id) => {
        if (id === 'o-1') for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve))
        return payload(id)
      }
      for (const { message } of [
        said('o-1', 'resident-1', '一'),
        said('o-2', 'resident-1', '二'),
        said('o-3', 'resident-2', '别的'),
      ]) {
        mocker.cacheMessagePayload.set(message.id, message)
        puppet.emit('message', { messageId: message.id })
      }
      while (harness.events.length < 2) await new Promise((resolve) => setImmediate(resolve))
      assert.deepEqual(textsOf(harness).toSorted(), ['一', '别的'].toSorted())
      release()
      await harness.channel.idle()
      assert.deepEqual(
        textsOf(harness).filter((text) => text !== '别的'),
        ['一', '二'],
      )
    }))

  test('an event that is not taken within half a minute is counted and the next one comes', async () => {
    const timers = new ManualTimers()
    await withHarness({ parts: { timers } }, async (harness) => {
      harness.holdReceive(new Promise(() => {}))
      const first = harness.deliver(said('s-1', 'resident-1', '一'))
      while (harness.events.length === 0) await new Promise((resolve) => setImmediate(resolve))
      harness.holdReceive(Promise.resolve())
      timers.run(30_000)
      await first
      await harness.deliver(said('s-2', 'resident-1', '二'))
      assert.deepEqual(textsOf(harness), ['一', '二'])
      assert.equal(harness.channel.counters()['receiveTooSlow'], 1)
    })
  })

  test('names that the puppet does not tell in time are done without', async () => {
    const timers = new ManualTimers()
    await withHarness({ parts: { timers } }, async (harness) => {
      harness.room().puppet.contactPayload = () => new Promise(() => {})
      const delivered = harness.deliver(said('t-1', 'resident-1', '有人吗'))
      while (!timers.waits().includes(3_000)) await new Promise((resolve) => setImmediate(resolve))
      timers.run(3_000)
      await delivered
      assert.deepEqual(textsOf(harness), ['有人吗'])
    })
  })

  test('no text, id or name stands in the log', () =>
    withHarness({}, async (harness) => {
      await harness.deliver(said('l-1', 'resident-1', '我家着火了'))
      harness.room().puppet.emit('error', { data: '我家着火了 resident-1' })
      await harness.channel.send({ chat: { id: 'room@chatroom', kind: 'group' }, text: '快出门', key: 'k' })
      for (const word of ['我家', 'resident-1', '小王', '快出门', 'chatroom'])
        assert.ok(!harness.logged().includes(word))
      assert.equal(harness.channel.counters()['errors'], 1)
      assert.equal(log.level(), 'silent')
    }))
})

describe('a promise that a puppet forgets', () => {
  const run = (where: string) => {
    const script = `
      import { guardRejections } from ${JSON.stringify(new URL('../../../src/channels/wechaty/guard-rejections.ts', import.meta.url).href)}
      guardRejections(() => console.log('caught'))
      const error = new Error('forgotten')
      error.stack = 'Error: forgotten\\n    at ' + ${JSON.stringify(where)}
      void Promise.reject(error)
      setTimeout(() => console.log('alive'), 20)`
    return spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8', timeout: 10_000 })
  }

  test('does not end the process', () => {
    const { status, stdout } = run('Puppet.tick (file:///app/node_modules/wechaty-puppet-xp/dist/mod.js:1:1)')
    assert.deepEqual([status, stdout], [0, 'caught\nalive\n'])
  })

  test('while one of ours still does', () => {
    const { status, stdout } = run('answer (file:///app/src/answering/answer-question.ts:1:1)')
    assert.deepEqual([status, stdout], [1, ''])
  })
})
