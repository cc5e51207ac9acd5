import type { Logger } from '../../base/log.ts'
import type { Timers } from '../../base/timers.ts'
import type { ChannelEvent, Receive } from '../channel.ts'
import type { WecomBotCounters } from './wecom-bot-counters.ts'

/** After that the next event of the chat goes on. */
const RECEIVE_LIMIT_MS = 30_000
const MAX_CHATS_AT_ONCE = 16
/** WeCom neither waits for us nor tells anything again: more than this is not kept. */
const MAX_WAITING = 2000

export interface WecomBotIntake {
  take(event: ChannelEvent): void
  /** Takes nothing new; resolves when what was taken has been handed over. */
  stop(): Promise<void>
}

/** Hands events over in order within a chat, several chats at once. */
export function createWecomBotIntake(parts: {
  receive: Receive
  timers: Timers
  log: Logger
  counters: WecomBotCounters
}): WecomBotIntake {
  const { receive, timers, log, counters } = parts
  const waiting = new Map<string, ChannelEvent[]>()
  const busy = new Map<string, Promise<void>>()
  let count = 0
  let stopped = false

  async function handOver(event: ChannelEvent): Promise<void> {
    let cancel = (): void => {}
    const tooSlow = new Promise<void>((resolve) => {
      cancel = timers.after(RECEIVE_LIMIT_MS, () => {
        counters.add('receive_too_slow')
        log.warn({ limitMs: RECEIVE_LIMIT_MS }, 'an event took too long, the next one goes on')
        resolve()
      })
    })
    // The port says that it never rejects.
    const done = receive(event).catch((error: unknown) => log.error({ error }, 'an event could not be handled'))
    await Promise.race([done, tooSlow])
    cancel()
  }

  async function work(chatId: string, events: ChannelEvent[]): Promise<void> {
    for (let event = events.shift(); event; event = events.shift()) {
      count -= 1
      await handOver(event)
    }
    waiting.delete(chatId)
    busy.delete(chatId)
    begin()
  }

  function begin(): void {
    for (const [chatId, events] of waiting) {
      if (busy.size >= MAX_CHATS_AT_ONCE) return
      if (!busy.has(chatId)) busy.set(chatId, work(chatId, events))
    }
  }

  return {
    take(event) {
      if (stopped) return
      if (count >= MAX_WAITING) {
        counters.add('dropped')
        return
      }
      counters.add('events')
      count += 1
      const events = waiting.get(event.chat.id)
      if (events) events.push(event)
      else waiting.set(event.chat.id, [event])
      begin()
    },
    async stop() {
      stopped = true
      while (busy.size > 0) await Promise.all(busy.values())
    },
  }
}
