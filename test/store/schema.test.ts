import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'

import { generateDrizzleJson, generateMigration } from 'drizzle-kit/api'

import { schema } from '../../src/store/schema.ts'
import { findSqlState } from '../../src/store/store-errors.ts'
import { knowledgeItem, knowledgeVersion } from '../../src/store/tables/knowledge.ts'
import { ticket, ticketAsker } from '../../src/store/tables/tickets.ts'
import { describeStores } from '../support/open-test-store.ts'

test('the migrations are those of the tables', async () => {
  const folder = new URL('../../src/store/migrations/meta/', import.meta.url)
  const last = readdirSync(folder)
    .filter((name) => name.endsWith('_snapshot.json'))
    .sort()
    .at(-1)
  const snapshot = JSON.parse(readFileSync(new URL(last ?? '', folder), 'utf8'))
  assert.deepEqual(await generateMigration(snapshot, generateDrizzleJson(schema, snapshot.id)), [])
})

const at = new Date('2026-01-01T00:00:00Z')
const version = {
  kind: 'card',
  slug: 'a',
  origin: 'shipped',
  state: 'published',
  content: {},
  contentHash: 'x',
  review: 'source-checked',
  validUntil: '2027-01-01',
  createdAt: at,
} as const
const question = { question: '燃气', questionKey: '燃气', state: 'open', count: 1, reason: 'declined' } as const
const id = (last: number) => `0198a5d0-0000-7000-8000-00000000000${last}`

await describeStores('the schema', (getStore) => {
  test('allows one published version of an item beside others', async () => {
    const { db } = getStore()
    await db.insert(knowledgeItem).values({ kind: 'card', slug: 'a', number: 1, createdAt: at })
    await db.insert(knowledgeVersion).values([
      { ...version, id: id(1), version: 1, state: 'superseded' },
      { ...version, id: id(2), version: 2 },
    ])
    await assert.rejects(db.insert(knowledgeVersion).values({ ...version, id: id(3), version: 3 }), isState('23505'))
  })

  test('refuses a version without its item and an unknown state', async () => {
    const { db } = getStore()
    await assert.rejects(db.insert(knowledgeVersion).values({ ...version, id: id(1), version: 1 }), isState('23503'))
    await db.insert(knowledgeItem).values({ kind: 'card', slug: 'a', number: 1, createdAt: at })
    const unknown = { ...version, id: id(1), version: 1, state: 'approved' as 'draft' }
    await assert.rejects(db.insert(knowledgeVersion).values(unknown), isState('23514'))
  })

  test('numbers tickets from 1 and keeps one open ticket per question', async () => {
    const { db } = getStore()
    const values = { ...question, createdAt: at, updatedAt: at }
    const [first] = await db.insert(ticket).values(values).returning({ number: ticket.number })
    assert.equal(first?.number, 1)
    await assert.rejects(db.insert(ticket).values(values), isState('23505'))
    await db.insert(ticket).values({ ...values, state: 'answered' })
    const asker = { ticketNumber: 1, tokenHash: 'h', asker: 'p', createdAt: at }
    await db.insert(ticketAsker).values({ ...asker, id: id(1) })
    await assert.rejects(db.insert(ticketAsker).values({ ...asker, id: id(2) }), isState('23505'))
  })
})

function isState(state: string): (error: unknown) => boolean {
  return (error) => findSqlState(error) === state
}
