import { eq } from 'drizzle-orm'
import { AppError } from '../../src/base/errors.ts'
import type { NextState } from '../../src/delivery/delivery-states.ts'
import {
  callOff,
  haltDelivery,
  planNextChunk,
  reachedBy,
  releaseFanOut,
  resumeDelivery,
  retryFailed,
} from '../../src/delivery/fan-out.ts'
import { LANES } from '../../src/delivery/lanes.ts'
import { leaseRows, type LeasedRow } from '../../src/delivery/lease.ts'
import { expireRows, resetAbandoned, settleRows, supersedeReturned } from '../../src/delivery/settle.ts'
import type { Store } from '../../src/store/store.ts'
import { delivery, fanOut, fanOutChunk } from '../../src/store/tables/delivery.ts'
import { inTransaction } from '../../src/store/transaction.ts'
import {
  CHATS,
  isKeyed,
  MODEL_LEASE_MS,
  type DeliveryBackend,
  type ModelFanOut,
  type ModelLease,
  type ModelRelease,
} from './delivery-model.ts'

/** The real functions on a real store, for the simulation to drive. */
export class StoreBackend implements DeliveryBackend {
  readonly #store: Store

  constructor(store: Store) {
    this.#store = store
  }

  async release({ endpoints, ...release }: ModelRelease, now: Date): Promise<boolean> {
    const recipients = endpoints.map((endpoint) => {
      const channel = CHATS.find(([name]) => name === endpoint)?.[1] ?? ''
      return { endpoint, channel, region: null }
    })
    const message = { group: { text: 'g' }, private: { text: 'p' } }
    const full = { ...release, recipients, message }
    const released = await isDone(() => inTransaction(this.#store, (tx) => releaseFanOut(tx, full, now)))
    await this.#splitChunks()
    return released
  }

  async reply(version: string, endpoint: string, channel: string, now: Date): Promise<void> {
    const blank = { state: 'ready', sealed: 'x', attempts: 0, resendUnknown: false, readyAt: now }
    await this.#store.db.insert(delivery).values({
      ...blank,
      version,
      endpoint,
      channel,
      lane: LANES.reply,
      expiresAt: new Date(now.getTime() + 300_000),
      createdAt: now,
      updatedAt: now,
    })
  }

  async planChunk(now: Date): Promise<void> {
    await planNextChunk(this.#store, now)
  }

  lease(channel: string, room: number, now: Date): Promise<LeasedRow[]> {
    return leaseRows(this.#store, { channel, rates: [], room, leaseMs: MODEL_LEASE_MS, now })
  }

  settle(settled: readonly { row: ModelLease; next: NextState }[], now: Date): Promise<ReadonlySet<number>> {
    return settleRows(this.#store.db, settled, now)
  }

  async resetAbandoned(channel: string, everyone: boolean, now: Date): Promise<void> {
    await resetAbandoned(this.#store.db, { channel, idempotent: isKeyed(channel), everyone, now })
  }

  async tidy(now: Date): Promise<void> {
    await expireRows(this.#store.db, now)
    await supersedeReturned(this.#store.db, now)
  }

  async callOff(version: string, as: 'cancelled' | 'superseded', now: Date): Promise<boolean> {
    return isDone(() => inTransaction(this.#store, (tx) => callOff(tx, version, as, now)))
  }

  async setHalt(halted: boolean): Promise<void> {
    const parts = { store: this.#store, clock: { now: () => new Date(0) } }
    await (halted ? haltDelivery : resumeDelivery)(parts, 'operator')
  }

  async retryFailed(version: string, unknown: boolean, now: Date): Promise<boolean> {
    return isDone(() =>
      retryFailed({ store: this.#store, clock: { now: () => now } }, { version, unknown }, 'operator'),
    )
  }

  reachedBy(version: string): Promise<string[]> {
    return reachedBy(this.#store.db, version)
  }

  async look() {
    const { db } = this.#store
    const rows = await db.select().from(delivery).orderBy(delivery.id)
    const released = await db.select().from(fanOut)
    const chunks = await db.select().from(fanOutChunk)
    const fanOuts = released.map(({ id, version, state, snapshotCount: snapshot }): ModelFanOut => {
      const count = (wanted: string) =>
        chunks
          .filter((chunk) => chunk.fanOutId === id && chunk.state === wanted)
          .reduce((sum, { recipients }) => sum + recipients.length, 0)
      return { version, state, snapshot, notPlanned: count('waiting'), dropped: count('dropped') }
    })
    return { rows, fanOuts }
  }

  /** So that a few recipients are several pieces. */
  async #splitChunks(): Promise<void> {
    const { db } = this.#store
    for (const { fanOutId, ordinal, recipients } of await db
      .select()
      .from(fanOutChunk)
      .where(eq(fanOutChunk.state, 'waiting'))) {
      if (ordinal > 0 || recipients.length < 2) continue
      await db
        .update(fanOutChunk)
        .set({ recipients: recipients.slice(0, 1) })
        .where(eq(fanOutChunk.fanOutId, fanOutId))
      await db.insert(fanOutChunk).values({ fanOutId, ordinal: 1, recipients: recipients.slice(1), state: 'waiting' })
    }
  }
}

/** False where it was refused; a fault is thrown on. */
async function isDone(work: () => Promise<unknown>): Promise<boolean> {
  try {
    await work()
    return true
  } catch (error) {
    if (error instanceof AppError && error.code !== 'store-unavailable') return false
    throw error
  }
}
