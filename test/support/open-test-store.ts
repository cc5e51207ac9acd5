import { createHash } from 'node:crypto'
import { constants, existsSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { cp, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, beforeEach, describe } from 'node:test'
import { fileURLToPath } from 'node:url'

import { sql } from 'drizzle-orm'
import { pino } from 'pino'

import { readMigrations } from '../../src/store/migrate.ts'
import { openStore } from '../../src/store/open-store.ts'
import type { Store, StoreKind } from '../../src/store/store.ts'
import { createTestDatabase, findMissingPostgres } from './postgres-server.ts'

export interface TestStore {
  store: Store
  /** Empties every table and starts its numbers again at 1. */
  reset(): Promise<void>
  close(): Promise<void>
}

export const silentLog = pino({ level: 'silent' })

/** TEST_STORE: `embedded`, `postgres` or `both`; unset means both, Postgres only where one can be had. */
const wanted = process.env['TEST_STORE'] ?? ''
const wantedKinds: StoreKind[] = wanted === 'embedded' || wanted === 'postgres' ? [wanted] : ['embedded', 'postgres']

/**
 * A migrated, empty store of its own: one per test file, `reset` before each test, `close` at the end.
 * Without a kind: the embedded one, or Postgres when TEST_STORE says so.
 */
export async function openTestStore(kind: StoreKind = wantedKinds[0] ?? 'embedded'): Promise<TestStore> {
  return kind === 'embedded' ? openEmbeddedTestStore() : openPostgresTestStore()
}

/** Declares the same tests for each engine under test; each gets its store reset before every test. */
export async function describeStores(title: string, declare: (getStore: () => Store) => void): Promise<void> {
  for (const kind of wantedKinds) {
    const missing = kind === 'postgres' && wanted === '' ? await findMissingPostgres() : undefined
    describe(`${title} (${kind})`, { skip: missing ?? false }, () => {
      let opened: TestStore | undefined
      before(async () => {
        opened = await openTestStore(kind)
      })
      beforeEach(() => opened?.reset())
      after(() => opened?.close())
      declare(() => {
        if (opened === undefined) throw new Error('the store is open inside tests only')
        return opened.store
      })
    })
  }
}

/** A new data directory, with a finished embedded store in it: copying one is ten times faster than making one. */
export async function createTestDataDir(): Promise<string> {
  const template = await prepareTemplate()
  const dataDir = mkdtempSync(join(tmpdir(), 'anxiao-store-'))
  await cp(template, dataDir, { recursive: true, mode: constants.COPYFILE_FICLONE })
  return dataDir
}

async function openEmbeddedTestStore(): Promise<TestStore> {
  const dataDir = await createTestDataDir()
  const store = await openStore({ dataDir, databaseUrl: null }, { log: silentLog })
  return {
    store,
    reset: () => emptyTables(store),
    close: async () => {
      await store.close()
      rmSync(dataDir, { recursive: true, force: true })
    },
  }
}

async function openPostgresTestStore(): Promise<TestStore> {
  const database = await createTestDatabase()
  const dataDir = mkdtempSync(join(tmpdir(), 'anxiao-store-'))
  const store = await openStore({ dataDir, databaseUrl: database.url, poolSize: 5 }, { log: silentLog })
  return {
    store,
    reset: () => emptyTables(store),
    close: async () => {
      await store.close()
      await database.drop()
      rmSync(dataDir, { recursive: true, force: true })
    },
  }
}

async function emptyTables(store: Store): Promise<void> {
  // Deleting a few rows is twenty times faster than truncating. The replica role passes the foreign keys
  // and the trigger that keeps the audit log append-only.
  await store.db.execute(sql`
    do $$
    declare name text;
    begin
      set local session_replication_role = replica;
      for name in
        select format('%I', tablename) from pg_tables where schemaname = 'public' and tablename <> 'store_migration'
      loop
        execute 'delete from ' || name;
      end loop;
      for name in select format('%I', sequencename) from pg_sequences where schemaname = 'public'
      loop
        perform setval(name::regclass, 1, false);
      end loop;
    end $$`)
}

/** Made once per engine version and schema, kept in the machine's temporary folder. */
async function prepareTemplate(): Promise<string> {
  const folder = join(tmpdir(), `anxiao-store-template-${await templateKey()}`)
  if (existsSync(folder)) return folder
  const draft = mkdtempSync(join(tmpdir(), 'anxiao-store-draft-'))
  const store = await openStore({ dataDir: draft, databaseUrl: null }, { log: silentLog })
  await store.close()
  try {
    renameSync(draft, folder)
  } catch {
    // Another test process was faster.
    rmSync(draft, { recursive: true, force: true })
  }
  return folder
}

async function templateKey(): Promise<string> {
  const hash = createHash('sha256')
  for (const source of ['embedded-settings.ts', 'create-cluster.ts']) {
    hash.update(await readFile(fileURLToPath(new URL(`../../src/store/${source}`, import.meta.url))))
  }
  const engine = fileURLToPath(new URL('../package.json', import.meta.resolve('@electric-sql/pglite')))
  hash.update(await readFile(engine))
  for (const migration of readMigrations()) hash.update(migration.hash)
  return hash.digest('hex').slice(0, 16)
}
