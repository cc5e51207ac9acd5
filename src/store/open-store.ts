import { mkdirSync } from 'node:fs'

import { sql } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/node-postgres'
import { Pool } from 'pg'
import type { Logger } from 'pino'

import type { Db } from './db.ts'
import { openEmbeddedCluster } from './embedded-cluster.ts'
import { prepareSchema, type Upgrade, upgradeWithExport } from './prepare-schema.ts'
import { schema } from './schema.ts'
import { findSqlState, findStoreRefusal, storeError } from './store-errors.ts'
import type { Store, StoreKind, StoreOptions } from './store.ts'
import { isInScope } from './transaction-scope.ts'

const statementTimeoutMs = 30_000
const connectTimeoutMs = 10_000

/**
 * Opens and migrates the store. Throws `store-locked` when another process has the embedded one, `store-unavailable`
 * when it is broken or the server cannot be reached (then retryable), `store-newer` when a newer release migrated it.
 */
export async function openStore(options: StoreOptions, parts: { log: Logger }): Promise<Store> {
  return openStoreWith(options, parts, upgradeWithExport)
}

/** `openStore` with another way to bring the schema up; for restoring. */
export async function openStoreWith(options: StoreOptions, parts: { log: Logger }, upgrade: Upgrade): Promise<Store> {
  mkdirSync(options.dataDir, { recursive: true, mode: 0o700 })
  const opening = { log: parts.log, dataDir: options.dataDir, upgrade }
  return options.databaseUrl === null
    ? openEmbedded(opening)
    : openPostgres(options.databaseUrl, options.poolSize ?? 10, opening)
}

interface Opening {
  log: Logger
  dataDir: string
  upgrade: Upgrade
}

async function openEmbedded(opening: Opening): Promise<Store> {
  const cluster = await openEmbeddedCluster(opening.dataDir, opening.log)
  const pool = new Pool({
    user: 'postgres',
    database: 'postgres',
    password: '',
    ssl: false,
    max: 1,
    idleTimeoutMillis: 0,
    connectionTimeoutMillis: statementTimeoutMs,
    stream: () => cluster.connect(),
  })
  return finishOpening('embedded', pool, cluster, opening)
}

async function openPostgres(url: string, poolSize: number, opening: Opening): Promise<Store> {
  const pool = new Pool({
    connectionString: url,
    max: poolSize,
    application_name: 'anxiao',
    connectionTimeoutMillis: connectTimeoutMs,
    statement_timeout: statementTimeoutMs,
    idle_in_transaction_session_timeout: 2 * statementTimeoutMs,
    options: '-c timezone=UTC',
  })
  const server = { engineChanged: false, flush: async () => {}, confirmVersion: () => {}, close: async () => {} }
  return finishOpening('postgres', pool, server, opening)
}

/** What stands behind the pool. */
interface Backend {
  /** Whether another engine version wrote the data last. */
  readonly engineChanged: boolean
  flush(): Promise<void>
  /** Called when the schema is in place: the engine's version may be noted now. */
  confirmVersion(version: string): void
  close(): Promise<void>
}

async function finishOpening(kind: StoreKind, pool: Pool, backend: Backend, opening: Opening): Promise<Store> {
  const { log, dataDir, upgrade } = opening
  // A connection that breaks while idle is an event of the pool, one that breaks inside a transaction only its own;
  // without a listener either would end the process.
  pool.on('error', () => {})
  pool.on('connect', (client) => {
    client.on('error', (error) => log.warn({ failure: error.message }, 'database connection lost'))
  })
  const db: Db = drizzle(pool, { schema })
  let closing: Promise<void> | undefined
  guardConnect(pool, db, () => closing !== undefined)
  try {
    const version = await prepareSchema(pool, { dataDir, log, engineChanged: backend.engineChanged }, upgrade)
    backend.confirmVersion(version)
    return {
      kind,
      db,
      log,
      version,
      flush: () => backend.flush(),
      ping: () => ping(db),
      close: () => (closing ??= shutDown(pool, backend)),
    }
  } catch (error) {
    await pool.end()
    await backend.close()
    throw toOpeningRefusal(error)
  }
}

function guardConnect(pool: Pool, db: Db, isClosed: () => boolean): void {
  const connect = pool.connect.bind(pool)
  function guarded(...parts: Parameters<typeof connect>): ReturnType<typeof connect> {
    if (isClosed()) throw storeError('store-unavailable', 'the store is closed')
    if (isInScope(db)) throw new Error('inside a transaction use its own handle, not store.db')
    return connect(...parts)
  }
  // pool.query() connects through this property, too.
  Object.assign(pool, { connect: guarded })
}

async function ping(db: Db): Promise<void> {
  try {
    await db.execute(sql`select 1`)
  } catch (error) {
    throw findStoreRefusal(error) ?? storeError('store-unavailable', 'the database refused a query', { cause: error })
  }
}

/** Work that never ends must not keep the process from ending: its transaction is cut and rolled back. */
async function shutDown(pool: Pool, backend: Backend): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const patience = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, connectTimeoutMs)
  })
  try {
    await Promise.race([pool.end(), patience])
  } finally {
    clearTimeout(timer)
    await backend.close()
  }
}

function toOpeningRefusal(error: unknown): unknown {
  const refusal = findStoreRefusal(error)
  if (refusal !== undefined) return refusal
  // 28 wrong password, 3D no such database, 42501 no right to create tables
  const state = findSqlState(error)
  if (state === undefined || !/^(28|3D|42501)/.test(state)) return error
  return storeError('store-unavailable', 'the database server refuses us: see the cause', {
    retryable: true,
    cause: error,
  })
}
