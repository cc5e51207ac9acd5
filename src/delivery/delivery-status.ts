import { and, asc, count, eq, inArray, isNull, min, sql } from 'drizzle-orm'
import type { Capabilities } from '../channels/channel.ts'
import type { Db } from '../store/db.ts'
import { delivery, deliveryHalt, fanOut, fanOutChunk } from '../store/tables/delivery.ts'
import { WAITING, type DeliveryState } from './delivery-states.ts'
import { nameLane, type LaneName } from './lanes.ts'

/** How one message fares, as an operator reads it. */
export interface FanOutStatus {
  version: string
  lane: LaneName
  state: 'open' | 'halted' | 'cancelled' | 'superseded'
  expiresAt: Date
  snapshot: number
  /** Recipients for whom there is no row yet, and those who were dropped before there was one. */
  notPlanned: number
  dropped: number
  counts: { channel: string; region: string | null; state: DeliveryState; reason: string | null; count: number }[]
  /** snapshot = rows + not planned + dropped. */
  conserved: boolean
  /** Until everything that waits has left, by the platforms' rates; undefined when nothing waits. */
  etaSeconds: number | undefined
}

export interface DeliveryStatus {
  haltedSince: Date | null
  fanOuts: FanOutStatus[]
  /** Rows of all kinds, replies included. */
  byState: { state: DeliveryState; lane: LaneName; count: number }[]
  /** What became of replies, which are kept for a day. */
  replies: { channel: string; state: DeliveryState; reason: string | null; count: number }[]
  oldestWaitingSince: Date | null
}

/** Newest first. `capabilitiesOf`: what the channel of a row can do; undefined for one that is not set up. */
export async function readDeliveryStatus(
  db: Db,
  capabilitiesOf: (channel: string) => Capabilities | undefined,
  limit = 20,
): Promise<DeliveryStatus> {
  const [halt] = await db.select().from(deliveryHalt).limit(1)
  const recent = await db
    .select()
    .from(fanOut)
    .orderBy(sql`${fanOut.createdAt} desc`)
    .limit(limit)
  const fanOuts: FanOutStatus[] = []
  for (const row of recent) fanOuts.push(await describeFanOut(db, row, capabilitiesOf))
  const states = await db
    .select({ state: delivery.state, lane: delivery.lane, number: count() })
    .from(delivery)
    .groupBy(delivery.state, delivery.lane)
    .orderBy(asc(delivery.lane), asc(delivery.state))
  const replies = await db
    .select({ channel: delivery.channel, state: delivery.state, reason: delivery.reason, number: count() })
    .from(delivery)
    .where(isNull(delivery.fanOutId))
    .groupBy(delivery.channel, delivery.state, delivery.reason)
    .orderBy(asc(delivery.channel), asc(delivery.state))
  const [oldest] = await db
    .select({ at: min(delivery.readyAt) })
    .from(delivery)
    .where(inArray(delivery.state, [...WAITING]))
  return {
    haltedSince: halt?.at ?? null,
    fanOuts,
    byState: states.map(({ state, lane, number }) => ({
      state: state as DeliveryState,
      lane: nameLane(lane),
      count: number,
    })),
    replies: replies.map(({ channel, state, reason, number }) => ({
      channel,
      state: state as DeliveryState,
      reason,
      count: number,
    })),
    oldestWaitingSince: oldest?.at ?? null,
  }
}

async function describeFanOut(
  db: Db,
  row: typeof fanOut.$inferSelect,
  capabilitiesOf: (channel: string) => Capabilities | undefined,
): Promise<FanOutStatus> {
  const counted = await db
    .select({
      channel: delivery.channel,
      region: delivery.region,
      state: delivery.state,
      reason: delivery.reason,
      number: count(),
    })
    .from(delivery)
    .where(eq(delivery.fanOutId, row.id))
    .groupBy(delivery.channel, delivery.region, delivery.state, delivery.reason)
    .orderBy(asc(delivery.channel), asc(delivery.region), asc(delivery.state))
  const chunks = await db
    .select({
      state: fanOutChunk.state,
      size: sql<number>`sum(jsonb_array_length(${fanOutChunk.recipients}))::int`,
    })
    .from(fanOutChunk)
    .where(and(eq(fanOutChunk.fanOutId, row.id), inArray(fanOutChunk.state, ['waiting', 'dropped'])))
    .groupBy(fanOutChunk.state)
  const sizeOf = (state: string) => chunks.find((chunk) => chunk.state === state)?.size ?? 0
  const rows = counted.reduce((sum, { number }) => sum + number, 0)
  const [notPlanned, dropped] = [sizeOf('waiting'), sizeOf('dropped')]
  const counts = counted.map(({ channel, region, state, reason, number }) => ({
    channel,
    region,
    state: state as DeliveryState,
    reason,
    count: number,
  }))
  return {
    version: row.version,
    lane: nameLane(row.lane),
    state: row.state,
    expiresAt: row.expiresAt,
    snapshot: row.snapshotCount,
    notPlanned,
    dropped,
    counts,
    conserved: rows + notPlanned + dropped === row.snapshotCount,
    etaSeconds: estimateSeconds(counts, notPlanned, capabilitiesOf),
  }
}

/** The slowest channel decides; what is not planned yet is taken to go by it. */
function estimateSeconds(
  counts: FanOutStatus['counts'],
  notPlanned: number,
  capabilitiesOf: (channel: string) => Capabilities | undefined,
): number | undefined {
  const waiting = new Map<string, number>()
  for (const { channel, state, count: number } of counts) {
    if (WAITING.includes(state)) waiting.set(channel, (waiting.get(channel) ?? 0) + number)
  }
  const seconds = [...waiting].map(([channel, number]) => {
    const rates = capabilitiesOf(channel)?.rates.filter(({ per }) => per === 'account') ?? []
    return Math.max(0, ...rates.map(({ count: most, windowMs }) => ((number + notPlanned) / most) * (windowMs / 1000)))
  })
  return seconds.length === 0 && notPlanned === 0 ? undefined : Math.ceil(Math.max(0, ...seconds))
}
