import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, renameSync, rmdirSync, rmSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { dirname, join } from 'node:path'

import { sql } from 'drizzle-orm'

import { newToken } from '../base/ids.ts'
import type { Db } from './db.ts'
import { countApplied, readMigrations } from './migrate.ts'
import type { Store } from './store.ts'
import { storeError } from './store-errors.ts'
import {
  listSequences,
  listTables,
  type Manifest,
  readLines,
  setTransferSession,
  type TransferOptions,
  type TransferTable,
} from './transfer-format.ts'

/**
 * Writes every row to `folder`, as of one moment, while the store goes on running (the embedded one waits meanwhile).
 * The folder appears complete or not at all; one that holds anything already is refused.
 */
export async function exportStore(
  store: Pick<Store, 'db'>,
  folder: string,
  options: TransferOptions & { at?: Date } = {},
): Promise<Manifest> {
  return exportTables(store.db, folder, options)
}

export async function exportTables(
  db: Db,
  folder: string,
  options: TransferOptions & { at?: Date } = {},
): Promise<Manifest> {
  if (existsSync(folder) && readdirSync(folder).length > 0) {
    throw storeError('store-transfer', `${folder} is not empty`)
  }
  const draft = join(dirname(folder), `.export-${newToken()}`)
  mkdirSync(draft, { recursive: true, mode: 0o700 })
  try {
    const manifest = await db.transaction((tx) => writeTables(tx, draft, options), {
      isolationLevel: 'repeatable read',
      accessMode: 'read only',
    })
    await writeDurably(join(draft, 'manifest.json'), [`${JSON.stringify(manifest, null, 2)}\n`])
    if (existsSync(folder)) rmdirSync(folder)
    renameSync(draft, folder)
    return manifest
  } finally {
    rmSync(draft, { recursive: true, force: true })
  }
}

async function writeTables(tx: Db, folder: string, options: TransferOptions & { at?: Date }): Promise<Manifest> {
  await setTransferSession(tx)
  const migrations = readMigrations()
  const schemaVersion = await countApplied(tx, migrations)
  const tables = await listTables(tx)
  const counts = new Map<string, number>()
  for (const table of tables) counts.set(table.name, await countRows(tx, table))
  const totalRows = [...counts.values()].reduce((sum, count) => sum + count, 0)
  const { rows: engine } = await tx.execute<{ version: string }>(sql`select version()`)
  const manifest: Manifest = {
    format: 1,
    createdAt: (options.at ?? new Date()).toISOString(),
    engine: engine[0]?.version ?? '',
    schemaVersion,
    schemaHash: migrations[schemaVersion - 1]?.hash ?? '',
    tables: [],
    sequences: await listSequences(tx),
  }
  let doneRows = 0
  for (const table of tables) {
    const sha256 = await writeDurably(join(folder, `${table.name}.jsonl`), withBreaks(readLines(tx, table)))
    const rows = counts.get(table.name) ?? 0
    doneRows += rows
    manifest.tables.push({ name: table.name, rows, sha256 })
    options.onProgress?.({ table: table.name, doneRows, totalRows })
  }
  return manifest
}

async function countRows(tx: Db, table: TransferTable): Promise<number> {
  const { rows } = await tx.execute<{ count: number }>(
    sql`select count(*)::int as count from ${sql.identifier(table.name)}`,
  )
  return rows[0]?.count ?? 0
}

async function* withBreaks(lines: AsyncIterable<string>): AsyncGenerator<string> {
  for await (const line of lines) yield `${line}\n`
}

/** Returns the SHA-256 of what was written. */
async function writeDurably(path: string, chunks: Iterable<string> | AsyncIterable<string>): Promise<string> {
  const hash = createHash('sha256')
  const file = await open(path, 'wx', 0o600)
  try {
    for await (const chunk of chunks) {
      hash.update(chunk)
      await file.appendFile(chunk)
    }
    await file.sync()
  } finally {
    await file.close()
  }
  return hash.digest('hex')
}
