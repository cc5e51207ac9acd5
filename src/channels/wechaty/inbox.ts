import type { Timers } from '../../base/timers.ts'
import { TookTooLong, within } from './within.ts'

export interface InboxItem {
  chatId: string
  handle(): Promise<void>
}

/**
 * Takes what arrives in the order in which it arrived: of one chat one after the other, of different chats side by side.
 * The look-up that tells the chat runs at once; it must end in bounded time.
 */
export interface Inbox {
  add(item: Promise<InboxItem | undefined>): void
  /** Resolves when nothing is waiting or being handled. */
  idle(): Promise<void>
  /** Nothing more is handled; what is being handled is not waited for. */
  close(): void
}

const MAX_WAITING = 1_000
const MAX_AT_ONCE = 16

/** `count` is told of what is dropped (`overflow`), of what took too long (`slow`), and of what failed (`failed`). */
export function createInbox(parts: {
  timers: Timers
  handleMs: number
  count(what: 'overflow' | 'slow' | 'failed'): void
}): Inbox {
  const queues = new Map<string, InboxItem[]>()
  const busy = new Set<string>()
  let waiting = 0
  let closed = false
  let order = Promise.resolve()
  let waiters: (() => void)[] = []

  const settle = () => {
    if (waiting > 0 && !closed) return
    for (const resolve of waiters) resolve()
    waiters = []
  }
  const leave = () => {
    waiting--
    settle()
  }

  const handle = async (item: InboxItem) => {
    try {
      await within(parts.timers, parts.handleMs, item.handle())
    } catch (error) {
      parts.count(error instanceof TookTooLong ? 'slow' : 'failed')
    }
  }

  const pump = () => {
    for (const [chatId, items] of queues) {
      if (closed || busy.size >= MAX_AT_ONCE) return
      if (busy.has(chatId)) continue
      // Back to the end, so that a busy chat does not keep others waiting.
      queues.delete(chatId)
      const item = items.shift()
      if (!item) continue
      queues.set(chatId, items)
      busy.add(chatId)
      void handle(item).then(() => {
        busy.delete(chatId)
        leave()
        pump()
      })
    }
  }

  return {
    add(item) {
      if (closed || waiting >= MAX_WAITING) {
        // Its look-up may still fail.
        item.catch(() => undefined)
        if (!closed) parts.count('overflow')
        return
      }
      waiting++
      const looked = item.catch(() => {
        parts.count('failed')
        return undefined
      })
      order = order.then(async () => {
        const found = await looked
        if (!found || closed) return leave()
        const items = queues.get(found.chatId)
        if (items) items.push(found)
        else queues.set(found.chatId, [found])
        pump()
      })
    },
    async idle() {
      if (waiting > 0 && !closed) await new Promise<void>((resolve) => waiters.push(resolve))
    },
    close() {
      closed = true
      queues.clear()
      settle()
    },
  }
}
