import { and, eq, gt, inArray, isNotNull, isNull, lt, lte, sql } from 'drizzle-orm'
import type { Db } from '../store/db.ts'
import { delivery, deliveryPause, fanOut } from '../store/tables/delivery.ts'
import { decideAbandoned, IN_DOUBT, originsOf, WAITING, type NextState } from './delivery-states.ts'
import type { LeasedRow } from './lease.ts'

/** What became of a leased row. */
export interface Settled {
  row: Pick<LeasedRow, 'id' | 'leaseToken'>
  next: NextState
}

/**
 * Writes what became of leased rows, as one statement for many. A row whose lease was taken over meanwhile stays as its
 * new holder has it; answers the ids that were written.
 */
export async function settleRows(db: Db, settled: readonly Settled[], now: Date): Promise<ReadonlySet<number>> {
  if (settled.length === 0) return new Set()
  const facts = settled.map(({ row, next }) => ({
    id: row.id,
    token: row.leaseToken,
    state: next.state,
    attempts: next.attempts,
    reason: next.reason ?? null,
    ready_at: (next.readyAt ?? now).toISOString(),
    platform_id: next.platformId ?? null,
    used_up: next.resendUnknown === false,
  }))
  const { rows } = await db.execute<{ id: number }>(sql`
    update ${delivery} set
      state = fact.state, attempts = fact.attempts, reason = fact.reason, ready_at = fact.ready_at,
      platform_id = coalesce(fact.platform_id, ${delivery.platformId}),
      resend_unknown = ${delivery.resendUnknown} and not fact.used_up,
      lease_token = null, lease_until = null, updated_at = ${now.toISOString()}::timestamptz
    from jsonb_to_recordset(${JSON.stringify(facts)}::jsonb) as fact(
      id bigint, token text, state text, attempts int, reason text, ready_at timestamptz, platform_id text, used_up boolean)
    where ${delivery.id} = fact.id and ${delivery.state} = 'leased' and ${delivery.leaseToken} = fact.token
    returning ${delivery.id}::int as id`)
  return new Set(rows.map(({ id }) => id))
}

/**
 * Leases that nobody settled: their worker died. `everyone`: no other worker can hold one, as on the embedded store.
 * Answers how many there were.
 */
export async function resetAbandoned(
  db: Db,
  {
    channel,
    idempotent,
    everyone,
    except = new Set(),
    now,
  }: {
    channel: string
    idempotent: boolean
    everyone: boolean
    /** Rows that the caller itself is sending: a clock that jumps does not end their leases. */
    except?: ReadonlySet<number>
    now: Date
  },
): Promise<number> {
  const abandoned = await db
    .select()
    .from(delivery)
    .where(
      and(
        eq(delivery.channel, channel),
        eq(delivery.state, 'leased'),
        isNotNull(delivery.leaseToken),
        everyone ? undefined : lte(delivery.leaseUntil, now),
      ),
    )
  const settled = abandoned
    .filter(({ id }) => !except.has(id))
    .map((row) => ({
      row: { id: row.id, leaseToken: row.leaseToken ?? '' },
      next: decideAbandoned({ ...row, idempotent }),
    }))
  return (await settleRows(db, settled, now)).size
}

/** Closes waiting rows whose time is over; they are never sent. */
export async function expireRows(db: Db, now: Date): Promise<number> {
  return moveWaiting(db, 'expired', sql`${delivery.expiresAt} <= ${now.toISOString()}::timestamptz`, now)
}

/** Closes waiting rows of what was called off. */
export async function supersedeRows(db: Db, fanOutId: string, now: Date): Promise<number> {
  return moveWaiting(db, 'superseded', eq(delivery.fanOutId, fanOutId), now)
}

/** As above, of rows that were under way when theirs was called off and came back. */
export async function supersedeReturned(db: Db, now: Date): Promise<number> {
  const calledOff = db
    .select({ id: fanOut.id })
    .from(fanOut)
    .where(inArray(fanOut.state, ['cancelled', 'superseded']))
  return moveWaiting(db, 'superseded', inArray(delivery.fanOutId, calledOff), now)
}

async function moveWaiting(
  db: Db,
  to: 'expired' | 'superseded',
  which: ReturnType<typeof eq>,
  now: Date,
): Promise<number> {
  const from = originsOf(to).filter((state) => WAITING.includes(state))
  const moved = await db
    .update(delivery)
    .set({
      state: sql`case when ${delivery.reason} = ${IN_DOUBT} then 'unknown' else ${to} end`,
      updatedAt: now,
    })
    .where(and(which, inArray(delivery.state, from)))
    .returning({ id: delivery.id })
  return moved.length
}

/** Rates whose windows are longer begin anew after a clock was set back. */
const COUNTED_BACK_MS = 60_000

/**
 * The clock shows a time before what was written last: what waits goes on waiting as long as it was meant to, and what
 * was just sent still counts. `before`: the last time that was seen, as far as somebody saw it.
 */
export async function followClockBack(db: Db, before: Date | null, now: Date): Promise<void> {
  const at = sql`${now.toISOString()}::timestamptz`
  const back = sql`${(before ?? now).getTime() - now.getTime()} * interval '1 millisecond'`
  if (before !== null) {
    // Settled after the clock went back, with a time that was worked out before it did.
    await db
      .update(delivery)
      .set({ readyAt: sql`${delivery.readyAt} - ${back}` })
      .where(
        and(
          inArray(delivery.state, ['throttled', 'retry']),
          lte(delivery.updatedAt, now),
          gt(delivery.readyAt, before),
        ),
      )
  }
  await db
    .update(delivery)
    .set({ readyAt: sql`${at} + (${delivery.readyAt} - ${delivery.updatedAt})`, updatedAt: now })
    .where(and(inArray(delivery.state, ['ready', 'throttled', 'retry']), gt(delivery.updatedAt, now)))
  if (before === null) return
  await db
    .update(delivery)
    .set({ leasedAt: sql`${delivery.leasedAt} - ${back}`, leaseUntil: sql`${delivery.leaseUntil} - ${back}` })
    .where(gt(delivery.leasedAt, new Date(before.getTime() - COUNTED_BACK_MS)))
  await db.update(deliveryPause).set({ until: sql`${deliveryPause.until} - ${back}` })
}

/** Until then nothing is sent by the channel, or to one chat of it. */
export async function pauseUntil(db: Db, key: string, until: Date): Promise<void> {
  await db
    .insert(deliveryPause)
    .values({ key, until })
    .onConflictDoUpdate({
      target: deliveryPause.key,
      set: { until: sql`greatest(${deliveryPause.until}, excluded.until)` },
    })
}

/** Deletes pauses that are over and replies of long ago with their words. */
export async function forgetOldDeliveries(db: Db, now: Date, repliesBefore: Date): Promise<void> {
  await db.delete(deliveryPause).where(lte(deliveryPause.until, now))
  await db.delete(delivery).where(and(isNull(delivery.fanOutId), lt(delivery.updatedAt, repliesBefore)))
}
