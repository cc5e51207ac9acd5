import { sql, type SQL } from 'drizzle-orm'
import { z } from 'zod'

import type { Db } from './db.ts'

/** `manifest.json` of an export; each table's rows are in `<table>.jsonl`, one JSON object per line, in key order. */
export const manifestSchema = z.object({
  format: z.literal(1),
  createdAt: z.iso.datetime(),
  engine: z.string(),
  /** How many migrations the exported schema had, and the last one's hash. */
  schemaVersion: z.int().min(1),
  schemaHash: z.string(),
  tables: z.array(z.object({ name: z.string(), rows: z.int().min(0), sha256: z.string() })),
  sequences: z.array(z.object({ name: z.string(), lastValue: z.string(), isCalled: z.boolean() })),
})

export type Manifest = z.infer<typeof manifestSchema>

export interface TransferProgress {
  table: string
  doneRows: number
  totalRows: number
}

export interface TransferOptions {
  onProgress?: (progress: TransferProgress) => void
}

export interface TransferTable {
  name: string
  /** Orders rows alike on every engine, whatever its collation. */
  order: SQL
}

/** Every table of ours, a referenced one before those that refer to it. */
export async function listTables(db: Db): Promise<TransferTable[]> {
  const { rows: keys } = await db.execute<{ name: string; column: string; type: string }>(sql`
    select c.relname as name, a.attname as column, format_type(a.atttypid, null) as type
    from pg_class c
      join pg_namespace n on n.oid = c.relnamespace and n.nspname = 'public'
      join pg_index i on i.indrelid = c.oid and i.indisprimary
      join pg_attribute a on a.attrelid = c.oid and a.attnum = any (i.indkey)
    where c.relkind = 'r' and c.relname <> 'store_migration'
    order by c.relname collate "C", array_position(i.indkey::int[], a.attnum::int)`)
  const { rows: references } = await db.execute<{ from: string; to: string }>(sql`
    select f.relname as from, t.relname as to
    from pg_constraint k join pg_class f on f.oid = k.conrelid join pg_class t on t.oid = k.confrelid
    where k.contype = 'f' and f.oid <> t.oid`)
  const names = orderByReference([...new Set(keys.map(({ name }) => name))], references)
  return names.map((name) => {
    const columns = keys
      .filter((key) => key.name === name)
      .map(({ column, type }) =>
        type === 'text' ? sql`${sql.identifier(column)} collate "C"` : sql.identifier(column),
      )
    return { name, order: sql.join(columns, sql`, `) }
  })
}

function orderByReference(names: string[], references: { from: string; to: string }[]): string[] {
  const ordered: string[] = []
  function visit(name: string, path: string[]): void {
    if (ordered.includes(name)) return
    if (path.includes(name)) throw new Error(`tables refer to each other in a circle: ${path.join(' → ')}`)
    for (const { from, to } of references) if (from === name) visit(to, [...path, name])
    ordered.push(name)
  }
  for (const name of names) visit(name, [])
  return ordered
}

export async function listSequences(db: Db): Promise<Manifest['sequences']> {
  const { rows: names } = await db.execute<{ name: string }>(
    sql`select sequencename as name from pg_sequences where schemaname = 'public' order by sequencename collate "C"`,
  )
  const sequences: Manifest['sequences'] = []
  for (const { name } of names) {
    const { rows } = await db.execute<{ last_value: string; is_called: boolean }>(
      sql`select last_value::text as last_value, is_called from ${sql.identifier(name)}`,
    )
    for (const row of rows) sequences.push({ name, lastValue: row.last_value, isCalled: row.is_called })
  }
  return sequences
}

/** Settings on which the text of a row depends, and no limit on how long a large table may take. */
export async function setTransferSession(tx: Db): Promise<void> {
  await tx.execute(sql`set local timezone = 'UTC'`)
  await tx.execute(sql`set local statement_timeout = 0`)
}

const fetchRows = 500

/** The rows of a table as JSON texts without line breaks, in key order. Inside a transaction only, which must end when reading stops early. */
export async function* readLines(tx: Db, table: TransferTable): AsyncGenerator<string> {
  await tx.execute(sql`
    declare transfer_rows no scroll cursor for
    select to_jsonb(t)::text as line from ${sql.identifier(table.name)} t order by ${table.order}`)
  for (;;) {
    const { rows } = await tx.execute<{ line: string }>(sql.raw(`fetch ${fetchRows} from transfer_rows`))
    for (const { line } of rows) yield line
    if (rows.length < fetchRows) break
  }
  await tx.execute(sql`close transfer_rows`)
}
