import { bigint, jsonb, pgTable, text, timestamp } from 'drizzle-orm/pg-core'

/** Written by audit/ only; a trigger refuses update, delete and truncate. */
export const auditEntry = pgTable('audit_entry', {
  seq: bigint({ mode: 'number' }).primaryKey(),
  at: timestamp({ withTimezone: true }).notNull(),
  actor: text().notNull(),
  act: text().notNull(),
  subject: text().notNull(),
  detail: jsonb().$type<unknown>().notNull(),
  previousHash: text('previous_hash').notNull(),
  hash: text().notNull().unique('audit_entry_hash'),
})
