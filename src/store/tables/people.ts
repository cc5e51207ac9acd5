import { sql } from 'drizzle-orm'
import { boolean, check, index, jsonb, pgTable, text, timestamp, uniqueIndex, uuid } from 'drizzle-orm/pg-core'

/** The one place that leads from a pseudonym to somebody's id on a platform; the id is encrypted. */
export const contact = pgTable(
  'contact',
  {
    pseudonym: text().primaryKey(),
    kind: text({ enum: ['person', 'group'] }).notNull(),
    channel: text().notNull(),
    /** AES-256-GCM: nonce, tag and ciphertext, base64url. */
    sealed: text().notNull(),
    seenAt: timestamp('seen_at', { withTimezone: true }).notNull(),
  },
  (table) => [
    index('contact_seen').on(table.kind, table.seenAt),
    check('contact_kind', sql`kind in ('person', 'group')`),
  ],
)

/** What a resident has told about themselves; absent = nothing. */
export const resident = pgTable('resident', {
  pseudonym: text().primaryKey(),
  audience: text().notNull(),
  region: text(),
  updatedAt: timestamp('updated_at', { withTimezone: true }).notNull(),
})

/** A group that we are, or were, a member of. */
export const chatGroup = pgTable(
  'chat_group',
  {
    pseudonym: text().primaryKey(),
    channel: text().notNull(),
    settings: jsonb().$type<unknown>().notNull(),
    /** When we last spoke unasked, and of what. */
    spoken: jsonb().$type<unknown>().notNull(),
    member: boolean().notNull(),
    joinedAt: timestamp('joined_at', { withTimezone: true }).notNull(),
    updatedAt: timestamp('updated_at', { withTimezone: true }).notNull(),
  },
  (table) => [index('chat_group_member').on(table.member, table.channel)],
)

export const staff = pgTable('staff', {
  id: uuid().primaryKey(),
  name: text().notNull(),
  createdAt: timestamp('created_at', { withTimezone: true }).notNull(),
  disabledAt: timestamp('disabled_at', { withTimezone: true }),
})

/** A one-time code that binds a chat account to a member of staff; only its hash is kept. */
export const staffCode = pgTable(
  'staff_code',
  {
    codeHash: text('code_hash').primaryKey(),
    staffId: uuid('staff_id')
      .notNull()
      .references(() => staff.id),
    expiresAt: timestamp('expires_at', { withTimezone: true }).notNull(),
    usedAt: timestamp('used_at', { withTimezone: true }),
  },
  (table) => [index('staff_code_staff').on(table.staffId)],
)

export const staffBinding = pgTable(
  'staff_binding',
  {
    id: uuid().primaryKey(),
    staffId: uuid('staff_id')
      .notNull()
      .references(() => staff.id),
    pseudonym: text().notNull(),
    channel: text().notNull(),
    boundAt: timestamp('bound_at', { withTimezone: true }).notNull(),
    revokedAt: timestamp('revoked_at', { withTimezone: true }),
  },
  (table) => [
    uniqueIndex('staff_binding_one')
      .on(table.pseudonym)
      .where(sql`revoked_at is null`),
    index('staff_binding_staff').on(table.staffId),
  ],
)

/** Wrong codes tried by one chat account. */
export const staffCodeTry = pgTable(
  'staff_code_try',
  {
    id: uuid().primaryKey(),
    pseudonym: text().notNull(),
    at: timestamp({ withTimezone: true }).notNull(),
  },
  (table) => [index('staff_code_try_who').on(table.pseudonym, table.at)],
)

/** Which key the encrypted rows and the pseudonyms were made with; never the key. */
export const keyFingerprint = pgTable('key_fingerprint', {
  purpose: text().primaryKey(),
  fingerprint: text().notNull(),
})
