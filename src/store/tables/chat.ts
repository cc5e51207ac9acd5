import { index, pgTable, text, timestamp } from 'drizzle-orm/pg-core'

/** Messages that were taken up: a platform that delivers one again gets no second answer. */
export const handledMessage = pgTable(
  'handled_message',
  {
    /** Hash of channel, account, chat and message id. */
    key: text().primaryKey(),
    at: timestamp({ withTimezone: true }).notNull(),
  },
  (table) => [index('handled_message_at').on(table.at)],
)

/** Questions whose answer is not handed over yet; what a process that dies leaves here the next one answers. */
export const pendingQuestion = pgTable('pending_question', {
  /** Names the reply. */
  key: text().primaryKey(),
  channel: text().notNull(),
  /** Pseudonym of who asks. */
  person: text().notNull(),
  /** The message, encrypted. */
  sealed: text().notNull(),
  at: timestamp({ withTimezone: true }).notNull(),
})
