import type { Clock } from '../../base/clock.ts'
import type { Logger } from '../../base/log.ts'
import type { ChannelEvent, ChatChange, Receive } from '../channel.ts'
import type { Bot, BotApi } from './bot-api.ts'
import { createChatQueues } from './chat-queues.ts'
import type { TelegramCounters } from './counters.ts'
import { readUpdate } from './read-update.ts'
import type { Wait } from './wait.ts'

/** After that an update counts as taken even if nobody is done with it. */
export const RECEIVE_LIMIT_MS = 30_000
const MAX_CHATS_AT_ONCE = 16
/** One change of a chat is told by several updates within moments. */
const SAME_CHANGE_MS = 60_000
const MAX_REMEMBERED_CHANGES = 1000

export interface Intake {
  /** Hands over what an update says. `true`: it may be confirmed; `false`: stopped before, it must come again. */
  take(update: unknown, bot: Bot): Promise<boolean>
  /** Takes nothing new; resolves when what was begun has ended. */
  stop(): Promise<void>
}

export function createIntake(parts: {
  api: BotApi
  receive: Receive
  clock: Clock
  log: Logger
  counters: TelegramCounters
  wait: Wait
}): Intake {
  const { api, receive, clock, log, counters, wait } = parts
  const queues = createChatQueues(MAX_CHATS_AT_ONCE)
  const answers = new Set<Promise<void>>()
  const isToldAgain = createChangeMemory()
  let stopped = false

  async function handOver(event: ChannelEvent): Promise<boolean> {
    if (stopped) return false
    const ended = new AbortController()
    const tooSlow = wait(RECEIVE_LIMIT_MS, ended.signal).then(() => {
      if (ended.signal.aborted) return
      counters.add('receive_too_slow')
      log.warn({ limitMs: RECEIVE_LIMIT_MS }, 'an update took too long and is confirmed')
    })
    // The port says that it never rejects; if it does, the same update would do so for ever.
    const done = receive(event).catch((error: unknown) => log.error({ error }, 'an update could not be handled'))
    await Promise.race([done, tooSlow])
    ended.abort()
    return true
  }

  /** The person's button stops waiting at once; whatever comes of the press is a message of its own. */
  function answerButton(callbackId: string): void {
    const answer = api
      .answerCallback(callbackId)
      .catch(() => counters.add('button_answers_failed'))
      .finally(() => answers.delete(answer))
    answers.add(answer)
  }

  return {
    async take(update, bot) {
      if (stopped) return false
      counters.add('updates')
      const { event, ignored, callbackId } = readUpdate(update, bot, clock.now())
      if (callbackId !== undefined) answerButton(callbackId)
      if (ignored) counters.add(ignored)
      if (!event) return true
      if (event.kind !== 'message' && isToldAgain(event)) return true
      counters.add('events')
      return queues.run(event.chat.id, () => handOver(event))
    },
    async stop() {
      stopped = true
      await queues.idle()
      await Promise.all(answers)
    },
  }
}

/**
 * Joining is told by `my_chat_member` and by a service message, moving also by a change in both chats. The second one
 * within a minute of platform time is the same change.
 */
function createChangeMemory(): (change: ChatChange) => boolean {
  const last = new Map<string, { kind: 'joined' | 'left'; at: number }>()
  const remember = (chatId: string, kind: 'joined' | 'left', at: number) => {
    last.delete(chatId)
    last.set(chatId, { kind, at })
    const oldest = last.keys().next().value
    if (last.size > MAX_REMEMBERED_CHANGES && oldest !== undefined) last.delete(oldest)
  }
  return ({ kind, chat, movedTo, sentAt }) => {
    const at = sentAt.getTime()
    if (kind === 'moved') {
      remember(chat.id, 'left', at)
      if (movedTo !== undefined) remember(movedTo, 'joined', at)
      return false
    }
    const before = last.get(chat.id)
    remember(chat.id, kind, at)
    return before?.kind === kind && Math.abs(at - before.at) <= SAME_CHANGE_MS
  }
}
