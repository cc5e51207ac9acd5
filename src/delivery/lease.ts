import { and, asc, eq, gt, inArray, isNull, lte, sql, type SQL } from 'drizzle-orm'
import { newToken } from '../base/ids.ts'
import type { Capabilities, SendRate } from '../channels/channel.ts'
import type { Db } from '../store/db.ts'
import type { Store } from '../store/store.ts'
import { delivery, deliveryHalt, deliveryPause, fanOut } from '../store/tables/delivery.ts'
import { inTransaction } from '../store/transaction.ts'
import { originsOf, WAITING } from './delivery-states.ts'
import { LANES, REPLY_SHARE } from './lanes.ts'

/** A row that this worker alone may send, until its lease ends. */
export type LeasedRow = typeof delivery.$inferSelect & { leaseToken: string }

export interface LeaseRequest {
  /** Which rows: the name of a channel, or of one account of it. */
  channel: string
  rates: Capabilities['rates']
  /** Sends that may be under way at once, less those that are. */
  room: number
  leaseMs: number
  now: Date
}

/** Platforms count when a message arrives, we when it leaves: the window is a little longer than theirs. */
const WINDOW_SHARE = 1.02
const WINDOW_SLACK_MS = 30

/**
 * Takes rows whose turn it is: higher lanes first, replies never without their share, nothing of what is halted, paused,
 * expired or called off, at most one row for one chat at a time, never more than the platform's rates allow. The rates
 * are counted over the rows themselves: a restart knows what was sent before it, and several workers share one count.
 */
export async function leaseRows(store: Store, request: LeaseRequest): Promise<LeasedRow[]> {
  return inTransaction(store, async (tx) => {
    // Workers of one channel count one after the other; it is theirs alone until the commit.
    await tx.execute(sql`select pg_advisory_xact_lock(hashtext(${`delivery ${request.channel}`}))`)
    if (await isPaused(tx, request.channel, request.now)) return []
    const allowed = Math.min(request.room, await countAllowed(tx, request))
    if (allowed <= 0) return []
    const halted = await isHalted(tx)
    const rows = await chooseRows(tx, request, allowed, halted)
    if (rows.length === 0) return []
    const leaseToken = newToken()
    const leased = await tx
      .update(delivery)
      .set({
        state: 'leased',
        leaseToken,
        leaseUntil: new Date(request.now.getTime() + request.leaseMs),
        leasedAt: request.now,
        updatedAt: request.now,
      })
      .where(and(inArray(delivery.id, rows), inArray(delivery.state, originsOf('leased'))))
      .returning()
    return leased.map((row) => ({ ...row, leaseToken })).sort((a, b) => a.lane - b.lane || a.id - b.id)
  })
}

async function chooseRows(tx: Db, request: LeaseRequest, allowed: number, halted: boolean): Promise<number[]> {
  const chosen = new Map<string, number>()
  const choose = async (lanes: readonly number[], most: number) => {
    if (most <= 0) return
    for (const { id, endpoint } of await findRows(tx, request, lanes, most, halted)) {
      if (chosen.size < allowed && !chosen.has(endpoint)) chosen.set(endpoint, id)
    }
  }
  const { urgent, orange, reply, notice, routine } = LANES
  await choose([reply], Math.ceil(allowed * REPLY_SHARE))
  await choose([urgent, orange], allowed - chosen.size)
  if (chosen.size < allowed) await choose([reply], allowed)
  if (chosen.size < allowed) await choose([notice, routine], allowed - chosen.size)
  return [...chosen.values()]
}

async function findRows(
  tx: Db,
  { channel, rates, now }: LeaseRequest,
  lanes: readonly number[],
  most: number,
  halted: boolean,
): Promise<{ id: number; endpoint: string }[]> {
  const rows = await tx
    .select({ id: delivery.id, endpoint: delivery.endpoint })
    .from(delivery)
    .where(
      and(
        eq(delivery.channel, channel),
        inArray(delivery.state, [...WAITING]),
        inArray(delivery.lane, [...lanes]),
        lte(delivery.readyAt, now),
        gt(delivery.expiresAt, now),
        halted ? isNull(delivery.fanOutId) : undefined,
        sql`(${delivery.fanOutId} is null or exists (select 1 from ${fanOut} where ${fanOut.id} = ${delivery.fanOutId} and ${fanOut.state} = 'open'))`,
        sql`not exists (select 1 from ${deliveryPause} where ${deliveryPause.key} = ${delivery.channel} || ' ' || ${delivery.endpoint} and ${deliveryPause.until} > ${now.toISOString()}::timestamptz)`,
        sql`not exists (select 1 from ${delivery} as other where other.endpoint = ${delivery.endpoint} and other.state = 'leased')`,
        ...rates.filter(({ per }) => per !== 'account').map((rate) => hasRoom(rate, now)),
      ),
    )
    .orderBy(asc(delivery.lane), asc(delivery.readyAt), asc(delivery.id))
    .limit(most)
    .for('update', { skipLocked: true })
  return rows
}

/**
 * Whether the chat has had fewer messages in the window than its platform takes. What lies in the future was sent before
 * the clock was set back and does not count.
 */
function hasRoom({ count, windowMs }: SendRate, now: Date): SQL {
  const since = startOfWindow(windowMs, now)
  return sql`(select count(*) from (select 1 from ${delivery} as earlier where earlier.endpoint = ${delivery.endpoint} and earlier.leased_at > ${since.toISOString()}::timestamptz and earlier.leased_at <= ${now.toISOString()}::timestamptz limit ${count}) as counted) < ${count}`
}

/** How many more the account may send at this moment, in every one of its windows. */
export async function countAllowed(
  tx: Db,
  { channel, rates, now }: Pick<LeaseRequest, 'channel' | 'rates' | 'now'>,
): Promise<number> {
  let allowed = Infinity
  for (const { per, count, windowMs } of rates) {
    if (per !== 'account') continue
    const since = startOfWindow(windowMs, now)
    const [sent] = await tx
      .select({ number: sql<number>`count(*)::int` })
      .from(delivery)
      .where(and(eq(delivery.channel, channel), gt(delivery.leasedAt, since), lte(delivery.leasedAt, now)))
    allowed = Math.min(allowed, count - (sent?.number ?? 0))
  }
  return allowed
}

function startOfWindow(windowMs: number, now: Date): Date {
  return new Date(now.getTime() - windowMs * WINDOW_SHARE - WINDOW_SLACK_MS)
}

async function isPaused(tx: Db, key: string, now: Date): Promise<boolean> {
  const found = await tx
    .select({ key: deliveryPause.key })
    .from(deliveryPause)
    .where(and(eq(deliveryPause.key, key), gt(deliveryPause.until, now)))
  return found.length > 0
}

async function isHalted(tx: Db): Promise<boolean> {
  return (await tx.select({ scope: deliveryHalt.scope }).from(deliveryHalt).limit(1)).length > 0
}
