import { randomUUID } from 'node:crypto'
import { and, asc, eq, inArray, or, sql } from 'drizzle-orm'
import { z } from 'zod'
import { appendAudit } from '../audit/audit-log.ts'
import type { Clock } from '../base/clock.ts'
import { AppError } from '../base/errors.ts'
import type { Db } from '../store/db.ts'
import type { Store } from '../store/store.ts'
import { delivery, deliveryHalt, deliveryPause, fanOut, fanOutChunk } from '../store/tables/delivery.ts'
import { inTransaction } from '../store/transaction.ts'
import { IN_DOUBT } from './delivery-states.ts'
import type { Lane } from './lanes.ts'
import { buttonsSchema } from './outbound.ts'
import { supersedeRows } from './settle.ts'

/** One message on its way to many chats. */

const formSchema = z.object({ text: z.string().min(1), buttons: buttonsSchema.optional() })
/** What is sent to groups and to people. */
export const messageFormsSchema = z.object({ group: formSchema, private: formSchema })
export type MessageForms = z.infer<typeof messageFormsSchema>

/** A chat that a message goes to, as it was at the moment of release. */
export interface Recipient {
  /** Pseudonym. */
  endpoint: string
  /** What rows call its channel, see `routeOf`. */
  channel: string
  /** GB/T 2260 code. */
  region: string | null
}

export interface Release {
  /** Names the message for good: a second release of the same one is refused. */
  version: string
  lane: Lane
  message: MessageForms
  recipients: readonly Recipient[]
  effectiveAt: Date
  expiresAt: Date
  /** Red and orange: twice is better than never. */
  resendUnknown: boolean
}

/** Rows planned in one transaction: more would hold up everybody else on the embedded store. */
export const CHUNK_SIZE = 5_000

/**
 * Writes down what is to be sent and to whom, as part of the transaction that releases it: both hold or neither does.
 * Nothing leaves before that is committed. Answers the fan-out's id.
 * @throws AppError `already-released`, `nobody-to-reach`, `already-expired`
 */
export async function releaseFanOut(tx: Db, release: Release, now: Date): Promise<string> {
  const recipients = [...new Map(release.recipients.map((each) => [each.endpoint, each])).values()]
  if (recipients.length === 0) throw new AppError('nobody-to-reach', 'the audience is empty')
  if (release.expiresAt <= now || release.expiresAt <= release.effectiveAt) {
    throw new AppError('already-expired', 'it expires before it could be sent')
  }
  const id = randomUUID()
  const [written] = await tx
    .insert(fanOut)
    .values({
      id,
      version: release.version,
      lane: release.lane,
      message: messageFormsSchema.parse(release.message),
      state: 'open',
      resendUnknown: release.resendUnknown,
      effectiveAt: release.effectiveAt,
      expiresAt: release.expiresAt,
      snapshotCount: recipients.length,
      createdAt: now,
    })
    .onConflictDoNothing()
    .returning({ id: fanOut.id })
  if (!written) throw new AppError('already-released', 'this version was released before')
  const chunks = Array.from({ length: Math.ceil(recipients.length / CHUNK_SIZE) }, (_, ordinal) => ({
    fanOutId: id,
    ordinal,
    recipients: recipients.slice(ordinal * CHUNK_SIZE, (ordinal + 1) * CHUNK_SIZE),
    state: 'waiting' as const,
  }))
  for (const chunk of chunks) await tx.insert(fanOutChunk).values(chunk)
  return id
}

/**
 * Turns the next waiting piece of a snapshot into rows; answers how many, 0 when nothing waits. A crash in the middle
 * leaves the piece waiting.
 */
export async function planNextChunk(store: Store, now: Date): Promise<number> {
  return inTransaction(store, async (tx) => {
    const [chunk] = await tx
      .select({ fanOutId: fanOutChunk.fanOutId, ordinal: fanOutChunk.ordinal })
      .from(fanOutChunk)
      .innerJoin(fanOut, eq(fanOut.id, fanOutChunk.fanOutId))
      .where(and(eq(fanOutChunk.state, 'waiting'), inArray(fanOut.state, ['open', 'halted'])))
      .orderBy(asc(fanOut.lane), asc(fanOut.createdAt), asc(fanOutChunk.ordinal))
      .limit(1)
      .for('update', { of: fanOutChunk, skipLocked: true })
    if (!chunk) return 0
    const at = sql`${now.toISOString()}::timestamptz`
    const { rows } = await tx.execute<{ planned: number }>(sql`
      with planned as (
        insert into ${delivery} (version, endpoint, fan_out_id, channel, region, lane, state, attempts, resend_unknown,
          ready_at, expires_at, created_at, updated_at)
        select f.version, r.endpoint, f.id, r.channel, r.region, f.lane,
          case when f.effective_at > ${at} then 'planned' else 'ready' end,
          0, f.resend_unknown, f.effective_at, f.expires_at, ${at}, ${at}
        from fan_out_chunk k
        join fan_out f on f.id = k.fan_out_id
        cross join lateral jsonb_to_recordset(k.recipients) as r(endpoint text, channel text, region text)
        where k.fan_out_id = ${chunk.fanOutId} and k.ordinal = ${chunk.ordinal}
        on conflict (version, endpoint) do nothing
        returning 1
      )
      select count(*)::int as planned from planned`)
    await tx
      .update(fanOutChunk)
      .set({ state: 'planned' })
      .where(and(eq(fanOutChunk.fanOutId, chunk.fanOutId), eq(fanOutChunk.ordinal, chunk.ordinal)))
    return rows[0]?.planned ?? 0
  })
}

/**
 * Calls off what has not left yet, as part of the caller's transaction: waiting rows and pieces that are not planned.
 * What is under way cannot be called back; `reachedBy` names everybody whom a correction has to reach.
 * @throws AppError `no-such-fan-out`
 */
export async function callOff(
  tx: Db,
  version: string,
  as: 'cancelled' | 'superseded',
  now: Date,
): Promise<{ calledOff: number }> {
  const [found] = await tx
    .update(fanOut)
    .set({ state: as })
    .where(and(eq(fanOut.version, version), inArray(fanOut.state, ['open', 'halted'])))
    .returning({ id: fanOut.id })
  if (!found) throw new AppError('no-such-fan-out', 'nothing of this name is on its way')
  const dropped = await tx
    .update(fanOutChunk)
    .set({ state: 'dropped' })
    .where(and(eq(fanOutChunk.fanOutId, found.id), eq(fanOutChunk.state, 'waiting')))
    .returning({ size: sql<number>`jsonb_array_length(${fanOutChunk.recipients})::int` })
  const rows = await supersedeRows(tx, found.id, now)
  return { calledOff: rows + dropped.reduce((sum, { size }) => sum + size, 0) }
}

/** Chats that got a message or may have got it: a cancel or a correction goes to them. */
export async function reachedBy(db: Db, version: string): Promise<string[]> {
  const rows = await db
    .select({ endpoint: delivery.endpoint })
    .from(delivery)
    .where(
      and(
        eq(delivery.version, version),
        or(inArray(delivery.state, ['sent', 'unknown', 'leased', 'awaiting-human']), eq(delivery.reason, IN_DOUBT)),
      ),
    )
  return rows.map(({ endpoint }) => endpoint)
}

export interface OperatorParts {
  store: Store
  clock: Clock
}

const HALT_SCOPE = 'all'

/** Stops everything but replies, from the next lease on, in every process. May be called again. */
export async function haltDelivery({ store, clock }: OperatorParts, actor: string): Promise<void> {
  await inTransaction(
    store,
    async (tx) => {
      const at = clock.now()
      await tx.insert(deliveryHalt).values({ scope: HALT_SCOPE, at, actor }).onConflictDoNothing()
      await appendAudit(tx, { at, actor, act: 'delivery-halted', subject: HALT_SCOPE, detail: {} })
    },
    { durable: true },
  )
}

export async function resumeDelivery({ store, clock }: OperatorParts, actor: string): Promise<void> {
  await inTransaction(
    store,
    async (tx) => {
      await tx.delete(deliveryHalt)
      // A clock that ran ahead may have left a pause that outlives everything.
      await tx.delete(deliveryPause)
      await appendAudit(tx, { at: clock.now(), actor, act: 'delivery-resumed', subject: HALT_SCOPE, detail: {} })
    },
    { durable: true },
  )
}

/**
 * Sends once more to those it failed for, and to nobody else: the dead, and on request what may have arrived.
 * Answers how many. @throws AppError `no-such-fan-out`, `already-expired`
 */
export async function retryFailed(
  { store, clock }: OperatorParts,
  request: { version: string; unknown: boolean },
  actor: string,
): Promise<number> {
  return inTransaction(
    store,
    async (tx) => {
      const now = clock.now()
      const [found] = await tx.select().from(fanOut).where(eq(fanOut.version, request.version))
      if (!found || found.state !== 'open') throw new AppError('no-such-fan-out', 'nothing of this name is open')
      if (found.expiresAt <= now) throw new AppError('already-expired', 'its time is over; release a new version')
      const from = request.unknown ? ['dead', 'unknown'] : ['dead']
      const again = await tx
        .update(delivery)
        .set({
          state: 'ready',
          attempts: 0,
          readyAt: now,
          reason: sql`case when ${delivery.state} = 'unknown' then ${IN_DOUBT} end`,
          updatedAt: now,
        })
        .where(and(eq(delivery.fanOutId, found.id), inArray(delivery.state, from)))
        .returning({ id: delivery.id })
      const detail = { retried: again.length, unknown: request.unknown }
      await appendAudit(tx, { at: now, actor, act: 'delivery-retried', subject: request.version, detail })
      return again.length
    },
    { durable: true },
  )
}
