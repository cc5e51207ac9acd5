import assert from 'node:assert/strict'
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, beforeEach, test } from 'node:test'

import { AppError } from '../../src/base/errors.ts'
import { appendAudit, verifyAudit } from '../../src/audit/audit-log.ts'
import { backupStore, restoreStore } from '../../src/store/backup-store.ts'
import { exportStore } from '../../src/store/export-store.ts'
import { importStore } from '../../src/store/import-store.ts'
import { applyMigrations, readMigrations } from '../../src/store/migrate.ts'
import { openStore, openStoreWith } from '../../src/store/open-store.ts'
import type { Store } from '../../src/store/store.ts'
import { conversation } from '../../src/store/tables/conversations.ts'
import { knowledgeItem, knowledgeVersion } from '../../src/store/tables/knowledge.ts'
import { ticket, ticketAsker } from '../../src/store/tables/tickets.ts'
import { describeStores, openTestStore, silentLog, type TestStore } from '../support/open-test-store.ts'

const scratch = mkdtempSync(join(tmpdir(), 'anxiao-transfer-'))
let folder = ''
let number = 0
beforeEach(() => {
  folder = join(scratch, `export-${++number}`)
})

const others: TestStore[] = []
after(async () => {
  for (const other of others) await other.close()
  rmSync(scratch, { recursive: true, force: true })
})

const at = new Date('2026-01-01T00:00:00.001Z')
const question = { questionKey: 'k', count: 1, reason: 'declined', createdAt: at, updatedAt: at } as const

/** Rows that need care: references, a number given and lost, line separators inside text, letters of any collation. */
async function fill({ db }: Store): Promise<void> {
  await db.insert(knowledgeItem).values({ kind: 'card', slug: 'acc-gas-leak', number: 23, createdAt: at })
  await db.insert(knowledgeVersion).values({
    id: '0198a5d0-0000-7000-8000-000000000001',
    kind: 'card',
    slug: 'acc-gas-leak',
    version: 1,
    origin: 'local',
    state: 'published',
    review: 'source-checked',
    content: { text: 'a\u2028b\u2029c\n"\\ 安晓', deep: [{ z: 1, a: null }], exact: 0.1 },
    contentHash: 'h',
    validUntil: '2027-01-01',
    createdAt: at,
  })
  await db
    .insert(ticket)
    .values({ ...question, question: '屋头漏气啷个办', state: 'answered', answer: { text: '开窗' } })
  await db
    .transaction((tx) =>
      tx
        .insert(ticket)
        .values({ ...question, question: 'lost', state: 'closed' })
        .then(() => tx.rollback()),
    )
    .catch(() => undefined)
  await db.insert(ticketAsker).values({
    id: '0198a5d0-0000-7000-8000-000000000002',
    ticketNumber: 1,
    tokenHash: 't',
    asker: 'p-1',
    createdAt: at,
  })
  const names = ['b', 'B', 'a', 'é', '_', '安', '-']
  await db
    .insert(conversation)
    .values(names.map((sessionHash) => ({ sessionHash, state: { sessionHash }, updatedAt: at })))
  await db.transaction((tx) =>
    appendAudit(tx, { at, actor: 'staff-1', act: 'publish', subject: 'K-023', detail: { a: 1 } }),
  )
}

await describeStores('an export', (getStore) => {
  /** The other engine where there is one. */
  async function openOther(): Promise<Store> {
    const wanted = process.env['TEST_STORE']
    const onlyKind = wanted === 'embedded' || wanted === 'postgres' ? wanted : undefined
    const kind = onlyKind ?? (getStore().kind === 'embedded' ? 'postgres' : 'embedded')
    const other = await openTestStore(kind).catch(() => openTestStore('embedded'))
    others.push(other)
    return other.store
  }

  test('carries every row to the other engine, which exports the same bytes', async () => {
    await fill(getStore())
    const steps: string[] = []
    const first = await exportStore(getStore(), folder, {
      at,
      onProgress: ({ table, doneRows, totalRows }) => steps.push(`${table} ${doneRows}/${totalRows}`),
    })
    assert.equal(steps.at(-1), 'ticket_asker 12/12')
    const other = await openOther()
    await importStore(other, folder)
    const second = await exportStore(other, `${folder}-again`, { at })
    assert.deepEqual(second.tables, first.tables)
    assert.deepEqual(second.sequences, first.sequences)
    for (const { name } of first.tables) {
      assert.deepEqual(
        readFileSync(join(`${folder}-again`, `${name}.jsonl`)),
        readFileSync(join(folder, `${name}.jsonl`)),
      )
    }
    assert.deepEqual(await verifyAudit(other.db), { ok: true, count: 1 })
    const [next] = await other.db
      .insert(ticket)
      .values({ ...question, question: 'n', state: 'open' })
      .returning()
    assert.equal(next?.number, 3, 'a number once given is not given again')
    assert.equal((await other.db.select().from(knowledgeItem))[0]?.createdAt.getTime(), at.getTime())
  })

  test('is for nobody else to read, and refuses a folder in use', async () => {
    await exportStore(getStore(), folder)
    assert.equal(statSync(folder).mode & 0o777, 0o700)
    await assert.rejects(exportStore(getStore(), folder), /not empty/)
  })

  test('of a thousand rows is read back in batches', async () => {
    const rows = Array.from({ length: 1200 }, (_, index) => ({
      sessionHash: `s${index}`,
      state: { text: '安'.repeat(800) },
      updatedAt: at,
    }))
    await getStore().db.insert(conversation).values(rows)
    await exportStore(getStore(), folder)
    const other = await openOther()
    await importStore(other, folder)
    assert.equal(await other.db.$count(conversation), 1200)
  })
})

await describeStores('an import', (getStore) => {
  let exported = ''
  beforeEach(async () => {
    await fill(getStore())
    await exportStore(getStore(), folder)
    exported = join(folder, 'conversation.jsonl')
    await emptyByHand(getStore())
  })

  async function refuses(expected: RegExp): Promise<void> {
    await assert.rejects(importStore(getStore(), folder), (error) => {
      assert.ok(error instanceof AppError, String(error))
      assert.equal(error.code, 'store-transfer')
      assert.match(error.message, expected)
      return true
    })
    assert.equal(await getStore().db.$count(knowledgeItem), 0, 'nothing was imported')
  }

  test('restores what was exported', async () => {
    await importStore(getStore(), folder)
    assert.equal(await getStore().db.$count(conversation), 7)
  })

  test('names the line that is no row', async () => {
    editLine(exported, 3, () => '{"session_hash": "x", "state": ')
    await refuses(/conversation\.jsonl:3 /)
  })

  test('names the line that breaks a rule of the table', async () => {
    editLine(exported, 5, (line) => line.replace(/"session_hash": "[^"]*"/, '"session_hash": null'))
    await refuses(/conversation\.jsonl:5 /)
  })

  test('names the line whose value the store reads differently', async () => {
    editLine(exported, 2, (line) => line.replace('{', '{"unknown_column": 1, '))
    await refuses(/conversation\.jsonl:2 /)
  })

  test('notices a changed, a missing and an added row by the hash', async () => {
    const original = readFileSync(exported, 'utf8')
    editLine(exported, 1, (line) => line.replace('"state": {', '"state": {"a": 1, '))
    await refuses(/conversation\.jsonl/)
    writeFileSync(exported, original.split('\n').slice(1).join('\n'))
    await refuses(/conversation\.jsonl/)
    rmSync(exported)
    await refuses(/conversation\.jsonl/)
  })

  test('refuses a store that has rows, another schema and a folder that is no export', async () => {
    const manifest = join(folder, 'manifest.json')
    const text = readFileSync(manifest, 'utf8')
    writeFileSync(manifest, text.replace(/"schemaHash": "./, '"schemaHash": "x'))
    await refuses(/schema/)
    writeFileSync(manifest, '{}')
    await refuses(/manifest\.json/)
    writeFileSync(manifest, text)
    await getStore().db.insert(conversation).values({ sessionHash: 'mine', state: {}, updatedAt: at })
    await refuses(/conversation has rows/)
  })
})

test('a backup of the running store restores into a new directory, and over an old one by force only', async () => {
  const source = await openTestStore('embedded')
  others.push(source)
  await fill(source.store)
  const backup = await backupStore(source.store, folder, { at })
  assert.match(backup, /anxiao-20260101-000000-001$/)

  const target = { dataDir: join(scratch, `data-${number}`), databaseUrl: null }
  const parts = { log: silentLog }
  await restoreStore(target, backup, parts)
  let store = await openStore(target, parts)
  await store.db.delete(conversation)
  await assert.rejects(restoreStore(target, backup, parts, { force: true }), /in use by process/)
  await store.close()

  await assert.rejects(restoreStore(target, backup, parts), /--force/)
  await restoreStore(target, backup, parts, { force: true })
  store = await openStore(target, parts)
  assert.equal(await store.db.$count(conversation), 7)
  assert.deepEqual(await verifyAudit(store.db), { ok: true, count: 1 })
  await store.close()
  const left = readdirSync(target.dataDir)
  assert.equal(left.filter((name) => name.startsWith('store-before-restore-')).length, 1)
  assert.deepEqual(
    left.filter((name) => !name.startsWith('store')),
    [],
  )
})

test('a restore killed between its two renames is finished by the next start', async () => {
  const source = await openTestStore('embedded')
  others.push(source)
  await fill(source.store)
  const backup = await backupStore(source.store, folder)
  const target = { dataDir: join(scratch, `data-${number}`), databaseUrl: null }
  await restoreStore(target, backup, { log: silentLog })
  // What a kill leaves: the note, the new store still under its own name, the old one already aside.
  cpSync(join(target.dataDir, 'store'), join(target.dataDir, 'restore-x-store'), { recursive: true })
  rmSync(join(target.dataDir, 'store'), { recursive: true })
  writeFileSync(join(target.dataDir, 'restoring.json'), JSON.stringify({ from: 'restore-x-store', aside: 'old' }))
  const store = await openStore(target, { log: silentLog })
  assert.equal(await store.db.$count(conversation), 7)
  await store.close()
  assert.equal(existsSync(join(target.dataDir, 'restoring.json')), false)
})

test('a backup made before a migration restores into this release', async () => {
  const older = join(scratch, `older-${number}`)
  const parts = { log: silentLog }
  const store = await openStoreWith({ dataDir: older, databaseUrl: null }, parts, (db) =>
    applyMigrations(db, readMigrations(), 1),
  )
  await store.db.insert(conversation).values({ sessionHash: 'a', state: {}, updatedAt: at })
  const backup = await backupStore(store, folder)
  await store.close()
  const target = { dataDir: join(scratch, `data-${number}`), databaseUrl: null }
  await restoreStore(target, backup, parts)
  const restored = await openStore(target, parts)
  assert.equal(await restored.db.$count(conversation), 1)
  await restored.close()
})

async function emptyByHand({ db }: Store): Promise<void> {
  await db.execute(`
    begin;
    set local session_replication_role = replica;
    delete from ticket_asker; delete from ticket; delete from conversation; delete from audit_entry;
    delete from knowledge_version; delete from knowledge_item;
    commit`)
}

function editLine(path: string, number: number, edit: (line: string) => string): void {
  const lines = readFileSync(path, 'utf8').split('\n')
  lines[number - 1] = edit(lines[number - 1] ?? '')
  writeFileSync(path, lines.join('\n'))
}
