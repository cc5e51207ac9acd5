import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readDeliveryStatus } from '../../src/delivery/delivery-status.ts'
import { AppError } from '../../src/base/errors.ts'
import { callOff, haltDelivery, planNextChunk, resumeDelivery, retryFailed } from '../../src/delivery/fan-out.ts'
import { LANES } from '../../src/delivery/lanes.ts'
import { auditEntry } from '../../src/store/tables/audit.ts'
import { failure, TestEngine } from '../support/delivery-model-engine.ts'
import { describeStores } from '../support/open-test-store.ts'

const isCode = (code: string) => (error: unknown) => error instanceof AppError && error.code === code

await describeStores('an operator', (getStore) => {
  const engineOf = () => new TestEngine(getStore())
  const partsOf = (engine: TestEngine) => ({ store: getStore(), clock: engine.clock })
  const readActs = async () =>
    (await getStore().db.select().from(auditEntry).orderBy(auditEntry.seq)).map(({ actor, act, subject, detail }) => ({
      actor,
      act,
      subject,
      detail,
    }))

  test('stops everything but replies, in every process, and lets it go on where it was', async () => {
    const engine = engineOf()
    const chats = await engine.meet(4)
    const parts = partsOf(engine)
    await haltDelivery(parts, 'li')
    await engine.release(chats, { lane: LANES.urgent })
    await engine.hand(engine.reply('wang'))
    await engine.run(3_000, 500)
    await engine.restart()
    await engine.run(3_000, 500)
    assert.deepEqual(engine.channel.texts(), ['答 reply-0'])
    assert.deepEqual(await engine.states(), { ready: 4, sent: 1 })
    const { haltedSince } = await readDeliveryStatus(getStore().db, () => undefined)
    assert.equal(haltedSince?.toISOString(), '2026-07-18T06:00:00.000Z')
    await resumeDelivery(parts, 'li')
    await engine.run(2_000, 500)
    await engine.stop()
    assert.deepEqual(await engine.states(), { sent: 5 })
    assert.equal((await readDeliveryStatus(getStore().db, () => undefined)).haltedSince, null)
  })

  test('halts in the middle of a broadcast: what was under way ends, nothing else begins', async () => {
    const engine = new TestEngine(getStore(), { rates: [{ per: 'account', count: 10, windowMs: 1_000 }] })
    await engine.release(await engine.meet(60))
    await engine.run(2_000, 100)
    await haltDelivery(partsOf(engine), 'li')
    const before = engine.channel.attempts.length
    assert.ok(before > 0 && before < 60)
    await engine.run(5_000, 250)
    assert.equal(engine.channel.attempts.length, before)
    await resumeDelivery(partsOf(engine), 'li')
    await engine.run(8_000, 100)
    await engine.stop()
    assert.deepEqual(await engine.states(), { sent: 60 })
    assert.equal(engine.channel.attempts.length, 60)
  })

  test('may halt and resume again and again; every act stands in the audit log', async () => {
    const engine = engineOf()
    const parts = partsOf(engine)
    for (const act of [haltDelivery, haltDelivery, resumeDelivery, resumeDelivery]) await act(parts, 'li')
    const entry = (act: string) => ({ actor: 'li', act, subject: 'all', detail: {} })
    assert.deepEqual(await readActs(), [
      entry('delivery-halted'),
      entry('delivery-halted'),
      entry('delivery-resumed'),
      entry('delivery-resumed'),
    ])
  })

  test('sees a partial failure as such, and sends again to the failed only', async () => {
    const engine = engineOf()
    const chats = await engine.meet(8)
    await engine.release(chats)
    engine.channel.answer = ({ chat }) => {
      if (['id-group-0', 'id-group-1'].includes(chat.id)) return failure('permanent', 'refused')
      if (chat.id === 'id-group-2') return failure('unknown', 'timeout')
      return chat.id === 'id-group-3' ? failure('permanent', 'blocked') : undefined
    }
    await engine.run(500)
    assert.deepEqual(await engine.states(), { dead: 2, unknown: 1, skipped: 1, sent: 4 })
    const { fanOuts } = await readDeliveryStatus(getStore().db, () => undefined)
    const counts = fanOuts[0]?.counts.map(({ state, reason, count }) => [state, reason, count])
    assert.deepEqual(counts?.toSorted(), [
      ['dead', 'refused', 2],
      ['sent', null, 4],
      ['skipped', 'blocked', 1],
      ['unknown', 'timeout', 1],
    ])
    const before = engine.channel.attempts.length
    engine.channel.answer = () => undefined
    assert.equal(await retryFailed(partsOf(engine), { version: 'alert-1/1', unknown: false }, 'li'), 2)
    await engine.run(1_500, 500)
    const again = engine.channel.attempts.slice(before).map(({ message }) => message.chat.id)
    assert.deepEqual(again.sort(), ['id-group-0', 'id-group-1'])
    assert.equal(await retryFailed(partsOf(engine), { version: 'alert-1/1', unknown: false }, 'li'), 0)
    assert.equal(await retryFailed(partsOf(engine), { version: 'alert-1/1', unknown: true }, 'li'), 1)
    await engine.run(1_500, 500)
    await engine.stop()
    assert.deepEqual(await engine.states(), { skipped: 1, sent: 7 })
    const acts = (await readActs()).map(({ actor, act, subject, detail }) => [actor, act, subject, detail])
    assert.deepEqual(acts, [
      ['li', 'delivery-retried', 'alert-1/1', { retried: 2, unknown: false }],
      ['li', 'delivery-retried', 'alert-1/1', { retried: 0, unknown: false }],
      ['li', 'delivery-retried', 'alert-1/1', { retried: 1, unknown: true }],
    ])
  })

  test('cannot send again what is over, called off or unknown to us, and no act is noted then', async () => {
    const engine = engineOf()
    const parts = partsOf(engine)
    await engine.release(await engine.meet(1), { expiresAt: engine.in(1_000) })
    await engine.release(['group-0'], { version: 'off/1' })
    await callOff(getStore().db, 'off/1', 'cancelled', engine.now())
    engine.clock.advance(1_000)
    const retry = (version: string) => retryFailed(parts, { version, unknown: true }, 'li')
    await assert.rejects(retry('alert-1/1'), isCode('already-expired'))
    await assert.rejects(retry('off/1'), isCode('no-such-fan-out'))
    await assert.rejects(retry('never/1'), isCode('no-such-fan-out'))
    assert.deepEqual(await readActs(), [])
  })

  test('reads how many wait, since when, and how long it takes at the platform’s rate', async () => {
    const engine = engineOf()
    await engine.release(
      Array.from({ length: 61 }, (_, at) => `chat-${at}`),
      { lane: LANES.orange },
    )
    const capabilities = {
      ...engine.channel.capabilities,
      rates: [{ per: 'account' as const, count: 30, windowMs: 1_000 }],
    }
    const read = () => readDeliveryStatus(getStore().db, () => capabilities)
    const [planned] = (await read()).fanOuts
    assert.deepEqual([planned?.snapshot, planned?.notPlanned, planned?.conserved], [61, 61, true])
    await planNextChunk(getStore(), engine.now())
    const status = await read()
    const [fanOut] = status.fanOuts
    assert.deepEqual([fanOut?.version, fanOut?.lane, fanOut?.state], ['alert-1/1', 'orange', 'open'])
    assert.deepEqual([fanOut?.notPlanned, fanOut?.dropped, fanOut?.conserved], [0, 0, true])
    assert.equal(fanOut?.etaSeconds, 3)
    assert.deepEqual(status.byState, [{ state: 'ready', lane: 'orange', count: 61 }])
    assert.equal(status.oldestWaitingSince?.getTime(), engine.now().getTime())
    await callOff(getStore().db, 'alert-1/1', 'cancelled', engine.now())
    const after = await read()
    assert.equal(after.fanOuts[0]?.etaSeconds, undefined)
    assert.equal(after.oldestWaitingSince, null)
  })
})
