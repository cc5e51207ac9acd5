import { index, jsonb, pgTable, text, timestamp } from 'drizzle-orm/pg-core'

export const conversation = pgTable(
  'conversation',
  {
    sessionHash: text('session_hash').primaryKey(),
    state: jsonb().$type<unknown>().notNull(),
    updatedAt: timestamp('updated_at', { withTimezone: true }).notNull(),
  },
  (table) => [index('conversation_updated').on(table.updatedAt)],
)
