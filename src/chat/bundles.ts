import type { Timers } from '../base/timers.ts'

/** Messages that one person sends within seconds are one question: they wait for each other. */
export interface Bundles<T> {
  /** Puts a message to those of the same key; they are handed over together when none has come for a while. */
  add(key: string, message: T): void
  /** Whether somebody's messages are being waited for. */
  isOpen(key: string): boolean
  /** Takes out what waits under a key, for a message that cannot wait. */
  take(key: string): T[]
  /** Hands over everything at once. */
  flush(): void
}

/** People pause between two lines; a bundle is closed at the latest after this many of them. */
const MAX_MESSAGES = 10

export function createBundles<T>(
  parts: { timers: Timers; waitMs: number },
  handOver: (messages: readonly T[]) => void,
): Bundles<T> {
  const open = new Map<string, { messages: T[]; cancel: () => void }>()
  const take = (key: string): T[] => {
    const bundle = open.get(key)
    bundle?.cancel()
    open.delete(key)
    return bundle?.messages ?? []
  }
  const close = (key: string) => {
    const messages = take(key)
    if (messages.length > 0) handOver(messages)
  }
  return {
    add(key, message) {
      const messages = [...take(key), message]
      open.set(key, { messages, cancel: parts.timers.after(parts.waitMs, () => close(key)) })
      if (messages.length >= MAX_MESSAGES) close(key)
    },
    isOpen: (key) => open.has(key),
    take,
    flush() {
      for (const key of open.keys()) close(key)
    },
  }
}
