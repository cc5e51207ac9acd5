import assert from 'node:assert/strict'
import { test } from 'node:test'

import { eq, sql } from 'drizzle-orm'

import { AppError } from '../../src/base/errors.ts'
import { conversation } from '../../src/store/tables/conversations.ts'
import { inTransaction } from '../../src/store/transaction.ts'
import { describeStores } from '../support/open-test-store.ts'

const row = (sessionHash: string, state: unknown = {}) => ({ sessionHash, state, updatedAt: new Date() })

await describeStores('a transaction', (getStore) => {
  test('commits what its work wrote and returns what it returned', async () => {
    const result = await inTransaction(getStore(), async (tx) => {
      await tx.insert(conversation).values(row('a'))
      return 7
    })
    assert.equal(result, 7)
    assert.equal(await getStore().db.$count(conversation), 1)
  })

  test('leaves nothing behind when its work throws, and passes that error on', async () => {
    const thrown = new Error('no')
    const failing = inTransaction(getStore(), async (tx) => {
      await tx.insert(conversation).values(row('a'))
      throw thrown
    })
    await assert.rejects(failing, thrown)
    assert.equal(await getStore().db.$count(conversation), 0)
  })

  test('runs after-commit hooks in order, when the rows can be seen by others', async () => {
    const store = getStore()
    const seen: unknown[] = []
    await inTransaction(store, async (tx, afterCommit) => {
      afterCommit(async () => void seen.push(await store.db.$count(conversation)))
      afterCommit(() => void seen.push('second'))
      await tx.insert(conversation).values(row('a'))
      seen.push('work')
    })
    assert.deepEqual(seen, ['work', 1, 'second'])
  })

  test('runs no hook after a rollback', async () => {
    let ran = false
    const failing = inTransaction(getStore(), async (_tx, afterCommit) => {
      afterCommit(() => void (ran = true))
      throw new Error('no')
    })
    await assert.rejects(failing)
    assert.equal(ran, false)
  })

  test('keeps its rows and the other hooks when a hook fails, and logs no row content', async () => {
    const store = getStore()
    const logged: unknown[] = []
    const log = Object.assign(Object.create(store.log), { error: (...parts: unknown[]) => logged.push(parts) })
    let ran = false
    await inTransaction({ ...store, log }, async (tx, afterCommit) => {
      await tx.insert(conversation).values(row('a'))
      afterCommit(async () => void (await store.db.execute(sql`select ${'13800000000'}::int / 0`)))
      afterCommit(() => void (ran = true))
    })
    assert.equal(await store.db.$count(conversation), 1)
    assert.equal(ran, true)
    assert.equal(logged.length, 1)
    assert.match(JSON.stringify(logged), /sqlState/)
  })

  test('nests through its own handle: an inner failure may be survived', async () => {
    await inTransaction(getStore(), async (tx) => {
      await tx.insert(conversation).values(row('outer'))
      const inner = tx.transaction(async (nested) => {
        await nested.insert(conversation).values(row('inner'))
        throw new Error('no')
      })
      await assert.rejects(inner, /^Error: no$/)
    })
    const rows = await getStore().db.select().from(conversation)
    assert.deepEqual(
      rows.map(({ sessionHash }) => sessionHash),
      ['outer'],
    )
  })

  test('refuses store.db and a second transaction inside its work at once instead of waiting for itself', async () => {
    const store = getStore()
    await inTransaction(store, async () => {
      await assert.rejects(store.db.select().from(conversation), (error: Error) =>
        /own handle/.test(String(error.cause)),
      )
      await assert.rejects(
        inTransaction(store, async () => {}),
        /own handle/,
      )
    })
    assert.equal(await store.db.$count(conversation), 0)
  })

  test('does not mix with others: thirty writers at once lose no increment', async () => {
    const store = getStore()
    await store.db.insert(conversation).values(row('a', 0))
    async function increment(): Promise<void> {
      await inTransaction(store, async (tx) => {
        const [found] = await tx.select().from(conversation).where(eq(conversation.sessionHash, 'a')).for('update')
        await tx.update(conversation).set({ state: Number(found?.state) + 1 })
      })
    }
    await Promise.all(Array.from({ length: 30 }, increment))
    assert.equal((await store.db.select().from(conversation))[0]?.state, 30)
  })

  test('resolves durably, also for many at once', async () => {
    const store = getStore()
    const names = Array.from({ length: 20 }, (_, index) => `d${index}`)
    await Promise.all(
      names.map((name) =>
        inTransaction(store, async (tx) => void (await tx.insert(conversation).values(row(name))), { durable: true }),
      ),
    )
    assert.equal(await store.db.$count(conversation), 20)
    await store.flush()
  })

  test('survives that its connection breaks between two statements', async () => {
    const store = getStore()
    if (store.kind === 'embedded') return
    const uncaught: unknown[] = []
    const note = (error: unknown) => uncaught.push(error)
    process.on('uncaughtException', note)
    const pid = Promise.withResolvers<number>()
    const killed = Promise.withResolvers<void>()
    const failing = inTransaction(store, async (tx) => {
      const { rows } = await tx.execute<{ pid: number }>(sql`select pg_backend_pid() as pid`)
      pid.resolve(rows[0]?.pid ?? 0)
      await killed.promise
      await tx.execute(sql`select 1`)
    })
    await store.db.execute(sql`select pg_terminate_backend(${await pid.promise}, 5000)`)
    // Time for the news to reach the idle connection.
    for (let round = 0; round < 5; round++) await store.ping()
    killed.resolve()
    await assert.rejects(failing, (error) => error instanceof AppError && error.code === 'store-unavailable')
    process.off('uncaughtException', note)
    assert.deepEqual(uncaught, [])
    await store.ping()
  })

  test('turns a lost connection into store-unavailable and works again afterwards', async () => {
    const store = getStore()
    if (store.kind === 'embedded') return
    const failing = inTransaction(store, async (tx) => {
      await tx.execute(sql`select pg_terminate_backend(pg_backend_pid())`)
    })
    await assert.rejects(failing, (error) => error instanceof AppError && error.code === 'store-unavailable')
    await store.ping()
  })
})
