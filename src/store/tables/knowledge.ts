import { sql } from 'drizzle-orm'
import {
  check,
  date,
  foreignKey,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  timestamp,
  unique,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core'

/** One piece of knowledge over all its versions; `number` is what a resident sees (K-023, R-041). */
export const knowledgeItem = pgTable(
  'knowledge_item',
  {
    kind: text().notNull(),
    slug: text().notNull(),
    number: integer().notNull(),
    createdAt: timestamp('created_at', { withTimezone: true }).notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.kind, table.slug] }),
    unique('knowledge_item_number').on(table.kind, table.number),
  ],
)

export const knowledgeVersion = pgTable(
  'knowledge_version',
  {
    id: uuid().primaryKey(),
    kind: text().notNull(),
    slug: text().notNull(),
    version: integer().notNull(),
    origin: text({ enum: ['shipped', 'local'] }).notNull(),
    state: text({ enum: ['draft', 'proposal', 'published', 'superseded', 'withdrawn'] }).notNull(),
    content: jsonb().$type<unknown>().notNull(),
    contentHash: text('content_hash').notNull(),
    review: text().notNull(),
    region: text(),
    /** `YYYY-MM-DD`, both days included, in the service's time zone. */
    validFrom: date('valid_from', { mode: 'string' }),
    validUntil: date('valid_until', { mode: 'string' }).notNull(),
    createdAt: timestamp('created_at', { withTimezone: true }).notNull(),
    publishedAt: timestamp('published_at', { withTimezone: true }),
    endedAt: timestamp('ended_at', { withTimezone: true }),
    reason: text(),
  },
  (table) => [
    foreignKey({ columns: [table.kind, table.slug], foreignColumns: [knowledgeItem.kind, knowledgeItem.slug] }),
    unique('knowledge_version_version').on(table.kind, table.slug, table.version),
    uniqueIndex('knowledge_version_one_published')
      .on(table.kind, table.slug)
      .where(sql`state = 'published'`),
    index('knowledge_version_state').on(table.state, table.kind),
    check('knowledge_version_origin', sql`origin in ('shipped', 'local')`),
    check('knowledge_version_state', sql`state in ('draft', 'proposal', 'published', 'superseded', 'withdrawn')`),
  ],
)

/** Which seed files the store holds: while they are the same, a start need not read them. One row. */
export const knowledgeSeedLoad = pgTable('knowledge_seed_load', {
  name: text().primaryKey(),
  fingerprint: text().notNull(),
  loadedAt: timestamp('loaded_at', { withTimezone: true }).notNull(),
})
