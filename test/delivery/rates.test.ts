import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { SendRate } from '../../src/channels/channel.ts'
import { PLATFORM_LIMITS } from '../../src/channels/platform-limits.ts'
import { LANES } from '../../src/delivery/lanes.ts'
import { failure, TestEngine } from '../support/delivery-model-engine.ts'
import { describeStores } from '../support/open-test-store.ts'

const HOUR_MS = 3_600_000
const account = (count: number): SendRate[] => [{ per: 'account', count, windowMs: 1_000 }]

/** The most that left within any window of that length. */
function countBusiest(times: readonly number[], windowMs: number): number {
  const sorted = times.toSorted((a, b) => a - b)
  return Math.max(0, ...sorted.map((from) => sorted.filter((at) => at >= from && at < from + windowMs).length))
}

await describeStores('the rates of a platform', (getStore) => {
  const engineOf = (rates: readonly SendRate[]) => new TestEngine(getStore(), { rates })
  const timesOf = (engine: TestEngine) => engine.channel.attempts.map(({ at }) => at)

  test('go to a cancel or a red alert first, then to replies, then to notices and routine', async () => {
    const engine = engineOf(account(5))
    await engine.release(await engine.meet(10, 'group', 'routine'), { version: 'routine', lane: LANES.routine })
    await engine.release(await engine.meet(10, 'group', 'notice'), { version: 'notice', lane: LANES.notice })
    await engine.holdBack(500)
    await engine.release(await engine.meet(10, 'group', 'red'), { version: 'red', lane: LANES.urgent })
    for (let at = 0; at < 10; at++) await engine.hand(engine.reply(`asker-${at}`))
    await engine.run(11_000, 200)
    await engine.stop()
    const kinds = engine.channel.attempts.map(({ message }) => message.key.split(/[- ]/)[0])
    assert.equal(kinds.length, 40)
    const meanOf = (kind: string) => {
      const places = kinds.flatMap((each, at) => (each === kind ? [at] : []))
      return places.reduce((sum, at) => sum + at, 0) / places.length
    }
    const order = ['red', 'reply', 'notice', 'routine']
    assert.deepEqual(
      order.toSorted((a, b) => meanOf(a) - meanOf(b)),
      order,
    )
    assert.ok(kinds.lastIndexOf('red') < kinds.indexOf('notice'))
    assert.ok(kinds.lastIndexOf('notice') < kinds.indexOf('routine'))
  })

  test('leave replies a fifth while a thousand red messages are on their way at 30 a second', async (context) => {
    const engine = engineOf(account(30))
    await engine.release(await engine.meet(1_000), { lane: LANES.urgent })
    await engine.holdBack(500)
    for (let at = 0; at < 150; at++) await engine.hand(engine.reply(`asker-${at}`))
    await engine.run(10_500, 100)
    await engine.stop()
    const all = engine.channel.attempts
    const replies = all.filter(({ message }) => message.key.startsWith('reply')).length
    context.diagnostic(`in 10 s: ${all.length} sent, ${replies} of them replies`)
    assert.ok(all.length >= 270 && all.length <= 330, `${all.length} sent`)
    assert.ok(countBusiest(timesOf(engine), 1_000) <= 30)
    assert.ok(replies >= 54 && replies <= 75, `${replies} replies`)
  })

  test('hold for one chat and for one group, however much waits', async () => {
    const { rates } = PLATFORM_LIMITS.telegram
    const engine = engineOf(rates)
    const [group = ''] = await engine.meet(1)
    for (let at = 0; at < 30; at++) {
      await engine.release([group], { version: `notice-${at}`, expiresAt: engine.in(HOUR_MS) })
    }
    await engine.run(58_000, 1_000)
    await engine.stop()
    const times = timesOf(engine)
    assert.ok(times.length >= 18 && times.length <= 20, `${times.length} sent`)
    assert.ok(times.every((at, index) => index === 0 || at - (times[index - 1] ?? 0) >= 1_000))
  })

  test('are counted over a restart: it does not burst', async () => {
    const engine = engineOf(account(30))
    await engine.release(await engine.meet(120))
    for (let round = 0; round < 4; round++) {
      await engine.delivery.drain()
      await engine.restart()
      await engine.run(200, 50)
    }
    assert.ok(countBusiest(timesOf(engine), 1_000) <= 30, `${countBusiest(timesOf(engine), 1_000)} in a second`)
    await engine.run(6_000, 100)
    await engine.stop()
    assert.equal(engine.channel.sent.length, 120)
    assert.ok(countBusiest(timesOf(engine), 1_000) <= 30)
  })

  test('a throttled account holds up the whole channel, until its hour, over a restart, at no cost', async () => {
    const engine = engineOf(account(2))
    await engine.release(await engine.meet(6))
    const until = engine.in(10_000)
    engine.channel.answer = () => failure('throttled', 'throttled', { until, scope: 'account' })
    await engine.delivery.drain()
    engine.channel.answer = () => undefined
    const before = engine.channel.attempts.length
    assert.ok(before >= 1 && before <= 2)
    await engine.run(5_000, 500)
    await engine.restart()
    await engine.run(4_500, 500)
    assert.equal(engine.channel.attempts.length, before)
    await engine.run(6_000, 200)
    await engine.stop()
    assert.equal(engine.channel.sent.length, 6)
    assert.ok((await engine.rows()).every(({ attempts, state }) => state === 'sent' && attempts === 1))
  })

  test('a throttled chat holds up itself alone', async () => {
    const engine = engineOf([])
    const chats = await engine.meet(5)
    await engine.release(chats)
    const until = engine.in(10_000)
    engine.channel.answer = ({ chat }) =>
      chat.id === 'id-group-0' && engine.now() < until
        ? failure('throttled', 'throttled', { until, scope: 'chat' })
        : undefined
    await engine.delivery.drain()
    assert.equal(engine.channel.sent.length, 4)
    await engine.release(chats, { version: 'alert-2/1' })
    await engine.run(9_000, 1_000)
    assert.equal(engine.channel.sent.length, 8)
    await engine.run(3_000, 500)
    await engine.stop()
    assert.equal(engine.channel.sent.length, 10)
    assert.equal(engine.channel.attempts.filter(({ message }) => message.chat.id === 'id-group-0').length, 3)
  })

  for (const [name, jumpMs] of [
    ['back', -HOUR_MS],
    ['forward', HOUR_MS],
  ] as const) {
    test(`go on when the clock is set ${name} in the middle`, async () => {
      const engine = engineOf(account(30))
      await engine.release(await engine.meet(150), { expiresAt: engine.in(5 * HOUR_MS) })
      await engine.run(2_000, 100)
      const before = engine.channel.attempts.length
      assert.ok(before > 20 && before < 100)
      engine.clock.set(engine.in(jumpMs).toISOString())
      const jumpedAt = engine.now().getTime()
      await engine.run(2_000, 100)
      const soon = engine.channel.attempts.slice(before).map(({ at }) => at)
      assert.ok(soon.length >= 25, `${soon.length} within two seconds of the jump`)
      assert.ok(countBusiest(soon, 1_000) <= 30)
      // What left in the second before and the second after the jump, by a clock that did not jump.
      const around = timesOf(engine).map((at, index) => (index < before ? at - (jumpedAt - jumpMs) : at - jumpedAt))
      context(around)
      await engine.run(5_000, 100)
      await engine.stop()
      assert.equal(engine.channel.sent.length, 150)
      assert.deepEqual(await engine.states(), { sent: 150 })

      function context(times: readonly number[]): void {
        // After a jump forward nobody can tell it from a sleep: one window may be used twice.
        assert.ok(countBusiest(times, 1_000) <= (jumpMs < 0 ? 30 : 60), `${countBusiest(times, 1_000)} in a second`)
      }
    })
  }

  test('a clock that is set back does not hold up what waits for its next attempt or for a throttle', async () => {
    const engine = engineOf([])
    await engine.release(await engine.meet(2), { expiresAt: engine.in(5 * HOUR_MS) })
    const until = engine.in(5_000)
    engine.channel.answer = ({ chat }) =>
      chat.id === 'id-group-0'
        ? failure('retryable', 'server')
        : failure('throttled', 'throttled', { until, scope: 'account' })
    await engine.delivery.drain()
    engine.channel.answer = () => undefined
    engine.clock.set(engine.in(-HOUR_MS).toISOString())
    await engine.run(7_000, 500)
    await engine.stop()
    assert.deepEqual(await engine.states(), { sent: 2 })
  })
})
