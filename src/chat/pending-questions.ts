import { and, asc, eq, gte, inArray, lt } from 'drizzle-orm'
import { z } from 'zod'
import type { Clock } from '../base/clock.ts'
import type { Logger } from '../base/log.ts'
import { waitAtMost, type Timers } from '../base/timers.ts'
import type { InboundMessage } from '../channels/channel.ts'
import { REPLY_LIFE_MS } from '../delivery/delivery.ts'
import type { Sealer } from '../people/sealer.ts'
import type { Db } from '../store/db.ts'
import type { Store } from '../store/store.ts'
import { pendingQuestion } from '../store/tables/chat.ts'
import type { Trigger } from './manners.ts'

/** How long a platform is kept waiting for a store that is slow. */
const PATIENCE_MS = 500

/** A question that was taken up. `key` names its reply for good. */
export interface PendingQuestion {
  key: string
  message: InboundMessage
  trigger: Trigger
  at: Date
}

/**
 * Questions between the moment that a platform is told they arrived and the moment that their answer is handed over: the
 * process may die meanwhile, and most platforms do not deliver twice. Kept encrypted, and no longer than that.
 */
export interface PendingQuestions {
  /** Resolves when it is kept, or when the store cannot or does not in time. */
  keep(question: PendingQuestion, from: { channel: string; person: string }): Promise<void>
  /** These are answered. */
  done(keys: readonly string[]): Promise<void>
  /** What a process that is gone left of a channel's questions, oldest first; nothing that an answer comes too late for. */
  findLeft(channel: string): Promise<PendingQuestion[]>
  forgetOld(): Promise<void>
}

const messageSchema = z.object({
  kind: z.literal('message'),
  id: z.string(),
  chat: z.object({ id: z.string(), kind: z.enum(['private', 'group']), title: z.string().exactOptional() }),
  sender: z.object({ id: z.string(), name: z.string().exactOptional(), bot: z.boolean() }),
  text: z.string(),
  media: z.enum(['text', 'picture', 'voice', 'video', 'file', 'sticker', 'link', 'location', 'other']),
  mentionsUs: z.boolean(),
  mentionsEveryone: z.boolean(),
  repliesToUs: z.boolean(),
  quote: z.object({ text: z.string(), ours: z.boolean(), messageId: z.string().exactOptional() }).exactOptional(),
  forwarded: z.boolean(),
  button: z.string().exactOptional(),
  sentAt: z.coerce.date(),
  replyHandle: z.string(),
}) satisfies z.ZodType<InboundMessage>
const triggerSchema = z.enum(['mention', 'reply', 'command', 'button', 'choice', 'private', 'life-threat', 'rumor'])
const keptSchema = z.object({ message: messageSchema, trigger: triggerSchema })

export function createPendingQuestions(parts: {
  clock: Clock
  log: Logger
  timers: Timers
  sealer: Sealer
  store: () => Store | null
}): PendingQuestions {
  const { clock, log, timers, sealer } = parts
  const keeping = new Map<string, Promise<void>>()
  const tooLate = () => new Date(clock.now().getTime() - REPLY_LIFE_MS)
  const tryTo = async (what: string, work: (db: Db) => Promise<unknown>): Promise<void> => {
    const store = parts.store()
    if (!store) return
    await work(store.db).catch((error: unknown) => log.warn({ error, what }, 'pending questions not written'))
  }

  return {
    async keep({ key, message, trigger, at }, { channel, person }) {
      const sealed = sealer.seal(key, { message, trigger })
      const kept = tryTo('keep', (db) =>
        db.insert(pendingQuestion).values({ key, channel, person, sealed, at }).onConflictDoNothing(),
      ).finally(() => keeping.delete(key))
      keeping.set(key, kept)
      await waitAtMost(kept, PATIENCE_MS, timers)
    },
    async done(keys) {
      // A slow store must not keep what was answered before it came to it.
      await Promise.all(keys.flatMap((key) => keeping.get(key) ?? []))
      await tryTo('done', (db) => db.delete(pendingQuestion).where(inArray(pendingQuestion.key, [...keys])))
    },
    async findLeft(channel) {
      const store = parts.store()
      if (!store) return []
      const rows = await store.db
        .select()
        .from(pendingQuestion)
        .where(and(eq(pendingQuestion.channel, channel), gte(pendingQuestion.at, tooLate())))
        .orderBy(asc(pendingQuestion.at))
      return rows.flatMap(({ key, sealed, at }) => {
        const kept = keptSchema.safeParse(sealer.unseal(key, sealed))
        return kept.success ? [{ key, at, ...kept.data }] : []
      })
    },
    async forgetOld() {
      await tryTo('forget', (db) => db.delete(pendingQuestion).where(lt(pendingQuestion.at, tooLate())))
    },
  }
}

/** Deletes what a person asked and is not answered yet. */
export async function forgetPendingOf(tx: Db, person: string): Promise<void> {
  await tx.delete(pendingQuestion).where(eq(pendingQuestion.person, person))
}
