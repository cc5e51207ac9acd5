import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createContacts } from '../../src/people/contacts.ts'
import { contact } from '../../src/store/tables/people.ts'
import { describeStores } from '../support/open-test-store.ts'

const secret = Buffer.alloc(32, 1)
const DAY_MS = 86_400_000
const at = new Date('2026-07-18T06:00:00Z')
const daysAgo = (days: number) => new Date(at.getTime() - days * DAY_MS)

await describeStores('contacts', (getStore) => {
  const contacts = createContacts(secret)

  test('lead from a pseudonym to a chat, and hold its id encrypted', async () => {
    const { db } = getStore()
    const group = { kind: 'group', channel: 'telegram', chatId: '-100200300', title: '业主群' } as const
    await contacts.remember(db, 'p1', group, at)
    assert.deepEqual(await contacts.find(db, 'p1'), group)
    const kept = JSON.stringify(await db.select().from(contact))
    assert.ok(!kept.includes('100200300') && !kept.includes('业主群'))
    assert.equal(await contacts.find(db, 'p2'), undefined)
    assert.deepEqual((await contacts.findAll(db, [])).size, 0)
  })

  test('keep what was heard last', async () => {
    const { db } = getStore()
    await contacts.remember(db, 'p1', { kind: 'group', channel: 'telegram', chatId: '1' }, daysAgo(3))
    await contacts.remember(db, 'p1', { kind: 'group', channel: 'telegram', chatId: '2', title: '新名' }, at)
    const found = await contacts.find(db, 'p1')
    assert.deepEqual([found?.chatId, found?.title], ['2', '新名'])
    assert.deepEqual(
      (await db.select().from(contact)).map(({ seenAt }) => seenAt),
      [at],
    )
  })

  test('cannot be read with another key, nor under another pseudonym', async () => {
    const { db } = getStore()
    await contacts.remember(db, 'p1', { kind: 'person', channel: 'telegram', chatId: '1' }, at)
    const others = createContacts(Buffer.alloc(32, 2))
    assert.equal(await others.find(db, 'p1'), undefined)
    await db.update(contact).set({ pseudonym: 'p2' })
    assert.equal(await contacts.find(db, 'p2'), undefined)
  })

  test('are forgotten on request, once', async () => {
    const { db } = getStore()
    await contacts.remember(db, 'p1', { kind: 'person', channel: 'telegram', chatId: '1' }, at)
    assert.equal(await contacts.forget(db, 'p1'), true)
    assert.equal(await contacts.forget(db, 'p1'), false)
    assert.equal(await contacts.find(db, 'p1'), undefined)
  })

  test('of people are deleted when nobody saw them for long; groups stay as long as we are in them', async () => {
    const { db } = getStore()
    const person = { kind: 'person', channel: 'telegram', chatId: '1' } as const
    await contacts.remember(db, 'old', person, daysAgo(181))
    await contacts.remember(db, 'edge', person, daysAgo(180))
    await contacts.remember(db, 'new', person, daysAgo(1))
    await contacts.remember(db, 'group', { ...person, kind: 'group' }, daysAgo(900))
    assert.equal(await contacts.forgetUnseen(db, daysAgo(180)), 1)
    const found = await contacts.findAll(db, ['old', 'edge', 'new', 'group'])
    assert.deepEqual([...found.keys()].sort(), ['edge', 'group', 'new'])
    await contacts.remember(db, 'edge', person, at)
    assert.equal(await contacts.forgetUnseen(db, daysAgo(179)), 0)
  })
})
