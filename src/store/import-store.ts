import { createHash } from 'node:crypto'
import { createReadStream, readFileSync } from 'node:fs'
import { join } from 'node:path'

import { sql } from 'drizzle-orm'

import type { Db } from './db.ts'
import { countApplied, readMigrations } from './migrate.ts'
import type { Store } from './store.ts'
import { describeFailure, findStoreRefusal, storeError } from './store-errors.ts'
import {
  listTables,
  type Manifest,
  manifestSchema,
  readLines,
  setTransferSession,
  type TransferOptions,
  type TransferTable,
} from './transfer-format.ts'

/**
 * Reads an export of either engine into an empty store of the same schema version, in one transaction, and compares
 * every row with the file before it commits. Throws `store-transfer` naming file and line; then nothing was imported.
 */
export async function importStore(
  store: Pick<Store, 'db'>,
  folder: string,
  options: TransferOptions = {},
): Promise<Manifest> {
  return importTables(store.db, folder, options)
}

export async function importTables(db: Db, folder: string, options: TransferOptions = {}): Promise<Manifest> {
  const manifest = readManifest(folder)
  await db.transaction(async (tx) => {
    await setTransferSession(tx)
    await refuseOtherSchema(tx, manifest)
    const tables = await listTables(tx)
    refuseOtherTables(tables, manifest)
    await refuseFilled(tx, tables)
    const totalRows = manifest.tables.reduce((sum, { rows }) => sum + rows, 0)
    let doneRows = 0
    for (const table of tables) {
      const expected = manifest.tables.find(({ name }) => name === table.name)
      const path = join(folder, `${table.name}.jsonl`)
      await insertLines(tx, table, path)
      await verifyLines(tx, table, path, expected?.sha256 ?? '')
      doneRows += expected?.rows ?? 0
      options.onProgress?.({ table: table.name, doneRows, totalRows })
    }
    for (const { name, lastValue, isCalled } of manifest.sequences) {
      await tx.execute(sql`select setval(${`"${name}"`}::regclass, ${lastValue}::bigint, ${isCalled})`)
    }
  })
  return manifest
}

export function readManifest(folder: string): Manifest {
  const path = join(folder, 'manifest.json')
  try {
    return manifestSchema.parse(JSON.parse(readFileSync(path, 'utf8')))
  } catch (cause) {
    throw storeError('store-transfer', `${path} is not the manifest of an export`, { cause })
  }
}

async function refuseOtherSchema(tx: Db, manifest: Manifest): Promise<void> {
  const migrations = readMigrations()
  const applied = await countApplied(tx, migrations)
  if (applied === manifest.schemaVersion && migrations[applied - 1]?.hash === manifest.schemaHash) return
  throw storeError('store-transfer', `the export has schema ${manifest.schemaVersion}, this store has ${applied}`)
}

function refuseOtherTables(tables: TransferTable[], manifest: Manifest): void {
  const here = tables.map(({ name }) => name).sort()
  const there = manifest.tables.map(({ name }) => name).sort()
  if (here.join() !== there.join())
    throw storeError('store-transfer', 'manifest.json lists other tables than this store has')
}

async function refuseFilled(tx: Db, tables: TransferTable[]): Promise<void> {
  for (const { name } of tables) {
    const table = sql.identifier(name)
    await tx.execute(sql`lock table ${table} in access exclusive mode`)
    const { rows } = await tx.execute(sql`select 1 from ${table} limit 1`)
    if (rows.length > 0) throw storeError('store-transfer', `the store is not empty: ${name} has rows`)
  }
}

interface Line {
  number: number
  text: string
}

const batchBytes = 500_000

async function insertLines(tx: Db, table: TransferTable, path: string): Promise<void> {
  let batch: Line[] = []
  let bytes = 0
  for await (const line of readFileLines(path)) {
    batch.push(line)
    bytes += line.text.length
    if (bytes < batchBytes) continue
    await insertBatch(tx, table, path, batch)
    batch = []
    bytes = 0
  }
  if (batch.length > 0) await insertBatch(tx, table, path, batch)
}

async function insertBatch(tx: Db, table: TransferTable, path: string, batch: Line[]): Promise<void> {
  try {
    await tx.transaction((inner) => insertRows(inner, table, batch))
  } catch (cause) {
    const refusal = findStoreRefusal(cause)
    if (refusal !== undefined) throw refusal
    const [only] = batch
    if (batch.length === 1 && only !== undefined) {
      throw storeError('store-transfer', `${path}:${only.number} cannot be stored: ${describeFailure(cause).message}`, {
        cause,
      })
    }
    // Again by halves, to name the line.
    const middle = Math.ceil(batch.length / 2)
    await insertBatch(tx, table, path, batch.slice(0, middle))
    await insertBatch(tx, table, path, batch.slice(middle))
  }
}

async function insertRows(tx: Db, table: TransferTable, batch: Line[]): Promise<void> {
  const name = sql.identifier(table.name)
  const rows = `[${batch.map(({ text }) => text).join(',')}]`
  await tx.execute(sql`
    insert into ${name} overriding system value
    select * from jsonb_populate_recordset(null::${name}, ${rows}::jsonb)`)
}

/** The store must give back exactly the file, and the file must be the one that the manifest was written for. */
async function verifyLines(tx: Db, table: TransferTable, path: string, sha256: string): Promise<void> {
  const hash = createHash('sha256')
  const stored = readLines(tx, table)
  let count = 0
  for await (const line of readFileLines(path)) {
    const row = await stored.next()
    if (row.done === true || row.value !== line.text) {
      throw storeError('store-transfer', `${path}:${line.number} is not what the store holds after reading it`)
    }
    hash.update(`${line.text}\n`)
    count++
  }
  if ((await stored.next()).done !== true) {
    throw storeError('store-transfer', `${path}:${count + 1} is missing: the store holds more rows`)
  }
  if (hash.digest('hex') !== sha256) {
    throw storeError('store-transfer', `${path}:1 to ${count} is not the file that manifest.json was written for`)
  }
}

/** Splits at line feeds only: readline would also split at U+2028, which may stand inside a JSON text. */
async function* readFileLines(path: string): AsyncGenerator<Line> {
  let number = 0
  let rest = ''
  try {
    for await (const chunk of createReadStream(path, 'utf8')) {
      const parts = (rest + String(chunk)).split('\n')
      rest = parts.pop() ?? ''
      for (const text of parts) yield { number: ++number, text }
    }
  } catch (cause) {
    throw storeError('store-transfer', `${path}:${number + 1} cannot be read`, { cause })
  }
  if (rest !== '') yield { number: ++number, text: rest }
}
