import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sql } from 'drizzle-orm'
import { appendAudit } from '../../src/audit/audit-log.ts'
import { AppError } from '../../src/base/errors.ts'
import { readDeliveryStatus } from '../../src/delivery/delivery-status.ts'
import { callOff, CHUNK_SIZE, planNextChunk, reachedBy, releaseFanOut } from '../../src/delivery/fan-out.ts'
import { leaseRows } from '../../src/delivery/lease.ts'
import { settleRows } from '../../src/delivery/settle.ts'
import { findSqlState } from '../../src/store/store-errors.ts'
import type { Store } from '../../src/store/store.ts'
import { auditEntry } from '../../src/store/tables/audit.ts'
import { delivery, fanOut, fanOutChunk } from '../../src/store/tables/delivery.ts'
import { inTransaction } from '../../src/store/transaction.ts'
import { failure, TestEngine } from '../support/delivery-model-engine.ts'
import { describeStores } from '../support/open-test-store.ts'

const MINUTE_MS = 60_000
const isCode = (code: string) => (error: unknown) => error instanceof AppError && error.code === code
const names = (count: number) => Array.from({ length: count }, (_, at) => `chat-${at}`)

/** A store whose transactions do all their work and then lose it. */
function createFailing(store: Store): Store {
  const transaction = (work: (tx: Store['db']) => Promise<unknown>) =>
    store.db.transaction(async (tx) => {
      await work(tx)
      throw new Error('the power went')
    })
  return { ...store, db: Object.assign(Object.create(store.db), { transaction }) }
}

await describeStores('a fan-out', (getStore) => {
  const engineOf = () => new TestEngine(getStore())

  async function readFanOut(version = 'alert-1/1') {
    const { fanOuts } = await readDeliveryStatus(getStore().db, () => undefined)
    const found = fanOuts.find((each) => each.version === version)
    assert.ok(found)
    assert.ok(found.conserved, `${version} is not conserved`)
    return found
  }

  test('is released with the state of its caller, or neither holds', async () => {
    const engine = engineOf()
    const { db } = getStore()
    const release = async (fails: boolean) =>
      inTransaction(getStore(), async (tx) => {
        await appendAudit(tx, { at: engine.now(), actor: 'li', act: 'released', subject: 'alert-1/1', detail: {} })
        await releaseFanOut(tx, engine.describe(names(3)), engine.now())
        if (fails) throw new Error('no')
      })
    await assert.rejects(release(true), /no/)
    assert.deepEqual([await db.$count(auditEntry), await db.$count(fanOut), await db.$count(fanOutChunk)], [0, 0, 0])
    await release(false)
    assert.deepEqual([await db.$count(auditEntry), await db.$count(fanOut), await db.$count(fanOutChunk)], [1, 1, 1])
  })

  test('of one version exists once, also when two release it at the same moment', async () => {
    const engine = engineOf()
    const results = await Promise.allSettled([engine.release(names(3)), engine.release(names(5))])
    const refused = results.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []))
    assert.equal(refused.length, 1)
    assert.ok(isCode('already-released')(refused[0]))
    await assert.rejects(engine.release(names(1)), isCode('already-released'))
    assert.ok([3, 5].includes((await readFanOut()).snapshot))
  })

  test('to nobody, or of what is over before it begins, is refused', async () => {
    const engine = engineOf()
    await assert.rejects(engine.release([]), isCode('nobody-to-reach'))
    await assert.rejects(engine.release(names(1), { expiresAt: engine.now() }), isCode('already-expired'))
    const never = { effectiveAt: engine.in(2 * MINUTE_MS), expiresAt: engine.in(MINUTE_MS) }
    await assert.rejects(engine.release(names(1), never), isCode('already-expired'))
    assert.equal(await getStore().db.$count(fanOut), 0)
  })

  test('names a chat once however often the audience does', async () => {
    const engine = engineOf()
    await engine.release(['a', 'b', 'a'])
    assert.equal((await readFanOut()).snapshot, 2)
    assert.equal(await planNextChunk(getStore(), engine.now()), 2)
  })

  test('never has two rows for one chat', async () => {
    const engine = engineOf()
    await engine.release(['a'])
    await planNextChunk(getStore(), engine.now())
    const [row] = await engine.rows()
    assert.ok(row)
    const { id: _, ...again } = row
    await assert.rejects(getStore().db.insert(delivery).values(again), (error) => findSqlState(error) === '23505')
  })

  test('is planned piece by piece; one that fails in the middle is planned again, whole', async () => {
    const engine = engineOf()
    await engine.release(names(CHUNK_SIZE + 1))
    assert.equal((await readFanOut()).notPlanned, CHUNK_SIZE + 1)
    await assert.rejects(planNextChunk(createFailing(getStore()), engine.now()))
    assert.equal((await readFanOut()).notPlanned, CHUNK_SIZE + 1)
    assert.equal(await planNextChunk(getStore(), engine.now()), CHUNK_SIZE)
    assert.equal((await readFanOut()).notPlanned, 1)
    await assert.rejects(planNextChunk(createFailing(getStore()), engine.now()))
    assert.equal(await planNextChunk(getStore(), engine.now()), 1)
    assert.equal(await planNextChunk(getStore(), engine.now()), 0)
    assert.equal((await readFanOut()).notPlanned, 0)
  })

  test('plans what is urgent before what was released earlier', async () => {
    const engine = engineOf()
    await engine.release(['a'], { version: 'routine', lane: 4 })
    await engine.release(['b'], { version: 'red', lane: 0 })
    await planNextChunk(getStore(), engine.now())
    assert.deepEqual(
      (await engine.rows()).map(({ version }) => version),
      ['red'],
    )
  })

  test('skips a chat that nobody knows a way to any more, by name, and reaches the others', async () => {
    const engine = engineOf()
    const [gone = '', ...others] = await engine.meet(3)
    await engine.release([gone, ...others])
    await engine.contacts.forget(getStore().db, gone)
    await engine.delivery.drain()
    await engine.stop()
    assert.deepEqual(
      (await engine.rows()).map(({ endpoint, state, reason }) => [endpoint, state, reason]),
      [
        ['group-0', 'skipped', 'no-contact'],
        ['group-1', 'sent', null],
        ['group-2', 'sent', null],
      ],
    )
    await readFanOut()
    assert.equal(engine.channel.attempts.length, 2)
  })

  test('says to groups and to people what is meant for them', async () => {
    const engine = engineOf()
    await engine.release([...(await engine.meet(1, 'group')), ...(await engine.meet(1, 'person'))])
    await engine.delivery.drain()
    await engine.stop()
    const said = engine.channel.sent.map(({ chat, text, key }) => [chat.kind, chat.id, text, key])
    assert.deepEqual(
      said.toSorted(([a = ''], [b = '']) => a.localeCompare(b)),
      [
        ['group', 'id-group-0', '群里的话', 'alert-1/1 group-0'],
        ['private', 'id-person-0', '单独的话', 'alert-1/1 person-0'],
      ],
    )
  })

  test('called off before it is planned reaches nobody', async () => {
    const engine = engineOf()
    await engine.release(await engine.meet(3))
    const { db } = getStore()
    assert.deepEqual(await callOff(db, 'alert-1/1', 'cancelled', engine.now()), { calledOff: 3 })
    await engine.delivery.drain()
    await engine.stop()
    const { state, dropped, snapshot } = await readFanOut()
    assert.deepEqual({ state, dropped, snapshot }, { state: 'cancelled', dropped: 3, snapshot: 3 })
    assert.deepEqual(engine.channel.attempts, [])
    assert.deepEqual(await reachedBy(db, 'alert-1/1'), [])
    await assert.rejects(callOff(db, 'alert-1/1', 'cancelled', engine.now()), isCode('no-such-fan-out'))
  })

  test('called off in the middle of its planning is conserved, and a correction reaches who got it or may have', async () => {
    const engine = engineOf()
    const { db } = getStore()
    const store = getStore()
    await engine.release(names(CHUNK_SIZE + 2))
    await planNextChunk(store, engine.now())
    const request = { channel: 'telegram', rates: [], leaseMs: MINUTE_MS, now: engine.now() }
    const rows = await leaseRows(store, { ...request, room: 4 })
    const [sent, doubtful, dead, underWay] = rows
    assert.ok(sent && doubtful && dead && underWay)
    const settled = [
      { row: sent, next: { state: 'sent' as const, attempts: 1 } },
      { row: doubtful, next: { state: 'unknown' as const, attempts: 1 } },
      { row: dead, next: { state: 'dead' as const, attempts: 1 } },
    ]
    await settleRows(db, settled, engine.now())
    const { calledOff } = await inTransaction(store, (tx) => callOff(tx, 'alert-1/1', 'superseded', engine.now()))
    assert.equal(calledOff, CHUNK_SIZE + 2 - 4)
    const { dropped, notPlanned } = await readFanOut()
    assert.deepEqual({ dropped, notPlanned }, { dropped: 2, notPlanned: 0 })
    const reached = await reachedBy(db, 'alert-1/1')
    assert.deepEqual(reached.sort(), [sent, doubtful, underWay].map(({ endpoint }) => endpoint).sort())
    assert.equal(await planNextChunk(store, engine.now()), 0)
    assert.deepEqual(await leaseRows(store, { ...request, room: 4 }), [])
  })

  test('called off while a send is under way ends with it: what comes back is not tried again', async () => {
    const engine = engineOf()
    await engine.release(await engine.meet(2))
    engine.channel.answer = async ({ chat }) => {
      if (chat.id === 'id-group-0') await callOff(getStore().db, 'alert-1/1', 'cancelled', engine.now())
      return failure('retryable', 'server')
    }
    await engine.delivery.drain()
    await engine.run(5_000, 500)
    await engine.stop()
    assert.equal(engine.channel.attempts.length, 2)
    assert.deepEqual(await engine.states(), { superseded: 2 })
    assert.equal((await readFanOut()).etaSeconds, undefined)
  })

  test('called off after a resend of what may have arrived still names that chat as reached', async () => {
    const engine = engineOf()
    const [chat] = await engine.meet(1)
    await engine.release([chat ?? ''], { resendUnknown: true })
    const outcomes = [failure('unknown', 'timeout'), failure('retryable', 'server')]
    engine.channel.answer = () => outcomes.shift()
    await engine.delivery.drain()
    await engine.run(200)
    assert.deepEqual(await engine.states(), { retry: 1 })
    assert.deepEqual(await reachedBy(getStore().db, 'alert-1/1'), [chat])
    await callOff(getStore().db, 'alert-1/1', 'cancelled', engine.now())
    await engine.stop()
    assert.deepEqual(await engine.states(), { unknown: 1 })
    assert.deepEqual(await reachedBy(getStore().db, 'alert-1/1'), [chat])
  })

  test('called off after everything left changes nothing of what was sent', async () => {
    const engine = engineOf()
    const chats = await engine.meet(3)
    await engine.release(chats)
    await engine.delivery.drain()
    await engine.stop()
    assert.deepEqual(await callOff(getStore().db, 'alert-1/1', 'cancelled', engine.now()), { calledOff: 0 })
    assert.deepEqual((await reachedBy(getStore().db, 'alert-1/1')).sort(), chats)
    assert.deepEqual(await engine.states(), { sent: 3 })
    await readFanOut()
  })

  test('gives way to the version after it: only the new words leave', async () => {
    const engine = engineOf()
    const chats = await engine.meet(3)
    await engine.release(chats)
    await planNextChunk(getStore(), engine.now())
    await inTransaction(getStore(), async (tx) => {
      await callOff(tx, 'alert-1/1', 'superseded', engine.now())
      const message = { group: { text: '新的话' }, private: { text: '新的话' } }
      await releaseFanOut(tx, engine.describe(chats, { version: 'alert-1/2', message }), engine.now())
    })
    await engine.delivery.drain()
    await engine.stop()
    assert.deepEqual(engine.channel.texts(), ['新的话', '新的话', '新的话'])
    assert.equal((await readFanOut('alert-1/1')).state, 'superseded')
    assert.equal((await readFanOut('alert-1/2')).state, 'open')
  })

  test('that takes effect later does not leave before its hour', async () => {
    const engine = engineOf()
    await engine.release(await engine.meet(2), { effectiveAt: engine.in(10 * MINUTE_MS) })
    await engine.run(10 * MINUTE_MS - 5_000, 59_500)
    assert.deepEqual(await engine.states(), { planned: 2 })
    assert.deepEqual(engine.channel.attempts, [])
    await engine.run(10_000, 1_000)
    await engine.stop()
    assert.deepEqual(await engine.states(), { sent: 2 })
    assert.ok(engine.channel.attempts.every(({ at }) => at >= Date.parse('2026-07-18T06:10:00Z')))
  })

  test('is not sent once it has expired, not even when it was taken up before', async () => {
    const engine = engineOf()
    await engine.release(await engine.meet(2), { expiresAt: engine.in(MINUTE_MS) })
    const { findAll } = engine.contacts
    engine.contacts.findAll = async (...request) => {
      const found = await findAll(...request)
      engine.clock.advance(MINUTE_MS)
      return found
    }
    await engine.delivery.drain()
    await engine.stop()
    assert.deepEqual(engine.channel.attempts, [])
    assert.deepEqual(await engine.states(), { expired: 2 })
  })

  test('that nobody got to in time expires by itself', async () => {
    const engine = engineOf()
    await engine.release(await engine.meet(2), { expiresAt: engine.in(MINUTE_MS) })
    await planNextChunk(getStore(), engine.now())
    engine.clock.advance(MINUTE_MS)
    await engine.delivery.drain()
    await engine.stop()
    assert.deepEqual(engine.channel.attempts, [])
    assert.deepEqual(await engine.states(), { expired: 2 })
    await readFanOut()
  })

  test('follows a group whose platform gave it another number', async () => {
    const engine = engineOf()
    const chats = await engine.meet(1)
    await engine.release(chats)
    engine.channel.answer = ({ chat }) =>
      chat.id === 'id-group-0' ? failure('permanent', 'chat-moved', { movedTo: 'super-0' }) : undefined
    await engine.delivery.drain()
    await engine.stop()
    assert.deepEqual(
      engine.channel.sent.map(({ chat }) => chat.id),
      ['super-0'],
    )
    const found = await engine.contacts.find(getStore().db, 'group-0')
    assert.equal(found?.chatId, 'super-0')
  })

  test('that was planned before this process began is taken up when it starts', async () => {
    const engine = engineOf()
    await engine.release(await engine.meet(2))
    await planNextChunk(getStore(), engine.now())
    // Starting is all that happens: nobody wakes anything, no second passes.
    void engine.delivery
    const started = performance.now()
    while (engine.channel.sent.length < 2 && performance.now() - started < 5_000) {
      await getStore().db.execute(sql`select 1`)
    }
    await engine.stop()
    assert.deepEqual(await engine.states(), { sent: 2 })
  })

  test('waits for a channel that is not connected yet without using up attempts', async () => {
    const engine = engineOf()
    await engine.release(await engine.meet(2))
    let state: 'connecting' | 'connected' = 'connecting'
    engine.channel.health = () => ({ state, since: new Date(0) }) as ReturnType<typeof engine.channel.health>
    await engine.run(3_000, 1_000)
    assert.deepEqual(await engine.states(), { ready: 2 })
    state = 'connected'
    await engine.run(1_000, 1_000)
    await engine.stop()
    assert.deepEqual(await engine.states(), { sent: 2 })
  })
})
