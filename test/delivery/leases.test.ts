import assert from 'node:assert/strict'
import { test } from 'node:test'
import { callOff, planNextChunk } from '../../src/delivery/fan-out.ts'
import { leaseRows } from '../../src/delivery/lease.ts'
import { resetAbandoned, settleRows, supersedeReturned } from '../../src/delivery/settle.ts'
import { TestEngine } from '../support/delivery-model-engine.ts'
import { describeStores } from '../support/open-test-store.ts'

const LEASE_MS = 60_000

await describeStores('a lease', (getStore) => {
  async function prepare(count: number, more: { resendUnknown?: boolean } = {}) {
    const engine = new TestEngine(getStore())
    await engine.release(
      Array.from({ length: count }, (_, at) => `chat-${at}`),
      more,
    )
    await planNextChunk(getStore(), engine.now())
    const lease = (room: number) =>
      leaseRows(getStore(), { channel: 'telegram', rates: [], room, leaseMs: LEASE_MS, now: engine.now() })
    const reset = (everyone: boolean, except?: ReadonlySet<number>) =>
      resetAbandoned(getStore().db, {
        channel: 'telegram',
        idempotent: false,
        everyone,
        now: engine.now(),
        ...(except && { except }),
      })
    return { engine, lease, reset }
  }
  const sent = { state: 'sent' as const, attempts: 1 }

  test('is one worker’s alone, however many ask at the same moment', async () => {
    const { lease } = await prepare(60)
    const taken = (await Promise.all(Array.from({ length: 8 }, () => lease(10)))).flat()
    assert.equal(taken.length, 60)
    assert.equal(new Set(taken.map(({ id }) => id)).size, 60)
  })

  test('stays with its rate, however many ask at the same moment', async () => {
    const { engine } = await prepare(60)
    const rates = [{ per: 'account' as const, count: 10, windowMs: 60_000 }]
    const request = { channel: 'telegram', rates, room: 32, leaseMs: LEASE_MS, now: engine.now() }
    const taken = (await Promise.all(Array.from({ length: 4 }, () => leaseRows(getStore(), request)))).flat()
    assert.equal(taken.length, 10)
  })

  test('is never the second one of a chat', async () => {
    const { engine, lease } = await prepare(1)
    await engine.release(['chat-0'], { version: 'alert-2/1' })
    await planNextChunk(getStore(), engine.now())
    const [first, ...others] = [...(await lease(10)), ...(await lease(10))]
    assert.ok(first)
    assert.deepEqual(others, [])
    await settleRows(getStore().db, [{ row: first, next: sent }], engine.now())
    assert.equal((await lease(10)).length, 1)
  })

  test('that was taken over is settled by its new holder only', async () => {
    const { engine, lease, reset } = await prepare(1, { resendUnknown: true })
    const { db } = getStore()
    const [slow] = await lease(1)
    assert.ok(slow)
    engine.clock.advance(LEASE_MS)
    assert.equal(await reset(false), 1)
    const [next] = await lease(1)
    assert.ok(next && next.id === slow.id && next.leaseToken !== slow.leaseToken)
    const late = { row: slow, next: { state: 'dead' as const, attempts: 1, reason: 'refused' } }
    assert.equal((await settleRows(db, [late], engine.now())).size, 0)
    assert.equal((await engine.rows())[0]?.state, 'leased')
    assert.equal((await engine.rows())[0]?.leaseToken, next.leaseToken)
    assert.equal((await settleRows(db, [{ row: next, next: sent }], engine.now())).size, 1)
    assert.equal((await settleRows(db, [late], engine.now())).size, 0)
    assert.deepEqual(await engine.states(), { sent: 1 })
  })

  test('of many is settled as one, those that were lost apart', async () => {
    const { engine, lease } = await prepare(5)
    const rows = await lease(5)
    const settled = rows.map((row, at) => ({ row: at === 2 ? { ...row, leaseToken: 'of another' } : row, next: sent }))
    assert.equal((await settleRows(getStore().db, settled, engine.now())).size, 4)
    assert.deepEqual(await engine.states(), { sent: 4, leased: 1 })
    assert.equal((await settleRows(getStore().db, [], engine.now())).size, 0)
  })

  test('whose worker died is taken up at the start of the only process, and when it ends by anybody', async () => {
    const { engine, lease, reset } = await prepare(2)
    await lease(1)
    assert.equal(await reset(false), 0)
    assert.equal(await reset(true), 1)
    assert.deepEqual(await engine.states(), { unknown: 1, ready: 1 })
    await lease(1)
    engine.clock.advance(LEASE_MS - 1)
    assert.equal(await reset(false), 0)
    engine.clock.advance(1)
    assert.equal(await reset(false), 1)
    assert.deepEqual(await engine.states(), { unknown: 2 })
  })

  test('of a send that is still under way here does not end because the clock jumps', async () => {
    const { engine, lease, reset } = await prepare(1, { resendUnknown: true })
    const [row] = await lease(1)
    assert.ok(row)
    engine.clock.advance(10 * LEASE_MS)
    assert.equal(await reset(false, new Set([row.id])), 0)
    assert.deepEqual(await engine.states(), { leased: 1 })
  })

  test('of a process that was killed is taken up by the one after it: urgent sent once more, others held', async () => {
    const urgent = await prepare(2, { resendUnknown: true })
    await urgent.lease(2)
    await urgent.engine.release(await urgent.engine.meet(2, 'group', 'held'), { version: 'notice/1' })
    await planNextChunk(getStore(), urgent.engine.now())
    await urgent.lease(2)
    await urgent.engine.meet(2, 'group', 'chat')
    urgent.engine.clock.advance(LEASE_MS + 1_000)
    await urgent.engine.run(2_000, 500)
    await urgent.engine.stop()
    const ended = (await urgent.engine.rows()).map(({ version, state, reason }) => [version, state, reason])
    assert.deepEqual(ended, [
      ['alert-1/1', 'sent', null],
      ['alert-1/1', 'sent', null],
      ['notice/1', 'unknown', 'crashed'],
      ['notice/1', 'unknown', 'crashed'],
    ])
  })

  test('is not given again for what was called off while it was out', async () => {
    const { engine, lease } = await prepare(1)
    const { db } = getStore()
    const [row] = await lease(1)
    assert.ok(row)
    await callOff(db, 'alert-1/1', 'cancelled', engine.now())
    await settleRows(db, [{ row, next: { state: 'retry', attempts: 1, readyAt: engine.now() } }], engine.now())
    assert.deepEqual(await lease(1), [])
    assert.equal(await supersedeReturned(db, engine.now()), 1)
    assert.deepEqual(await engine.states(), { superseded: 1 })
  })

  test('is not given for anything that is expired, called off or before its hour', async () => {
    const { engine, lease } = await prepare(1)
    await engine.release(['later'], { version: 'later/1', effectiveAt: engine.in(1_000) })
    await engine.release(['over'], { version: 'over/1', expiresAt: engine.in(500) })
    await planNextChunk(getStore(), engine.now())
    await planNextChunk(getStore(), engine.now())
    assert.equal((await engine.rows()).length, 3)
    engine.clock.advance(500)
    assert.deepEqual(
      (await lease(9)).map(({ version }) => version),
      ['alert-1/1'],
    )
    engine.clock.advance(500)
    assert.deepEqual(
      (await lease(9)).map(({ version }) => version),
      ['later/1'],
    )
  })
})
