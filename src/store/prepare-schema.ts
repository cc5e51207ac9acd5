import { join } from 'node:path'

import { sql } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/node-postgres'
import type { Pool } from 'pg'
import type { Logger } from 'pino'

import type { Db } from './db.ts'
import { exportTables } from './export-store.ts'
import { applyMigrations, countApplied, readMigrations } from './migrate.ts'
import { schema } from './schema.ts'

/** Any number that no other program on the same server uses. */
const migrationLock = 0x616e7869

/** Brings the schema from where it is to where this release needs it. */
export type Upgrade = (db: Db, parts: UpgradeParts) => Promise<void>

export interface UpgradeParts {
  dataDir: string
  log: Logger
  /** Whether another engine version wrote the data last. */
  engineChanged: boolean
}

/** Upgrades the schema, one process at a time, and returns the server's version. */
export async function prepareSchema(pool: Pool, parts: UpgradeParts, upgrade: Upgrade): Promise<string> {
  const client = await pool.connect()
  try {
    const db: Db = drizzle(client, { schema })
    await db.execute(sql`set statement_timeout = 0`)
    await db.execute(sql`select pg_advisory_lock(${migrationLock})`)
    await upgrade(db, parts)
    const { rows } = await db.execute<{ version: string }>(sql`select version()`)
    return rows[0]?.version ?? ''
  } finally {
    // Ends the session: its lock and settings go with it.
    client.release(true)
  }
}

/** Applies what is missing, after an export of what is there. */
export async function upgradeWithExport(db: Db, { dataDir, log, engineChanged }: UpgradeParts): Promise<void> {
  const migrations = readMigrations()
  const applied = await countApplied(db, migrations)
  if (applied > 0 && (engineChanged || applied < migrations.length)) {
    const folder = join(dataDir, 'exports', `${folderStamp(new Date())}-before-upgrade`)
    log.info({ folder }, 'exporting the store before its upgrade')
    await exportTables(db, folder)
  }
  await applyMigrations(db, migrations)
}

/** `20260131-235959-123`, UTC. */
export function folderStamp(at: Date): string {
  return at.toISOString().replaceAll(/[-:Z]/g, '').replace('T', '-').replace('.', '-')
}
