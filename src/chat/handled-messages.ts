import { createHash } from 'node:crypto'
import { lt } from 'drizzle-orm'
import type { Clock } from '../base/clock.ts'
import type { Logger } from '../base/log.ts'
import { waitAtMost, type Timers } from '../base/timers.ts'
import type { Store } from '../store/store.ts'
import { handledMessage } from '../store/tables/chat.ts'

/** Longer than any platform delivers a message again. */
const KEEP_MS = 7 * 86_400_000
/** How long a message waits for a store that is slow, and somebody in danger. */
const PATIENCE_MS = 5_000
const URGENT_PATIENCE_MS = 500
const MAX_IN_MEMORY = 10_000

/** Which messages were taken up, so that one that is delivered again is not. */
export interface HandledMessages {
  /** True the first time that a message is taken. Kept in the store; while that is away, in memory. */
  take(
    message: { channel: string; account: string; chat: string; id: string },
    /** `urgent`: a store that is slow is hardly waited for. */
    options?: {
      urgent?: boolean
      /** Asked of a message that was taken by a process that is gone: it may have died before it answered. */
      wasAnswered?: () => Promise<boolean>
    },
  ): Promise<boolean>
  /** Deletes what no platform delivers any more. */
  forgetOld(): Promise<number>
}

export function createHandledMessages(parts: {
  clock: Clock
  log: Logger
  store: () => Store | null
  timers: Timers
}): HandledMessages {
  const recent = new Set<string>()
  return {
    async take({ channel, account, chat, id }, { urgent = false, wasAnswered } = {}) {
      const key = createHash('sha256')
        .update(JSON.stringify([channel, account, chat, id]))
        .digest('base64url')
      if (recent.has(key)) return false
      recent.add(key)
      if (recent.size > MAX_IN_MEMORY)
        for (const oldest of [...recent].slice(0, MAX_IN_MEMORY / 2)) recent.delete(oldest)
      const store = parts.store()
      if (!store) return true
      const noted = store.db
        .insert(handledMessage)
        .values({ key, at: parts.clock.now() })
        .onConflictDoNothing()
        .returning({ key: handledMessage.key })
        .then(async (taken) => taken.length > 0 || (wasAnswered !== undefined && !(await wasAnswered())))
        .catch((error: unknown) => {
          parts.log.warn({ error }, 'message not noted as taken, only in memory')
          return true
        })
      return (await waitAtMost(noted, urgent ? URGENT_PATIENCE_MS : PATIENCE_MS, parts.timers)) ?? true
    },
    async forgetOld() {
      const before = new Date(parts.clock.now().getTime() - KEEP_MS)
      const gone = await parts
        .store()
        ?.db.delete(handledMessage)
        .where(lt(handledMessage.at, before))
        .returning({ key: handledMessage.key })
      return gone?.length ?? 0
    },
  }
}
