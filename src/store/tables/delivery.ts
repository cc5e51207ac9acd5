import { sql } from 'drizzle-orm'
import {
  bigint,
  boolean,
  check,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  smallint,
  text,
  timestamp,
  unique,
  uuid,
} from 'drizzle-orm/pg-core'

const at = (name: string) => timestamp(name, { withTimezone: true })

/** One message on its way to many: what is sent, how urgent it is, until when. */
export const fanOut = pgTable('fan_out', {
  id: uuid().primaryKey(),
  /** Names the message for good, e.g. alert and version. */
  version: text().notNull().unique('fan_out_version'),
  lane: smallint().notNull(),
  /** `{ group, private }`, each a text with buttons. */
  message: jsonb().$type<unknown>().notNull(),
  state: text({ enum: ['open', 'halted', 'cancelled', 'superseded'] }).notNull(),
  /** What may have arrived is sent once more. */
  resendUnknown: boolean('resend_unknown').notNull(),
  effectiveAt: at('effective_at').notNull(),
  expiresAt: at('expires_at').notNull(),
  /** Recipients at the moment of release; never changes. */
  snapshotCount: integer('snapshot_count').notNull(),
  createdAt: at('created_at').notNull(),
})

/** The recipients of a fan-out, in pieces small enough to be planned in one transaction. */
export const fanOutChunk = pgTable(
  'fan_out_chunk',
  {
    fanOutId: uuid('fan_out_id')
      .notNull()
      .references(() => fanOut.id),
    ordinal: integer().notNull(),
    /** Pseudonym, channel and region of each. */
    recipients: jsonb().$type<{ endpoint: string; channel: string; region: string | null }[]>().notNull(),
    state: text({ enum: ['waiting', 'planned', 'dropped'] }).notNull(),
  },
  (table) => [primaryKey({ columns: [table.fanOutId, table.ordinal] }), index('fan_out_chunk_state').on(table.state)],
)

/** One message to one chat: these rows are the queue and the record of what left. */
export const delivery = pgTable(
  'delivery',
  {
    id: bigint({ mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    version: text().notNull(),
    /** Pseudonym of the chat. */
    endpoint: text().notNull(),
    fanOutId: uuid('fan_out_id').references(() => fanOut.id),
    channel: text().notNull(),
    /** Of the chat, at the moment of release. */
    region: text(),
    lane: smallint().notNull(),
    state: text().notNull(),
    /** Of states that need one: skipped, dead, unknown, awaiting-human. */
    reason: text(),
    /** Of a reply: the whole message, encrypted. */
    sealed: text(),
    attempts: integer().notNull(),
    resendUnknown: boolean('resend_unknown').notNull(),
    readyAt: at('ready_at').notNull(),
    expiresAt: at('expires_at').notNull(),
    leaseToken: text('lease_token'),
    leaseUntil: at('lease_until'),
    /** Of the last attempt; the platforms' rates are counted by it. */
    leasedAt: at('leased_at'),
    /** The platform's name of the message, or of the task that waits for a person. */
    platformId: text('platform_id'),
    createdAt: at('created_at').notNull(),
    updatedAt: at('updated_at').notNull(),
  },
  (table) => [
    unique('delivery_once').on(table.version, table.endpoint),
    index('delivery_queue')
      .on(table.channel, table.lane, table.readyAt, table.id)
      .where(sql`state in ('planned', 'ready', 'throttled', 'retry')`),
    index('delivery_rate')
      .on(table.channel, table.leasedAt)
      .where(sql`leased_at is not null`),
    index('delivery_chat')
      .on(table.endpoint, table.leasedAt)
      .where(sql`leased_at is not null`),
    index('delivery_leased')
      .on(table.leaseUntil)
      .where(sql`state = 'leased'`),
    index('delivery_of_fan_out').on(table.fanOutId, table.state),
    check(
      'delivery_state',
      sql`state in ('planned', 'ready', 'leased', 'sent', 'unknown', 'throttled', 'retry', 'dead', 'skipped', 'superseded', 'expired', 'awaiting-human')`,
    ),
  ],
)

/** Until when nothing is sent by a channel, or to one chat, because its platform said so. */
export const deliveryPause = pgTable('delivery_pause', {
  key: text().primaryKey(),
  until: at('until').notNull(),
})

/** The operator's emergency stop; a row means that nothing but replies leaves. */
export const deliveryHalt = pgTable('delivery_halt', {
  scope: text().primaryKey(),
  at: at('at').notNull(),
  actor: text().notNull(),
})
