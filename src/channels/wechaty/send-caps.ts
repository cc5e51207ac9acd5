import { createHash, randomUUID } from 'node:crypto'
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import type { Clock } from '../../base/clock.ts'
import type { Logger } from '../../base/log.ts'
import type { Chat } from '../channel.ts'

/** How much this account may say; a personal account that says more attracts attention. */
export interface SendCaps {
  /** Between two messages to one chat. */
  perRoomMs: number
  /** Within 24 hours, everything counted. */
  perDay: number
  /** Before each message, at random between the two. */
  jitterMs: readonly [number, number]
}

export const DEFAULT_CAPS: SendCaps = { perRoomMs: 30 * 60_000, perDay: 200, jitterMs: [1_500, 6_000] }

export interface Refusal {
  cap: 'chat' | 'account'
  until: Date
}

/** What was sent when, kept in a file so that a restart does not begin anew. */
export interface SentLog {
  /** Why nothing may be sent to this chat now. `free`: this message is not held to the cap of the chat. */
  refuse(chat: Chat, free: boolean): Refusal | undefined
  /** Counts a message before it leaves; the returned function takes that back when it did not leave. */
  count(chat: Chat, free: boolean): () => void
  /** Resolves when the file holds what is counted; a failure is logged, the counts in memory stay. */
  save(): Promise<void>
  sentLastDay(): number
}

const DAY_MS = 86_400_000
const FILE = 'sent.json'
const fileSchema = z.object({ sent: z.array(z.number()), chats: z.record(z.string(), z.number()) })

/** Opens the counts below `dir`; a file that cannot be read begins anew, with a warning. */
export async function openSentLog(
  dir: string,
  caps: SendCaps,
  { clock, log }: { clock: Clock; log: Logger },
): Promise<SentLog> {
  const path = join(dir, FILE)
  const known = await readCounts(path, log)
  const started = clock.now().getTime()
  // A clock that was ahead must not close a chat for longer than the cap.
  let sent = known.sent.map((at) => Math.min(at, started))
  const chats = new Map(Object.entries(known.chats).map(([key, at]) => [key, Math.min(at, started)]))
  let saving = Promise.resolve()
  let saveAgain = false

  const forgetOld = (now: number) => {
    sent = sent.filter((at) => now - at < DAY_MS)
    for (const [key, at] of chats) if (now - at >= caps.perRoomMs) chats.delete(key)
  }

  const write = async () => {
    saveAgain = false
    const draft = `${path}.${randomUUID()}.tmp`
    try {
      await mkdir(dir, { recursive: true })
      await writeFile(draft, JSON.stringify({ sent, chats: Object.fromEntries(chats) }), { mode: 0o600 })
      await rename(draft, path)
    } catch (error) {
      log.warn({ error }, 'counts of sent messages not saved')
      await rm(draft, { force: true }).catch(() => undefined)
    }
  }

  return {
    refuse(chat, free) {
      const now = clock.now().getTime()
      forgetOld(now)
      const last = free ? undefined : chats.get(keyOf(chat))
      if (sent.length >= caps.perDay) {
        const leaves = sent.at(sent.length - caps.perDay) ?? now
        return { cap: 'account', until: new Date(leaves + DAY_MS) }
      }
      return last === undefined ? undefined : { cap: 'chat', until: new Date(last + caps.perRoomMs) }
    },
    count(chat, free) {
      const now = clock.now().getTime()
      const key = keyOf(chat)
      const before = chats.get(key)
      sent.push(now)
      if (!free) chats.set(key, now)
      return () => {
        const at = sent.lastIndexOf(now)
        if (at !== -1) sent.splice(at, 1)
        if (free || chats.get(key) !== now) return
        if (before === undefined) chats.delete(key)
        else chats.set(key, before)
      }
    },
    save() {
      // Whoever comes while one write waits shares it.
      if (saveAgain) return saving
      saveAgain = true
      saving = saving.then(write)
      return saving
    },
    sentLastDay() {
      forgetOld(clock.now().getTime())
      return sent.length
    },
  }
}

/** No platform id stands in the file. */
function keyOf(chat: Chat): string {
  return createHash('sha256').update(`${chat.kind} ${chat.id}`).digest('base64url')
}

async function readCounts(path: string, log: Logger): Promise<z.infer<typeof fileSchema>> {
  try {
    return fileSchema.parse(JSON.parse(await readFile(path, 'utf8')))
  } catch (error) {
    const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT'
    if (!missing) log.warn({ error }, 'counts of sent messages not readable, begun anew')
    return { sent: [], chats: {} }
  }
}
