import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Channel, ChannelEvent, Chat, OutboundMessage } from '../../src/channels/channel.ts'

/** What arrived at the double, as the platform would show it to people. */
export interface Arrived {
  chatId: string
  text: string
  buttons: string[]
  /** The platform message it is tied to. */
  inReplyTo?: string
}

/** A fault that the double can be told to have at the next send. */
export const FAULTS = [
  'throttled',
  'server-error',
  'accepted-then-silence',
  'connection-refused',
  'blocked',
  'unauthorized',
] as const
export type Fault = (typeof FAULTS)[number]

/** One way in which a platform tells of something, as it is sent on the wire, and what must come of it. */
export interface InboundCase {
  name: string
  payload: unknown
  /** `null`: nothing may come of it. Otherwise the fields that matter. */
  expected: null | Partial<ChannelEvent>
}

/** An adapter against an honest double of its platform at the wire. */
export interface ChannelHarness {
  channel: Channel
  /** Secrets that must stand in no log line and no sentence. */
  secrets: readonly string[]
  /** Every line logged so far. */
  logged(): string
  events: readonly ChannelEvent[]
  /** Hands a payload to the adapter as the platform would and waits until it has been taken. */
  deliver(payload: unknown): Promise<void>
  arrived(): readonly Arrived[]
  /** Requests that reached the double for the purpose of sending, refused ones too. */
  attempts(): number
  fail(fault: Fault): void
  chats: { private: Chat; group?: Chat }
  /** Waits until what was sent can be seen at the double. */
  settle(): Promise<void>
  stop(): Promise<void>
}

/** What an adapter has no way to show, each with the reason; everything else is tested. */
export type NotApplicable = Partial<Record<Fault | 'inbound' | 'reply' | 'buttons' | 'keys' | 'group', string>>

let nextKey = 0
const outbound = (chat: Chat, text: string, more: Partial<OutboundMessage> = {}): OutboundMessage => ({
  chat,
  text,
  key: `key-${nextKey++}`,
  ...more,
})

const PLAIN =
  '119\n1. 先到屋外，再打这个电话。\n*粗* _斜_ `码` [字](http://例) <b>&amp; #1 ~~删~~\n来源：应急管理部·2026-05·L-004'

/** The tests that every adapter passes; those that it cannot show are named with the reason. */
export function describeChannel(
  name: string,
  create: () => Promise<ChannelHarness>,
  inbound: readonly InboundCase[],
  notApplicable: NotApplicable = {},
): void {
  describe(`${name} keeps the channel contract`, () => {
    let harness: ChannelHarness
    before(async () => {
      harness = await create()
    })
    after(() => harness.stop())
    const ifShown = (what: keyof NotApplicable, title: string, check: () => Promise<void>): void => {
      if (notApplicable[what] === undefined) test(title, check)
    }
    test('what it has no way to show is named with the reason', (context) => {
      for (const [what, reason] of Object.entries(notApplicable)) {
        assert.match(reason, /\S/)
        context.diagnostic(`${what}: ${reason}`)
      }
    })

    test('it is connected after start and says so', () => {
      assert.equal(harness.channel.health().state, 'connected')
      assert.notEqual(harness.channel.account, '')
    })

    for (const { name: what, payload, expected } of inbound) {
      ifShown('inbound', `inbound: ${what}`, async () => {
        const before = harness.events.length
        await harness.deliver(payload)
        const fresh = harness.events.slice(before)
        if (expected === null) assert.deepEqual(fresh, [])
        else {
          assert.equal(fresh.length, 1)
          assertFields(fresh[0], expected)
        }
      })
    }

    test('a text arrives exactly as it is, signs of markup too', async () => {
      const outcome = await harness.channel.send(outbound(harness.chats.private, PLAIN))
      assert.equal(outcome.kind, 'sent')
      await harness.settle()
      assert.equal(harness.arrived().at(-1)?.text, PLAIN)
      assert.equal(harness.arrived().at(-1)?.chatId, harness.chats.private.id)
    })

    ifShown('group', 'a group is written to like a person', async () => {
      const { group } = harness.chats
      assert.ok(group)
      const outcome = await harness.channel.send(outbound(group, '【科普】先断电。'))
      assert.equal(outcome.kind, 'sent')
      await harness.settle()
      assert.deepEqual(
        [harness.arrived().at(-1)?.chatId, harness.arrived().at(-1)?.text],
        [group.id, '【科普】先断电。'],
      )
    })

    ifShown('reply', 'a reply is tied to the message that it answers', async () => {
      const message = harness.events.findLast((event) => event.kind === 'message')
      assert.ok(message)
      const { chat, id, replyHandle, sender } = message
      const outcome = await harness.channel.send(
        outbound(chat, '收到。', { inReplyTo: { messageId: id, replyHandle, sender } }),
      )
      assert.equal(outcome.kind, 'sent')
      await harness.settle()
      assert.equal(harness.arrived().at(-1)?.inReplyTo, id)
    })

    ifShown('buttons', 'buttons are shown in order with the text', async () => {
      const buttons = [
        { label: '家里进水', data: 'card:nat-rainstorm-waterlogging' },
        { label: '都不是', data: 'none' },
      ]
      const chat = harness.chats.group ?? harness.chats.private
      assert.equal((await harness.channel.send(outbound(chat, '您问的是哪一种？', { buttons }))).kind, 'sent')
      await harness.settle()
      assert.deepEqual(harness.arrived().at(-1)?.buttons, ['家里进水', '都不是'])
    })

    test('a text that is too long is refused for good and never reaches the platform', async () => {
      const attempts = harness.attempts()
      const text = '长'.repeat(harness.channel.capabilities.maxBytes)
      const outcome = await harness.channel.send(outbound(harness.chats.private, text))
      assert.deepEqual(describeOutcome(outcome), ['failed', 'permanent', 'too-long'])
      assert.equal(harness.attempts(), attempts)
    })

    const expectations: Record<Fault, readonly string[][]> = {
      throttled: [['failed', 'throttled', 'throttled']],
      'server-error': [
        ['failed', 'retryable', 'server'],
        ['failed', 'unknown', 'server'],
      ],
      'accepted-then-silence': [['failed', 'unknown', 'timeout']],
      'connection-refused': [['failed', 'retryable', 'not-connected']],
      blocked: [
        ['failed', 'permanent', 'blocked'],
        ['failed', 'permanent', 'chat-gone'],
      ],
      unauthorized: [['failed', 'permanent', 'unauthorized']],
    }
    for (const fault of FAULTS) {
      ifShown(fault, `fault: ${fault} is told by name, once, without a retry`, async () => {
        const attempts = harness.attempts()
        harness.fail(fault)
        const outcome = await harness.channel.send(outbound(harness.chats.private, `故障 ${fault}`))
        const described = describeOutcome(outcome)
        assert.ok(
          expectations[fault].some((expected) => expected.join() === described.join()),
          described.join(),
        )
        assert.ok(harness.attempts() - attempts <= 1)
        if (outcome.kind !== 'failed') return
        assert.match(outcome.failure.sentence, /\p{Script=Han}/u)
        if (fault === 'throttled') assert.ok(outcome.failure.until)
      })
    }

    test('the next message goes out after every fault', async () => {
      assert.equal((await harness.channel.send(outbound(harness.chats.private, '又能发了。'))).kind, 'sent')
    })

    ifShown('keys', 'the same key twice arrives once', async () => {
      assert.ok(harness.channel.capabilities.idempotent)
      const message = outbound(harness.chats.private, '只到一次。')
      await harness.channel.send(message)
      await harness.channel.send(message)
      await harness.settle()
      assert.equal(harness.arrived().filter(({ text }) => text === message.text).length, 1)
    })

    test('no secret stands in a log line, a sentence or the health', () => {
      const shown = harness.logged() + JSON.stringify(harness.channel.health())
      for (const secret of harness.secrets) assert.ok(!shown.includes(secret))
    })

    test('after stop nothing more is sent', async () => {
      await harness.channel.stop()
      const attempts = harness.attempts()
      const outcome = await harness.channel.send(outbound(harness.chats.private, '太晚。'))
      assert.deepEqual(describeOutcome(outcome), ['failed', 'retryable', 'not-connected'])
      assert.equal(harness.attempts(), attempts)
      assert.equal(harness.channel.health().state, 'off')
    })
  })
}

function describeOutcome(outcome: Awaited<ReturnType<Channel['send']>>): string[] {
  return outcome.kind === 'failed' ? ['failed', outcome.failure.kind, outcome.failure.code] : [outcome.kind]
}

function assertFields(actual: unknown, expected: object): void {
  assert.ok(typeof actual === 'object' && actual !== null)
  for (const [field, value] of Object.entries(expected)) {
    assert.deepEqual((actual as Record<string, unknown>)[field], value, field)
  }
}
