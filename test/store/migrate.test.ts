import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'

import { sql } from 'drizzle-orm'

import { AppError } from '../../src/base/errors.ts'
import { readManifest } from '../../src/store/import-store.ts'
import { applyMigrations, countApplied, type Migration, readMigrations } from '../../src/store/migrate.ts'
import { openStore, openStoreWith } from '../../src/store/open-store.ts'
import { conversation } from '../../src/store/tables/conversations.ts'
import { createTestDataDir, describeStores, silentLog } from '../support/open-test-store.ts'
import { createTestDatabase, findMissingPostgres } from '../support/postgres-server.ts'

await describeStores('migrations', (getStore) => {
  const broken: Migration = { hash: 'broken', statements: ['create table half_done (a int)', 'select 1 / 0'] }

  test('are all applied after opening', async () => {
    assert.equal(await countApplied(getStore().db, readMigrations()), readMigrations().length)
  })

  test('leave nothing of one that fails', async () => {
    const { db } = getStore()
    await assert.rejects(applyMigrations(db, [...readMigrations(), broken]))
    assert.equal(await countApplied(db, readMigrations()), readMigrations().length)
    const { rows } = await db.execute(sql`select to_regclass('half_done') as found`)
    assert.deepEqual(rows, [{ found: null }])
  })

  test('refuse a database that a newer release has migrated', async () => {
    await assert.rejects(countApplied(getStore().db, readMigrations().slice(0, 1)), isCode('store-newer'))
  })
})

describe('opening an older store', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'anxiao-store-'))
  after(() => rmSync(dataDir, { recursive: true, force: true }))

  test('exports it before migrating', async () => {
    const older = await openStoreWith({ dataDir, databaseUrl: null }, { log: silentLog }, (db) =>
      applyMigrations(db, readMigrations(), 1),
    )
    await older.db.insert(conversation).values({ sessionHash: 'a', state: {}, updatedAt: new Date() })
    await older.close()
    assert.equal(existsSync(join(dataDir, 'exports')), false)

    const store = await openStore({ dataDir, databaseUrl: null }, { log: silentLog })
    assert.equal(await store.db.$count(conversation), 1)
    await store.close()
    const exports = readdirSync(join(dataDir, 'exports'))
    assert.equal(exports.length, 1)
    const manifest = readManifest(join(dataDir, 'exports', exports[0] ?? ''))
    assert.equal(manifest.schemaVersion, 1)
    assert.equal(manifest.tables.find(({ name }) => name === 'conversation')?.rows, 1)
  })
})

describe('opening with another engine version', () => {
  test('exports the store first, once', async () => {
    const dataDir = await createTestDataDir()
    const notes = [JSON.stringify({ version: 'an older engine' }), '']
    for (const [index, note] of notes.entries()) {
      writeFileSync(join(dataDir, 'store', 'engine.json'), note)
      for (let round = 0; round < 2; round++) {
        const store = await openStore({ dataDir, databaseUrl: null }, { log: silentLog })
        await store.close()
        assert.equal(readdirSync(join(dataDir, 'exports')).length, index + 1)
      }
    }
    rmSync(dataDir, { recursive: true, force: true })
  })
})

const missing = process.env['TEST_STORE'] === 'embedded' ? 'TEST_STORE=embedded' : await findMissingPostgres()
describe('several processes on one Postgres', { skip: missing ?? false }, () => {
  test('may open an empty database at once: it is migrated once', async () => {
    const database = await createTestDatabase()
    const dataDir = mkdtempSync(join(tmpdir(), 'anxiao-store-'))
    const options = { dataDir, databaseUrl: database.url, poolSize: 2 }
    const stores = await Promise.all(Array.from({ length: 5 }, () => openStore(options, { log: silentLog })))
    const [first] = stores
    assert.equal(first && (await countApplied(first.db, readMigrations())), readMigrations().length)
    await Promise.all(stores.map((store) => store.close()))
    await database.drop()
    rmSync(dataDir, { recursive: true, force: true })
  })
})

function isCode(code: string): (error: unknown) => boolean {
  return (error) => error instanceof AppError && error.code === code
}
