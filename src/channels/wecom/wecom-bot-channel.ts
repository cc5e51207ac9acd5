import type { Clock } from '../../base/clock.ts'
import { newToken } from '../../base/ids.ts'
import type { Logger } from '../../base/log.ts'
import type { Timers } from '../../base/timers.ts'
import type { Button, Channel, OutboundMessage, SendOutcome } from '../channel.ts'
import { PLATFORM_LIMITS } from '../platform-limits.ts'
import { type BotCommand, createBotConnection } from './wecom-bot-connection.ts'
import { createWecomBotCounters } from './wecom-bot-counters.ts'
import { describeRefusal, fail, SENTENCES } from './wecom-bot-failures.ts'
import { type FrameContext, type ReadFrame, readEventFrame, readMessageFrame } from './wecom-bot-frames.ts'
import { createWecomBotIntake, type WecomBotIntake } from './wecom-bot-intake.ts'
import { escapeMarkdown } from './wecom-bot-markdown.ts'
import { readReplyHandle } from './wecom-bot-reply-handle.ts'

export interface WecomBotSettings {
  botId: string
  secret: string
  /** What the bot is called in WeCom; without it the mention of it is guessed. */
  name?: string
  wsUrl?: string
  /** How long connecting and an acknowledgement may take; of the latter the SDK waits for five seconds at most. */
  timeoutMs?: number
  heartbeatMs?: number
}

const LIMITS = PLATFORM_LIMITS['wecom-bot']
/** An opened chat may be welcomed that long after the event. */
const WELCOME_MS = 5000
const MAX_LINKS = 3
const MAX_DATA_BYTES = 64
const CARD_TITLE = '也可以直接点：'

interface Route {
  command: BotCommand
  request: string
  body: Record<string, unknown>
}

/** 企业微信智能机器人 over its WebSocket: one bot, its groups and single chats. */
export function createWecomBotChannel(
  settings: WecomBotSettings,
  parts: { clock: Clock; timers: Timers; log: Logger },
): Channel {
  const { clock, timers } = parts
  const log = parts.log.child({ channel: 'wecom-bot' })
  const counters = createWecomBotCounters()
  const sending = new Set<Promise<SendOutcome>>()
  let intake: WecomBotIntake | undefined
  let running = false

  const take = (read: (frame: unknown, context: FrameContext) => ReadFrame) => (frame: unknown, connection: string) => {
    counters.add('frames')
    const result = read(frame, { connection, now: clock.now(), name: settings.name })
    if ('ignored' in result) counters.add(result.ignored)
    else intake?.take(result.event)
  }
  const connection = createBotConnection(
    {
      botId: settings.botId,
      secret: settings.secret,
      wsUrl: settings.wsUrl,
      timeoutMs: settings.timeoutMs ?? 10_000,
      heartbeatMs: settings.heartbeatMs ?? 30_000,
    },
    { clock, timers, log, counters, onMessage: take(readMessageFrame), onEvent: take(readEventFrame) },
  )

  function findRoute({ chat, text, inReplyTo }: OutboundMessage): Route | SendOutcome {
    const handle = inReplyTo && readReplyHandle(inReplyTo.replyHandle)
    const age = handle ? clock.now().getTime() - handle.at : 0
    const here = handle !== undefined && handle.connection === connection.current()
    if (handle?.to === 'enter') {
      if (age >= WELCOME_MS || !here) return fail('permanent', 'window-closed', SENTENCES.welcomeLate)
      const body = { msgtype: 'text', text: { content: text } }
      return { command: 'aibot_respond_welcome_msg', request: handle.request, body }
    }
    const content = escapeMarkdown(text)
    if (Buffer.byteLength(content) > LIMITS.maxBytes) return fail('permanent', 'too-long', SENTENCES.tooLong)
    if (handle?.to === 'message') {
      if (age >= (LIMITS.replyWindowMs ?? Infinity)) return fail('permanent', 'window-closed', SENTENCES.replyLate)
      if (here && !connection.isBusy(handle.request)) {
        const body = { msgtype: 'stream', stream: { id: newToken(), finish: true, content } }
        return { command: 'aibot_respond_msg', request: handle.request, body }
      }
      counters.add('untied_replies')
    }
    // A press can only be answered by changing the card for everybody: its answer is a message of its own.
    return pushTo(chat, { msgtype: 'markdown', markdown: { content } })
  }

  async function sendOnce(message: OutboundMessage): Promise<SendOutcome> {
    const { chat, text, buttons = [] } = message
    if (text.trim() === '') return fail('permanent', 'refused', SENTENCES.empty)
    if (Buffer.byteLength(text) > LIMITS.maxBytes) return fail('permanent', 'too-long', SENTENCES.tooLong)
    if (!areButtonsFit(buttons)) return fail('permanent', 'refused', SENTENCES.buttons)
    if (!running) return fail('retryable', 'not-connected', SENTENCES.stopped)
    if (connection.isUnauthorized()) return fail('permanent', 'unauthorized', SENTENCES.wrongCredentials)
    if (connection.current() === undefined) return fail('retryable', 'not-connected', SENTENCES.notConnected)
    const route = findRoute(message)
    if ('kind' in route) return route
    const answer = await connection.send(route.command, route.request, route.body)
    if (answer.kind === 'not-sent') return fail('retryable', 'not-connected', SENTENCES.notConnected)
    if (answer.kind === 'unanswered') return fail('unknown', 'timeout', SENTENCES.noAnswer)
    if (answer.kind === 'refused') {
      log.info({ errorCode: answer.errorCode }, 'WeCom refused a message')
      return { kind: 'failed', failure: describeRefusal(answer.errorCode, clock.now()) }
    }
    if (buttons.length > 0) {
      // A card cuts long texts, and over this transport none goes with a stream: the text stands whole above it and counts.
      const card = pushTo(chat, { msgtype: 'template_card', template_card: writeCard(buttons) })
      const shown = await connection.send(card.command, card.request, card.body)
      if (shown.kind !== 'accepted') counters.add('button_cards_failed')
    }
    return { kind: 'sent' }
  }

  return {
    name: 'wecom-bot',
    account: settings.name ?? settings.botId,
    mentionName: settings.name,
    capabilities: LIMITS,
    async start(receive) {
      intake = createWecomBotIntake({ receive, timers, log, counters })
      running = true
      await connection.start()
    },
    async pause() {
      await intake?.stop()
    },
    async stop() {
      await intake?.stop()
      running = false
      await Promise.all(sending)
      connection.stop()
    },
    async send(message) {
      const attempt = sendOnce(message)
      sending.add(attempt)
      const outcome = await attempt.finally(() => sending.delete(attempt))
      if (outcome.kind === 'sent') counters.add('sent')
      else if (outcome.kind === 'failed') {
        const { kind } = outcome.failure
        counters.add(kind === 'throttled' || kind === 'unknown' ? kind : 'failed')
      }
      return outcome
    },
    health: () => connection.health(),
    counters: () => counters.read(),
  }
}

function pushTo(chat: OutboundMessage['chat'], body: Record<string, unknown>): Route {
  const place = { chatid: chat.id, chat_type: chat.kind === 'private' ? 1 : 2 }
  return { command: 'aibot_send_msg', request: `aibot_send_msg_${newToken()}`, body: { ...place, ...body } }
}

function areButtonsFit(buttons: readonly Button[]): boolean {
  const keys = buttons.flatMap((button) => ('data' in button ? [button.data] : []))
  return (
    keys.length <= (LIMITS.buttons?.max ?? 0) &&
    buttons.length - keys.length <= MAX_LINKS &&
    new Set(keys).size === keys.length &&
    keys.every((key) => key !== '' && Buffer.byteLength(key) <= MAX_DATA_BYTES)
  )
}

/** Its buttons answer whatever their age: nothing of the card is kept here, and WeCom gives the data back. */
function writeCard(buttons: readonly Button[]): Record<string, unknown> {
  const choices = buttons.flatMap((button) => ('data' in button ? [{ text: button.label, key: button.data }] : []))
  const links = buttons.flatMap((button) =>
    'url' in button ? [{ type: 1, title: button.label, url: button.url }] : [],
  )
  const [link] = links
  const card = {
    main_title: { title: CARD_TITLE },
    task_id: `anxiao_${newToken()}`,
    ...(links.length === 0 ? {} : { jump_list: links }),
  }
  if (choices.length === 0) {
    return { ...card, card_type: 'text_notice', card_action: { type: 1, url: link?.url } }
  }
  return { ...card, card_type: 'button_interaction', button_list: choices.map((choice) => ({ style: 1, ...choice })) }
}
