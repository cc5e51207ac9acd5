import { and, eq, inArray, isNotNull, lt, lte, sql } from 'drizzle-orm'
import type { Db } from '../store/db.ts'
import { delivery, deliveryPause } from '../store/tables/delivery.ts'
import { decideAbandoned, originsOf, WAITING, type DeliveryState, type NextState } from './delivery-states.ts'
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
  { channel, idempotent, everyone, now }: { channel: string; idempotent: boolean; everyone: boolean; now: Date },
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
  const settled = abandoned.map((row) => ({
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

async function moveWaiting(db: Db, to: DeliveryState, which: ReturnType<typeof eq>, now: Date): Promise<number> {
  const from = originsOf(to).filter((state) => WAITING.includes(state))
  const moved = await db
    .update(delivery)
    .set({ state: to, updatedAt: now })
    .where(and(which, inArray(delivery.state, from)))
    .returning({ id: delivery.id })
  return moved.length
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
  await db.delete(delivery).where(and(isNotNull(delivery.sealed), lt(delivery.updatedAt, repliesBefore)))
}
