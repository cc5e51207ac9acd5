import { fileURLToPath } from 'node:url'

import { sql } from 'drizzle-orm'
import { readMigrationFiles } from 'drizzle-orm/migrator'

import type { Db } from './db.ts'
import { storeError } from './store-errors.ts'

export interface Migration {
  hash: string
  statements: string[]
}

const migrationsFolder = fileURLToPath(new URL('./migrations', import.meta.url))

/** The shipped migrations, oldest first. */
export function readMigrations(): Migration[] {
  return readMigrationFiles({ migrationsFolder }).map(({ hash, sql: statements }) => ({ hash, statements }))
}

/**
 * How many of `migrations` the database has; 0 for an empty one.
 * Refuses with `store-newer` a database that was migrated by a newer or different release.
 */
export async function countApplied(db: Db, migrations: Migration[]): Promise<number> {
  const { rows: known } = await db.execute<{ known: boolean }>(
    sql`select to_regclass('store_migration') is not null as known`,
  )
  if (known[0]?.known !== true) return 0
  const { rows } = await db.execute<{ hash: string }>(sql`select hash from store_migration order by number`)
  if (rows.some((row, index) => row.hash !== migrations[index]?.hash)) {
    throw storeError('store-newer', 'the database was migrated by another release of this program')
  }
  return rows.length
}

/** Applies what is missing up to `upTo` migrations, each in its own transaction. The caller holds the migration lock. */
export async function applyMigrations(db: Db, migrations: Migration[], upTo = migrations.length): Promise<void> {
  const applied = await countApplied(db, migrations)
  for (const [index, migration] of migrations.slice(0, upTo).entries()) {
    if (index < applied) continue
    await db.transaction(async (tx) => {
      await tx.execute(sql`
        create table if not exists store_migration (
          number integer primary key, hash text not null, applied_at timestamptz not null default now()
        )`)
      for (const statement of migration.statements) await tx.execute(sql.raw(statement))
      await tx.execute(sql`insert into store_migration (number, hash) values (${index + 1}, ${migration.hash})`)
    })
  }
}
