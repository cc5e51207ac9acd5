import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createDelivery } from '../../src/delivery/deliver.ts'
import { forgetOldDeliveries } from '../../src/delivery/settle.ts'
import type { Store } from '../../src/store/store.ts'
import { delivery, deliveryPause } from '../../src/store/tables/delivery.ts'
import { failure, TestEngine } from '../support/delivery-model-engine.ts'
import { describeStores, silentLog } from '../support/open-test-store.ts'

const HOUR_MS = 3_600_000

await describeStores('a reply', (getStore) => {
  const engineOf = () => new TestEngine(getStore())

  test('is sent, with a row whose words nobody reads without the key', async () => {
    const engine = engineOf()
    const reply = engine.reply('wang', { text: '关阀、开窗、出门' })
    const outcome = engine.delivery.deliver(reply)
    await engine.delivery.drain()
    assert.deepEqual(await outcome, { kind: 'sent', messageId: 'out-1' })
    await engine.stop()
    const [row] = await engine.rows()
    assert.equal(row?.state, 'sent')
    assert.equal(row?.platformId, 'out-1')
    const kept = JSON.stringify(row)
    assert.ok(!kept.includes('关阀') && !kept.includes('id-wang'))
  })

  test('that is handed over twice leaves once', async () => {
    const engine = engineOf()
    const reply = engine.reply('wang')
    const outcomes = [engine.delivery.deliver(reply), engine.delivery.deliver(reply)]
    await engine.run(100)
    assert.deepEqual(
      (await Promise.all(outcomes)).map(({ kind }) => kind),
      ['sent', 'sent'],
    )
    await engine.stop()
    assert.equal(engine.channel.attempts.length, 1)
  })

  test('that was written before a crash is sent by the next process', async () => {
    const engine = engineOf()
    engine.channel.answer = () => failure('retryable', 'server')
    await engine.hand(engine.reply('wang'))
    await engine.run(100)
    engine.channel.answer = () => undefined
    await engine.restart()
    await engine.run(2_000, 500)
    await engine.stop()
    assert.equal(engine.channel.sent.length, 1)
  })

  test('that may have arrived is not repeated; an urgent one is, once', async () => {
    const engine = engineOf()
    engine.channel.answer = () => failure('unknown', 'timeout')
    const outcomes = [engine.reply('wang'), engine.reply('li', { urgent: true })].map(engine.delivery.deliver)
    await engine.run(500)
    assert.deepEqual(
      (await Promise.all(outcomes)).map(({ kind }) => kind),
      ['failed', 'failed'],
    )
    await engine.stop()
    const chats = engine.channel.attempts.map(({ message }) => message.chat.id).sort()
    assert.deepEqual(chats, ['id-li', 'id-li', 'id-wang'])
  })

  test('that may have arrived is repeated under the same key where the channel drops doubles', async () => {
    const engine = new TestEngine(getStore(), { idempotent: true })
    const outcomes = [failure('unknown', 'timeout'), failure('unknown', 'timeout')]
    engine.channel.answer = () => outcomes.shift()
    const reply = engine.reply('wang')
    const outcome = engine.delivery.deliver(reply)
    await engine.run(500)
    assert.equal((await outcome).kind, 'sent')
    await engine.stop()
    assert.deepEqual(
      engine.channel.attempts.map(({ message }) => message.key),
      [reply.key, reply.key, reply.key],
    )
  })

  test('that comes too late is not sent, and its asker is not left waiting', async () => {
    const engine = engineOf()
    engine.channel.answer = () => failure('throttled', 'throttled', { until: engine.in(10_000) })
    const { outcome } = await engine.hand(engine.reply('wang'))
    await engine.run(6 * 60_000, 5_000)
    assert.equal((await outcome).kind, 'failed')
    assert.deepEqual(await engine.states(), { expired: 1 })
    assert.equal((await engine.rows())[0]?.attempts, 0)
    const before = engine.channel.attempts.length
    await engine.run(30_000, 5_000)
    await engine.stop()
    assert.equal(engine.channel.attempts.length, before)
  })

  test('follows a chat that moved, and does not go back and forth when it moves again', async () => {
    const engine = engineOf()
    engine.channel.answer = () => failure('permanent', 'chat-moved', { movedTo: 'elsewhere' })
    const { outcome } = await engine.hand(engine.reply('group'))
    await engine.run(2_000, 500)
    await engine.stop()
    assert.equal((await outcome).kind, 'failed')
    assert.deepEqual(
      engine.channel.attempts.map(({ message }) => message.chat.id),
      ['id-group', 'elsewhere'],
    )
  })

  test('goes without a row while the store is away', async () => {
    const engine = engineOf()
    engine.store = null
    const outcome = engine.delivery.deliver(engine.reply('wang'))
    await engine.delivery.drain()
    assert.equal((await outcome).kind, 'sent')
    engine.store = getStore()
    await engine.run(2_000, 500)
    await engine.stop()
    assert.equal(engine.channel.attempts.length, 1)
    assert.deepEqual(await engine.states(), {})
  })

  /** A store that takes its first insert only when it is told to. */
  const slowStoreOf = (store: Store) => {
    const busy = Promise.withResolvers<void>()
    let holdsBack = true
    const slow: Store = {
      ...store,
      db: Object.assign(Object.create(store.db), {
        insert: (table: typeof delivery) => {
          const insert = store.db.insert(table)
          if (!holdsBack) return insert
          holdsBack = false
          return {
            values: (row: typeof delivery.$inferInsert) => ({
              onConflictDoNothing: () => ({
                returning: async () => {
                  await busy.promise
                  return insert.values(row).onConflictDoNothing().returning({ id: delivery.id })
                },
              }),
            }),
          }
        },
      }),
    }
    return { slow, letIn: busy.resolve }
  }
  /** An engine whose store is slow, the reply that it was given, and the reply's row once there is one. */
  const handToSlowStore = async (engine: TestEngine) => {
    const { store, clock, channel, contacts, sealer } = engine
    assert.ok(store)
    const { slow, letIn } = slowStoreOf(store)
    const parts = { clock, timers: clock, log: silentLog, contacts, sealer, channels: [channel] }
    const slowEngine = createDelivery({ ...parts, store: () => slow })
    const outcome = slowEngine.deliver(engine.reply('wang'))
    clock.advance(600)
    const write = async () => {
      letIn()
      for (let look = 0; look < 1_000 && (await engine.rows()).length === 0; look++);
      clock.advance(1_000)
    }
    return { slowEngine, outcome, write }
  }

  test('whose row comes later than it could wait leaves once, not by both ways, and its row says so', async () => {
    const engine = engineOf()
    const { slowEngine, outcome, write } = await handToSlowStore(engine)
    assert.equal((await outcome).kind, 'sent')
    await write()
    await slowEngine.drain()
    await slowEngine.stop()
    assert.equal(engine.channel.attempts.length, 1)
    assert.deepEqual(await engine.states(), { sent: 1 })
  })

  test('that goes ahead of its row is not closed before it has left: a stop hands it to the next process', async () => {
    const engine = engineOf()
    engine.channel.answer = () => failure('throttled', 'throttled', { until: engine.in(60_000) })
    const { slowEngine, outcome, write } = await handToSlowStore(engine)
    await write()
    for (let look = 0; look < 1_000 && (await engine.states())['leased'] === undefined; look++);
    assert.deepEqual(await engine.states(), { leased: 1 })
    await slowEngine.stop()
    assert.equal((await outcome).kind, 'failed')
    assert.deepEqual(await engine.states(), { throttled: 1 })
    engine.channel.answer = () => undefined
    await engine.run(90_000, 1_000)
    await engine.stop()
    assert.deepEqual(await engine.states(), { sent: 1 })
    assert.equal(engine.channel.attempts.length, 2)
  })

  test('goes ahead of its row where the store takes rows and then lets nobody have them, as on a full disk', async () => {
    const engine = engineOf()
    const { store, clock, channel, contacts, sealer } = engine
    assert.ok(store)
    const full = Object.assign(new Error('could not extend file'), { code: '53100', severity: 'ERROR' })
    let isFull = true
    const db = Object.assign(Object.create(store.db) as typeof store.db, {
      transaction: (...work: Parameters<typeof store.db.transaction>) =>
        isFull ? Promise.reject(full) : store.db.transaction(...work),
    })
    const parts = { clock, timers: clock, log: silentLog, contacts, sealer, channels: [channel] }
    const delivery = createDelivery({ ...parts, store: () => ({ ...store, db }) })
    const outcome = delivery.deliver(engine.reply('wang'))
    for (let look = 0; look < 1_000 && (await engine.rows()).length === 0; look++);
    for (let look = 0; look < 5; look++) {
      clock.advance(500)
      await delivery.drain()
    }
    assert.equal((await outcome).kind, 'sent')
    assert.deepEqual(await engine.states(), { ready: 1 })
    isFull = false
    for (let look = 0; look < 5; look++) {
      clock.advance(500)
      await delivery.drain()
    }
    await delivery.stop()
    assert.equal(channel.attempts.length, 1)
    assert.deepEqual(await engine.states(), { sent: 1 })
  })

  test('is deleted with its words a day later, alerts are not', async () => {
    const engine = engineOf()
    await engine.release(await engine.meet(1))
    await engine.hand(engine.reply('wang'))
    await engine.run(500)
    engine.clock.advance(23 * HOUR_MS)
    await engine.delivery.forgetOld()
    assert.deepEqual(await engine.states(), { sent: 2 })
    engine.clock.advance(2 * HOUR_MS)
    await engine.delivery.forgetOld()
    await engine.stop()
    assert.deepEqual(
      (await engine.rows()).map(({ version, sealed }) => [version, sealed]),
      [['alert-1/1', null]],
    )
  })

  test('leaves no pause behind that is over', async () => {
    const engine = engineOf()
    const { db } = getStore()
    await db.insert(deliveryPause).values([
      { key: 'telegram', until: engine.in(-1) },
      { key: 'telegram chat', until: engine.in(1_000) },
    ])
    await forgetOldDeliveries(db, engine.now(), engine.in(-HOUR_MS))
    assert.deepEqual(
      (await db.select().from(deliveryPause)).map(({ key }) => key),
      ['telegram chat'],
    )
  })

  test('of somebody who wrote “forget me” still gets its answer; alerts do not follow them', async () => {
    const engine = engineOf()
    const [wang = ''] = await engine.meet(1, 'person')
    await engine.release([wang])
    await engine.contacts.forget(getStore().db, wang)
    void engine.delivery.deliver(engine.reply(wang, { text: '删掉了' }))
    await engine.run(500)
    await engine.stop()
    assert.deepEqual(engine.channel.texts(), ['删掉了'])
    const ended = (await engine.rows()).toSorted((a, b) => a.state.localeCompare(b.state))
    assert.deepEqual(
      ended.map(({ state, reason }) => [state, reason]),
      [
        ['sent', null],
        ['skipped', 'no-contact'],
      ],
    )
  })
})
