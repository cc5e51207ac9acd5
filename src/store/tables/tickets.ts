import { sql } from 'drizzle-orm'
import { check, index, integer, jsonb, pgTable, text, timestamp, uniqueIndex, uuid } from 'drizzle-orm/pg-core'

export const ticket = pgTable(
  'ticket',
  {
    number: integer().primaryKey().generatedAlwaysAsIdentity(),
    question: text().notNull(),
    /** Folded question: identical questions join one open ticket. */
    questionKey: text('question_key').notNull(),
    state: text({ enum: ['open', 'answered', 'closed'] }).notNull(),
    region: text(),
    count: integer().notNull(),
    reason: text().notNull(),
    createdAt: timestamp('created_at', { withTimezone: true }).notNull(),
    updatedAt: timestamp('updated_at', { withTimezone: true }).notNull(),
    answer: jsonb().$type<unknown>(),
  },
  (table) => [
    uniqueIndex('ticket_one_open')
      .on(table.questionKey)
      .where(sql`state = 'open'`),
    index('ticket_state').on(table.state, table.updatedAt),
    check('ticket_state', sql`state in ('open', 'answered', 'closed')`),
    check('ticket_count', sql`count >= 1`),
  ],
)

/** Who waits for the answer; the token itself is with the asker only. */
export const ticketAsker = pgTable(
  'ticket_asker',
  {
    id: uuid().primaryKey(),
    ticketNumber: integer('ticket_number')
      .notNull()
      .references(() => ticket.number),
    tokenHash: text('token_hash').notNull().unique('ticket_asker_token'),
    /** Pseudonym, never a platform id. */
    asker: text().notNull(),
    /** Pseudonym of the group where it was asked; null where the answer goes to the asker alone. */
    chat: text(),
    createdAt: timestamp('created_at', { withTimezone: true }).notNull(),
  },
  (table) => [
    index('ticket_asker_ticket').on(table.ticketNumber),
    index('ticket_asker_asker').on(table.asker, table.createdAt),
  ],
)
