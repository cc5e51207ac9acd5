import { createHash } from 'node:crypto'
import { eq, lt, sql } from 'drizzle-orm'
import { z } from 'zod'
import type { Conversation } from '../answering/answer.ts'
import type { Clock } from '../base/clock.ts'
import { newToken } from '../base/ids.ts'
import type { Logger } from '../base/log.ts'
import type { Store } from '../store/store.ts'
import { conversation as conversationTable } from '../store/tables/conversations.ts'

const choiceSchema = z.object({ label: z.string(), kind: z.enum(['card', 'rebuttal', 'none']), slug: z.string() })
const conversationSchema = z.object({
  card: z.string().optional(),
  choices: z.array(choiceSchema).optional(),
  clarified: z.boolean().optional(),
})

/** After this time a conversation starts anew and its row may be deleted. */
export const CONVERSATION_TTL_MS = 24 * 3_600_000
const MAX_IN_MEMORY = 20_000
const MAX_ROWS_PER_WRITE = 500

/**
 * What is remembered between two messages of one session. Answers never wait for a write: states are kept in memory
 * and written in batches by `flush`, unless there is nothing in them; a session that another process served is read from
 * the store.
 */
export interface Conversations {
  /** The session's state; an unknown or missing session gets a new token and an empty state. */
  open(session: string | undefined): Promise<{ session: string; conversation: Conversation }>
  /** The session if it is known here, a new one otherwise; asks no store. */
  openAtOnce(session: string | undefined): string
  /** The state of a session whose name we gave ourselves; empty when there is none. */
  resume(session: string): Promise<Conversation>
  remember(session: string, conversation: Conversation): void
  /** Nothing of this session is kept. */
  forget(session: string): Promise<void>
  /** Writes what has changed since the last call. */
  flush(): Promise<void>
  /** Deletes what is older than the TTL; answers how many rows that were. */
  forgetOld(): Promise<number>
}

interface Remembered {
  conversation: Conversation
  at: number
  /** A row may hold an earlier state. */
  stored: boolean
}

export function createConversations(parts: { clock: Clock; log: Logger; store: () => Store | null }): Conversations {
  const memory = new Map<string, Remembered>()
  const unwritten = new Set<string>()

  const keep = (session: string, remembered: Remembered) => {
    memory.delete(session)
    memory.set(session, remembered)
    if (memory.size <= MAX_IN_MEMORY) return
    const [oldest] = memory.keys()
    if (oldest !== undefined && !unwritten.has(oldest)) memory.delete(oldest)
  }

  const readStored = async (session: string): Promise<Remembered | undefined> => {
    try {
      const rows = await parts
        .store()
        ?.db.select()
        .from(conversationTable)
        .where(eq(conversationTable.sessionHash, hashSession(session)))
      const row = rows?.[0]
      const state = conversationSchema.safeParse(row?.state)
      return row && state.success ? { conversation: state.data, at: row.updatedAt.getTime(), stored: true } : undefined
    } catch (error) {
      parts.log.warn({ error }, 'conversation not read, it starts anew')
      return undefined
    }
  }

  const find = async (session: string): Promise<Conversation | undefined> => {
    const remembered = memory.get(session) ?? (await readStored(session))
    if (!remembered || parts.clock.now().getTime() - remembered.at > CONVERSATION_TTL_MS) return undefined
    keep(session, remembered)
    return remembered.conversation
  }

  return {
    async open(session) {
      const conversation = session !== undefined && /^[\w-]{22}$/.test(session) ? await find(session) : undefined
      return session !== undefined && conversation
        ? { session, conversation }
        : { session: newToken(), conversation: {} }
    },
    openAtOnce: (session) => (session !== undefined && memory.has(session) ? session : newToken()),
    resume: async (session) => (await find(session)) ?? {},
    remember(session, conversation) {
      const stored = memory.get(session)?.stored ?? false
      // Nothing to remember: a session without a row starts just so.
      if (stored || Object.values(conversation).some((part) => part !== undefined)) unwritten.add(session)
      keep(session, { conversation, at: parts.clock.now().getTime(), stored })
    },
    async forget(session) {
      memory.delete(session)
      unwritten.delete(session)
      const written = eq(conversationTable.sessionHash, hashSession(session))
      await parts.store()?.db.delete(conversationTable).where(written)
    },
    async flush() {
      const store = parts.store()
      if (!store) return
      while (unwritten.size > 0) {
        const sessions = [...unwritten].slice(0, MAX_ROWS_PER_WRITE)
        const rows = sessions.flatMap((session) => {
          const remembered = memory.get(session)
          if (!remembered) return []
          remembered.stored = true
          const { conversation, at } = remembered
          return [{ session_hash: hashSession(session), state: conversation, updated_at: new Date(at) }]
        })
        for (const session of sessions) unwritten.delete(session)
        try {
          // One parameter for all rows: three for each would cost more than the writing.
          await store.db.execute(sql`
            insert into conversation (session_hash, state, updated_at)
            select session_hash, state, updated_at
            from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
              as written (session_hash text, state jsonb, updated_at timestamptz)
            on conflict (session_hash) do update set state = excluded.state, updated_at = excluded.updated_at`)
        } catch (error) {
          for (const session of sessions) unwritten.add(session)
          throw error
        }
      }
    },
    async forgetOld() {
      const oldest = new Date(parts.clock.now().getTime() - CONVERSATION_TTL_MS)
      for (const [session, { at }] of memory) if (at < oldest.getTime()) memory.delete(session)
      const deleted = await parts
        .store()
        ?.db.delete(conversationTable)
        .where(lt(conversationTable.updatedAt, oldest))
        .returning({ sessionHash: conversationTable.sessionHash })
      return deleted?.length ?? 0
    },
  }
}

/** Tokens are stored as hashes: whoever reads the database cannot take over a conversation. */
export function hashSession(session: string): string {
  return createHash('sha256').update(session).digest('base64url')
}
