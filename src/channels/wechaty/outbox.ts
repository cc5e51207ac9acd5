import type { Timers } from '../../base/timers.ts'
import type { Chat, OutboundMessage, SendOutcome } from '../channel.ts'
import type { Puppet } from './connect-puppet.ts'
import type { WechatyCounters } from './counters.ts'
import { describeFailure, failed } from './describe-failure.ts'
import type { KillSwitch } from './kill-switch.ts'
import type { Refusal, SendCaps, SentLog } from './send-caps.ts'
import { within } from './within.ts'

/** Sends one message once, within the caps; refuses at once what they do not allow. */
export interface Outbox {
  send(message: OutboundMessage): Promise<SendOutcome>
  /** Ends pauses, waits for what is on its way. */
  stop(): Promise<void>
}

export function createOutbox(parts: {
  caps: SendCaps
  maxBytes: number
  timeoutMs: number
  sentLog: SentLog
  killSwitch: KillSwitch
  timers: Timers
  random: () => number
  counters: WechatyCounters
  puppet: () => Puppet | undefined
  whyNotConnected: () => string | undefined
  isGone(chat: Chat): boolean
  /** Whether this answers somebody who has just written in private. */
  isAnswerInPrivate(chat: Chat): boolean
  /** Told of every text that people may see. */
  onSaid(chat: Chat, text: string): void
}): Outbox {
  const { caps, sentLog, counters, timers } = parts
  const stopping = new AbortController()
  const underWay = new Set<Promise<SendOutcome>>()

  const whyNot = async (): Promise<SendOutcome | undefined> => {
    if (await parts.killSwitch.isHalted()) {
      counters.add('refusedByKillSwitch')
      return failed('retryable', 'switched-off', '微信通道已被人工停用，恢复以前什么都不发。')
    }
    return !stopping.signal.aborted && parts.puppet() ? undefined : notConnected()
  }
  const notConnected = () =>
    failed('retryable', 'not-connected', parts.whyNotConnected() ?? '微信通道没有接上，消息没有发出。')

  const pause = (ms: number): Promise<void> => {
    const { signal } = stopping
    return new Promise((resolve) => {
      if (ms <= 0 || signal.aborted) return resolve()
      const end = () => {
        cancel()
        signal.removeEventListener('abort', end)
        resolve()
      }
      const cancel = timers.after(ms, end)
      signal.addEventListener('abort', end)
    })
  }

  const send = async (message: OutboundMessage): Promise<SendOutcome> => {
    const { chat, text } = message
    const urgent = message.urgent === true
    const refused = checkForm(message, parts.maxBytes) ?? (await whyNot())
    if (refused) return refused
    if (parts.isGone(chat)) return failed('permanent', 'chat-gone', '这个号已经不在这个微信群里，发不进去。')

    // Whoever turned to us is not left waiting for half an hour; it counts for the day all the same.
    const free = message.inReplyTo !== undefined || parts.isAnswerInPrivate(chat)
    const refusal = urgent ? undefined : sentLog.refuse(chat, free)
    if (refusal) {
      counters.add(refusal.cap === 'chat' ? 'refusedByRoomCap' : 'refusedByDayCap')
      return refuseByCap(refusal, caps)
    }
    // From here on the message holds its place, so that no other one takes it meanwhile.
    const uncount = sentLog.count(chat, free)
    const saved = sentLog.save()
    if (!urgent) {
      await saved
      const [shortest, longest] = caps.jitterMs
      await pause(shortest + parts.random() * Math.max(0, longest - shortest))
    }
    const stopped = await whyNot()
    const puppet = parts.puppet()
    if (stopped || !puppet) {
      uncount()
      void sentLog.save()
      return stopped ?? notConnected()
    }
    try {
      const id: unknown = await within(timers, parts.timeoutMs, puppet.messageSendText(chat.id, text))
      parts.onSaid(chat, text)
      counters.add('sent')
      if (urgent) counters.add('sentUrgent')
      return typeof id === 'string' && id !== '' ? { kind: 'sent', messageId: id } : { kind: 'sent' }
    } catch (error) {
      const outcome = describeFailure(error)
      if (outcome.kind === 'failed' && outcome.failure.kind === 'unknown') parts.onSaid(chat, text)
      else {
        uncount()
        void sentLog.save()
      }
      return outcome
    }
  }

  return {
    async send(message) {
      const sending = send(message).catch(describeFailure)
      underWay.add(sending)
      try {
        return await sending
      } finally {
        underWay.delete(sending)
      }
    },
    async stop() {
      stopping.abort()
      await Promise.all(underWay)
      await sentLog.save()
    },
  }
}

function checkForm({ text, buttons }: OutboundMessage, maxBytes: number): SendOutcome | undefined {
  if (Buffer.byteLength(text) > maxBytes) {
    return failed('permanent', 'too-long', `这条消息太长，微信里最多 ${maxBytes} 字节，请改短。`)
  }
  if (text.trim() === '') return failed('permanent', 'refused', '这条消息没有内容，没有发出。')
  if (buttons?.length) return failed('permanent', 'refused', '微信里没有按钮，请把选项写进正文。')
  return undefined
}

function refuseByCap({ cap, until }: Refusal, caps: SendCaps): SendOutcome {
  const sentence =
    cap === 'chat'
      ? `同一个微信会话 ${Math.round(caps.perRoomMs / 60_000)} 分钟内只发一条，免得账号被限制。`
      : `微信账号 24 小时内已发满 ${caps.perDay} 条，免得账号被限制，先不再发。`
  return { kind: 'failed', failure: { kind: 'throttled', code: 'cap-reached', until, scope: cap, sentence } }
}
