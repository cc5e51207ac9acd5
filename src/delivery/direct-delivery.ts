import type { Channel, SendOutcome } from '../channels/channel.ts'
import type { Clock } from '../base/clock.ts'
import type { Logger } from '../base/log.ts'
import type { Timers } from '../base/timers.ts'
import { REPLY_LIFE_MS, type Delivery, type Outgoing } from './delivery.ts'

const RETRY_AFTER_MS = [1_000, 4_000, 15_000]

/**
 * Replies while the store is away: held in memory, so that what waits when the process dies is lost. Retries what did not
 * arrive and waits out throttles; of what may have arrived only an urgent message is sent again, once.
 */
export function createDirectDelivery(parts: {
  channels: readonly Channel[]
  clock: Clock
  timers: Timers
  log: Logger
}): Pick<Delivery, 'deliver' | 'drain' | 'stop'> {
  const { clock, timers, log } = parts
  const lastOfChat = new Map<string, Promise<SendOutcome>>()
  const underWay = new Set<Promise<SendOutcome>>()

  const sendOnce = async (channel: Channel, message: Outgoing): Promise<SendOutcome> => {
    const sending = channel.send(message)
    underWay.add(sending)
    try {
      return await sending
    } finally {
      underWay.delete(sending)
    }
  }

  const stopping = Promise.withResolvers<void>()
  let stopped = false

  const wait = async (ms: number): Promise<void> => {
    let cancel = () => {}
    const over = new Promise<void>((resolve) => (cancel = timers.after(ms, resolve)))
    await Promise.race([over, stopping.promise])
    cancel()
  }

  const send = async (message: Outgoing): Promise<SendOutcome> => {
    const channel = parts.channels.find(({ name }) => name === message.channel)
    if (!channel) return notConnected()
    const deadline = clock.now().getTime() + REPLY_LIFE_MS
    let current = message
    for (let attempt = 0; ; attempt++) {
      const outcome = await sendOnce(channel, current)
      const waitMs = outcome.kind === 'failed' ? waitBefore(outcome, attempt, current, clock.now()) : undefined
      if (waitMs === undefined || clock.now().getTime() + waitMs > deadline) {
        if (outcome.kind === 'failed') log.warn({ code: outcome.failure.code, channel: channel.name }, 'reply not sent')
        return outcome
      }
      if (outcome.kind === 'failed' && outcome.failure.movedTo !== undefined) {
        current = { ...current, chat: { ...current.chat, id: outcome.failure.movedTo } }
      }
      if (waitMs > 0) await wait(waitMs)
      // A row that was written meanwhile is sent by the next process.
      if (stopped) return outcome
    }
  }

  const drain = async () => {
    while (underWay.size > 0) await Promise.all(underWay)
  }

  return {
    deliver(message) {
      const chat = `${message.channel} ${message.chat.id}`
      const before = lastOfChat.get(chat)
      const sent = before === undefined ? send(message) : before.then(() => send(message))
      lastOfChat.set(chat, sent)
      void sent.then(() => {
        if (lastOfChat.get(chat) === sent) lastOfChat.delete(chat)
      })
      return sent
    },
    drain,
    async stop() {
      stopped = true
      stopping.resolve()
      await drain()
    },
  }
}

/** Milliseconds until the next attempt; undefined where there is none. */
function waitBefore(
  { failure }: SendOutcome & { kind: 'failed' },
  attempt: number,
  message: Outgoing,
  now: Date,
): number | undefined {
  if (failure.code === 'chat-moved') return attempt === 0 && failure.movedTo !== undefined ? 0 : undefined
  if (failure.kind === 'throttled') return Math.max(0, (failure.until?.getTime() ?? now.getTime()) - now.getTime())
  if (failure.kind === 'retryable') return RETRY_AFTER_MS[attempt]
  return failure.kind === 'unknown' && message.urgent === true && attempt === 0 ? 0 : undefined
}

function notConnected(): SendOutcome {
  const sentence = '这个通道没有接上，消息没有发出去。'
  return { kind: 'failed', failure: { kind: 'permanent', code: 'not-connected', sentence } }
}
