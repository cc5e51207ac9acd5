export interface ChatQueues {
  /** Runs the task when those of the same chat before it have ended. */
  run<T>(chatId: string, task: () => Promise<T>): Promise<T>
  /** Resolves when nothing is queued. */
  idle(): Promise<void>
}

/** Keeps the order within a chat and lets at most `limit` chats work at once. Tasks must not reject. */
export function createChatQueues(limit: number): ChatQueues {
  const tails = new Map<string, Promise<unknown>>()
  const waiting: (() => void)[] = []
  let free = limit

  async function takeSlot(): Promise<void> {
    if (free > 0) free -= 1
    else await new Promise<void>((resolve) => waiting.push(resolve))
  }
  function giveSlot(): void {
    const next = waiting.shift()
    if (next) next()
    else free += 1
  }

  return {
    async run(chatId, task) {
      const before = tails.get(chatId) ?? Promise.resolve()
      const work = before.then(async () => {
        await takeSlot()
        try {
          return await task()
        } finally {
          giveSlot()
        }
      })
      tails.set(chatId, work)
      try {
        return await work
      } finally {
        if (tails.get(chatId) === work) tails.delete(chatId)
      }
    },
    async idle() {
      while (tails.size > 0) await Promise.allSettled(tails.values())
    },
  }
}
