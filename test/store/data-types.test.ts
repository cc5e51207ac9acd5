import assert from 'node:assert/strict'
import { test } from 'node:test'

import { sql } from 'drizzle-orm'

import { knowledgeItem, knowledgeVersion } from '../../src/store/tables/knowledge.ts'
import { describeStores } from '../support/open-test-store.ts'

await describeStores('values read the same on each engine', (getStore) => {
  test('raw SQL gives counts and bigints as text, jsonb as data, bytea as bytes, moments in UTC', async () => {
    const { rows } = await getStore().db.execute(sql`
      select count(*) as counted, 9007199254740993::int8 as big, 7::int4 as small, 1.50::numeric as exact, true as yes,
        '2026-01-31'::date as day, '2026-01-31T20:00:00.123456+08'::timestamptz as moment,
        '\\x00ff'::bytea as bytes, '{"b":[1,"二"],"a":null}'::jsonb as data, array['一','二'] as list, null as nothing
      from generate_series(1, 3)`)
    assert.deepEqual(rows[0], {
      counted: '3',
      big: '9007199254740993',
      small: 7,
      exact: '1.50',
      yes: true,
      day: '2026-01-31',
      moment: '2026-01-31 12:00:00.123456+00',
      bytes: Buffer.from([0, 255]),
      data: { a: null, b: [1, '二'] },
      list: ['一', '二'],
      nothing: null,
    })
  })

  test('a row comes back as it was written', async () => {
    const { db } = getStore()
    const createdAt = new Date('2026-03-01T00:00:00.005Z')
    await db.insert(knowledgeItem).values({ kind: 'card', slug: 'acc-gas-leak', number: 1, createdAt })
    const version = {
      id: '0198a5d0-0000-7000-8000-000000000001',
      kind: 'card',
      slug: 'acc-gas-leak',
      version: 1,
      origin: 'shipped',
      state: 'published',
      content: { text: "关阀开窗 \u2028 '引号'", numbers: [1, 2.5] },
      contentHash: 'x',
      review: 'source-checked',
      region: null,
      validFrom: null,
      validUntil: '2027-02-28',
      createdAt,
      publishedAt: createdAt,
      endedAt: null,
      reason: null,
    } as const
    await db.insert(knowledgeVersion).values({ ...version, content: version.content })
    assert.deepEqual(await db.select().from(knowledgeVersion), [version])
    assert.equal(await db.$count(knowledgeVersion), 1)
  })

  test('a violated constraint names itself and its SQLSTATE', async () => {
    const { db } = getStore()
    const item = { kind: 'card', slug: 'a', number: 1, createdAt: new Date() }
    await db.insert(knowledgeItem).values(item)
    await assert.rejects(db.insert(knowledgeItem).values({ ...item, slug: 'b' }), (error: Error) => {
      const cause = error.cause as { code: string; constraint: string }
      assert.equal(cause.code, '23505')
      assert.equal(cause.constraint, 'knowledge_item_number')
      return true
    })
  })

  test('a megabyte of text survives', async () => {
    const text = '暴雨'.repeat(200_000)
    const { rows } = await getStore().db.execute<{ text: string }>(sql`select ${text}::text as text`)
    assert.equal(rows[0]?.text, text)
  })
})
