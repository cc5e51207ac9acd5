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

/** Platforms count when a message arrives, we when it leaves: a window is longer than theirs by as much as that varies. */
const WINDOW_SLACK_MS = 70
/** Into how many parts a short window is cut, and how much more than its share one of them may take. */
const PACE_PARTS = 5
const PACE_SLACK = 1.15
const PACED_WINDOW_MS = 10_000
/** Of the many that a chat may get within a short window, the last ones are for whoever is in danger. */
const KEPT_FOR_URGENT = 2
const MANY = 10
const SHORT_MS = 3_600_000

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
  const choose = async (lanes: readonly number[], most: number, repliesOnly: boolean) => {
    if (most <= 0) return
    for (const { id, endpoint } of await findRows(tx, request, lanes, most, repliesOnly)) {
      if (chosen.size < allowed && !chosen.has(endpoint)) chosen.set(endpoint, id)
    }
  }
  const { urgent, orange, reply, notice, routine } = LANES
  // Who asks in danger does not wait for the alert to everybody.
  await choose([urgent, reply], await countReplyShare(tx, request, allowed), true)
  const most = allowed - chosen.size
  const paced = most > 0 && !halted ? await countPaced(tx, request) : most
  await choose([urgent, orange], Math.min(most, paced), halted)
  if (chosen.size >= allowed) return [...chosen.values()]
  const taken = new Set(chosen.values())
  const next = await findRows(tx, request, [urgent, orange], taken.size + 1, halted)
  // What is spread over the window still goes before the replies that are more than their share.
  if (next.some(({ id, endpoint }) => !taken.has(id) && !chosen.has(endpoint))) return [...chosen.values()]
  const left = paced - (most - (allowed - chosen.size))
  await choose([reply], allowed, true)
  if (chosen.size < allowed) await choose([notice, routine], Math.min(allowed - chosen.size, left), halted)
  return [...chosen.values()]
}

/** The window in which the share of replies is counted where the account has none. */
const UNLIMITED = { per: 'account', count: Infinity, windowMs: 1_000 } as const

/** How many replies go before everything else: with those that left in the account's shortest window, their share of it. */
async function countReplyShare(tx: Db, { channel, rates, now }: LeaseRequest, allowed: number): Promise<number> {
  const windows = rates.filter(({ per }) => per === 'account').sort((a, b) => a.windowMs - b.windowMs)
  const { windowMs } = windows[0] ?? UNLIMITED
  const sent = await countLeased(tx, channel, windowMs, now)
  const replies = await countLeased(tx, channel, windowMs, now, isNull(delivery.fanOutId))
  return Math.min(allowed, Math.max(0, Math.round((sent + allowed) * REPLY_SHARE) - replies))
}

async function findRows(
  tx: Db,
  { channel, rates, now }: LeaseRequest,
  lanes: readonly number[],
  most: number,
  repliesOnly: boolean,
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
        repliesOnly ? isNull(delivery.fanOutId) : undefined,
        sql`(${delivery.fanOutId} is null or exists (select 1 from ${fanOut} where ${fanOut.id} = ${delivery.fanOutId} and ${fanOut.state} = 'open'))`,
        sql`not exists (select 1 from ${deliveryPause} where ${deliveryPause.key} = ${delivery.channel} || ' ' || ${delivery.endpoint} and ${deliveryPause.until} > ${now.toISOString()}::timestamptz)`,
        sql`not exists (select 1 from ${delivery} as other where other.endpoint = ${delivery.endpoint} and other.state = 'leased')`,
        sql`(${delivery.lane} = ${LANES.urgent} or not exists (${urgentReplyAhead(now)}))`,
        ...rates.filter(({ per }) => per !== 'account').map((rate) => hasRoom(rate, now)),
      ),
    )
    .orderBy(asc(delivery.lane), asc(delivery.readyAt), asc(delivery.id))
    .limit(most)
    .for('update', { skipLocked: true })
  return rows
}

/** Replies have a share of the account's rate before anything urgent; in one and the same chat the urgent one goes first. */
function urgentReplyAhead(now: Date): SQL {
  const at = sql`${now.toISOString()}::timestamptz`
  const waiting = sql.join(
    WAITING.map((state) => sql`${state}`),
    sql`, `,
  )
  return sql`select 1 from ${delivery} as ahead where ahead.endpoint = ${delivery.endpoint} and ahead.lane = ${LANES.urgent} and ahead.sealed is not null and ahead.state in (${waiting}) and ahead.ready_at <= ${at} and ahead.expires_at > ${at}`
}

/**
 * Whether the chat has had fewer messages in the window than its platform takes. What lies in the future was sent before
 * the clock was set back and does not count.
 */
function hasRoom({ count, windowMs }: SendRate, now: Date): SQL {
  const since = startOfWindow(windowMs, now)
  const kept = count < MANY || windowMs > SHORT_MS ? 0 : KEPT_FOR_URGENT
  const room = sql`case when ${delivery.lane} = ${LANES.urgent} then ${count}::int else ${count - kept}::int end`
  return sql`(select count(*) from (select 1 from ${delivery} as earlier where earlier.endpoint = ${delivery.endpoint} and earlier.leased_at > ${since.toISOString()}::timestamptz and earlier.leased_at <= ${now.toISOString()}::timestamptz limit ${count}) as counted) < ${room}`
}

/** How many more the account may send at this moment, in every one of its windows. */
export async function countAllowed(
  tx: Db,
  { channel, rates, now }: Pick<LeaseRequest, 'channel' | 'rates' | 'now'>,
): Promise<number> {
  let allowed = Infinity
  for (const { per, count, windowMs } of rates) {
    if (per === 'account') allowed = Math.min(allowed, count - (await countLeased(tx, channel, windowMs, now)))
  }
  return allowed
}

/**
 * How many of those may go to many: they are spread over a short window instead of using it up at its start, so that a
 * reply waits for a fifth of it at most. Windows of minutes are left alone.
 */
async function countPaced(tx: Db, { channel, rates, now }: LeaseRequest): Promise<number> {
  let paced = Infinity
  for (const { per, count, windowMs } of rates) {
    if (per !== 'account' || windowMs > PACED_WINDOW_MS) continue
    const most = Math.ceil((count * PACE_SLACK) / PACE_PARTS)
    // A part needs no slack: the whole window has it.
    const partMs = windowMs / PACE_PARTS - WINDOW_SLACK_MS
    paced = Math.min(paced, most - (await countLeased(tx, channel, partMs, now)))
  }
  return Math.max(0, paced)
}

async function countLeased(tx: Db, channel: string, windowMs: number, now: Date, which?: SQL): Promise<number> {
  const since = startOfWindow(windowMs, now)
  const [sent] = await tx
    .select({ number: sql<number>`count(*)::int` })
    .from(delivery)
    .where(and(eq(delivery.channel, channel), gt(delivery.leasedAt, since), lte(delivery.leasedAt, now), which))
  return sent?.number ?? 0
}

function startOfWindow(windowMs: number, now: Date): Date {
  return new Date(now.getTime() - windowMs - WINDOW_SLACK_MS)
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
