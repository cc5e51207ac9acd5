import assert from 'node:assert/strict'
import { test } from 'node:test'

import { sql } from 'drizzle-orm'
import * as fc from 'fast-check'

import { appendAudit, verifyAudit } from '../../src/audit/audit-log.ts'
import type { Db } from '../../src/store/db.ts'
import { findSqlState } from '../../src/store/store-errors.ts'
import { auditEntry } from '../../src/store/tables/audit.ts'
import { inTransaction } from '../../src/store/transaction.ts'
import { describeStores } from '../support/open-test-store.ts'
import { FakeClock } from '../support/fake-clock.ts'

const clock = new FakeClock('2026-05-12T06:28:04.123Z')
const act = (subject: string, detail: Record<string, unknown> = {}) => ({
  at: clock.now(),
  actor: 'staff-1',
  act: 'publish',
  subject,
  detail,
})

await describeStores('the audit log', (getStore) => {
  async function append(subject: string, detail?: Record<string, unknown>): Promise<number> {
    return inTransaction(getStore(), (tx) => appendAudit(tx, act(subject, detail)))
  }

  /** Somebody with the server's password, past the trigger. */
  async function tamper(work: (tx: Db) => Promise<unknown>): Promise<void> {
    await getStore().db.transaction(async (tx) => {
      await tx.execute(sql`set local session_replication_role = replica`)
      await work(tx)
    })
  }

  test('is whole when empty', async () => {
    assert.deepEqual(await verifyAudit(getStore().db), { ok: true, count: 0 })
  })

  test('numbers acts from 1 and verifies whatever JSON they carry', async () => {
    const details = [
      { b: 1, a: { d: [1, 2.5, 1e21, 1e-7, -0], c: null } },
      { 二: '文字\u2028', 一: [] },
      { 'a "x"': true },
    ]
    for (const [index, detail] of details.entries()) assert.equal(await append(`K-${index}`, detail), index + 1)
    await append('dates and gaps', { at: clock.now(), nothing: undefined })
    assert.deepEqual(await verifyAudit(getStore().db), { ok: true, count: details.length + 1 })
  })

  test('verifies after storing any JSON object', async () => {
    const { db } = getStore()
    const details = fc.dictionary(fc.string({ unit: 'grapheme' }), fc.jsonValue({ stringUnit: 'grapheme' }))
    await fc.assert(
      fc.asyncProperty(details, async (detail) => {
        await db.transaction((tx) => appendAudit(tx, act('any', detail)))
      }),
      { numRuns: 100 },
    )
    assert.deepEqual(await verifyAudit(db), { ok: true, count: 100 })
  })

  test('belongs to the transaction: an act that is rolled back was never there', async () => {
    const { db } = getStore()
    await append('one')
    await assert.rejects(db.transaction((tx) => appendAudit(tx, act('two')).then(() => tx.rollback())))
    assert.equal(await append('two again'), 2)
    assert.deepEqual(await verifyAudit(db), { ok: true, count: 2 })
  })

  test('stays one chain with many writers at once', async () => {
    const numbers = await Promise.all(Array.from({ length: 40 }, (_, index) => append(`w-${index}`)))
    assert.equal(new Set(numbers).size, 40)
    assert.deepEqual(await verifyAudit(getStore().db), { ok: true, count: 40 })
  })

  test('is checked over more entries than fit one page', async () => {
    await inTransaction(getStore(), async (tx) => {
      for (let index = 0; index < 1001; index++) await appendAudit(tx, act(`s-${index}`))
    })
    assert.deepEqual(await verifyAudit(getStore().db), { ok: true, count: 1001 })
  })

  test('cannot be updated, deleted or truncated', async () => {
    const { db } = getStore()
    await append('one')
    for (const statement of [`update audit_entry set actor = 'x'`, 'delete from audit_entry', 'truncate audit_entry']) {
      await assert.rejects(db.execute(statement), (error) => findSqlState(error) === '23001')
    }
    assert.equal(await db.$count(auditEntry), 1)
  })

  test('shows a changed entry', async () => {
    for (const subject of ['one', 'two', 'three']) await append(subject)
    await tamper((tx) => tx.execute(sql`update audit_entry set detail = '{"x":1}' where seq = 2`))
    assert.deepEqual(await verifyAudit(getStore().db), { ok: false, seq: 2, why: 'the entry was changed' })
  })

  test('shows a missing entry', async () => {
    for (const subject of ['one', 'two', 'three']) await append(subject)
    await tamper((tx) => tx.execute(sql`delete from audit_entry where seq = 2`))
    assert.deepEqual(await verifyAudit(getStore().db), { ok: false, seq: 2, why: 'the entry is missing' })
  })

  test('shows an entry of another chain', async () => {
    await append('one')
    await append('two')
    await tamper((tx) => tx.execute(sql`update audit_entry set previous_hash = repeat('0', 64) where seq = 2`))
    const verdict = await verifyAudit(getStore().db)
    assert.deepEqual(verdict, { ok: false, seq: 2, why: 'the entry does not follow the one before it' })
  })
})
