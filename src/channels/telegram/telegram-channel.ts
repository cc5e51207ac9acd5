import type { Clock } from '../../base/clock.ts'
import { AppError } from '../../base/errors.ts'
import type { Logger } from '../../base/log.ts'
import type { Button, Channel, Chat, OutboundMessage, SendFailure, SendOutcome } from '../channel.ts'
import { PLATFORM_LIMITS } from '../platform-limits.ts'
import type { Bot, BotApi } from './bot-api.ts'
import { TelegramCallError } from './call-error.ts'
import { createTelegramCounters } from './counters.ts'
import { describeFailure, permanent, SENTENCES } from './describe-failure.ts'
import { createGroupAdmins } from './group-admins.ts'
import { createHealthKeeper } from './health.ts'
import { createIntake, type Intake } from './intake.ts'
import { keepConnected } from './keep-connected.ts'
import { createPoller, type Poller } from './poll-updates.ts'
import { readReplyHandle } from './reply-handle.ts'
import { waitOnTimer, type Wait } from './wait.ts'
import { checkWebhook, createWebhookReceiver } from './webhook.ts'

export interface TelegramSettings {
  token: string
  /** Another server that speaks the Bot API. */
  apiRoot?: string
  /** An HTTP proxy (http: or https:). */
  proxyUrl?: string
  /** Where Telegram calls us, and what it then says to prove itself. Without it we ask for messages. */
  webhook?: { url: string; secret: string } | null
  /** How long a call may take. */
  timeoutMs?: number
}

export interface TelegramParts {
  clock: Clock
  log: Logger
  /** For tests: how to wait. */
  wait?: Wait
  /** For tests: in [0, 1), spreads retries. */
  random?: () => number
}

const DEFAULT_API_ROOT = 'https://api.telegram.org'
const DEFAULT_TIMEOUT_MS = 10_000
const MAX_BUTTON_DATA_BYTES = 64

interface Run {
  api: BotApi
  intake: Intake
  poller: Poller
  stop: AbortController
  ended: Promise<void>
  /** Set once nothing new is taken up. */
  paused?: Promise<void>
}

/** Telegram through its Bot API, by long polling or by a webhook. */
export function createTelegramChannel(settings: TelegramSettings, parts: TelegramParts): Channel {
  const { clock, log, wait = waitOnTimer, random = Math.random } = parts
  const { webhook = null, proxyUrl } = settings
  // Node passes over a proxy of another kind and would connect directly.
  if (proxyUrl !== undefined && !/^https?:/i.test(proxyUrl)) {
    throw new AppError('bad-setting', 'the proxy for Telegram must be an http: or https: address')
  }
  const limits = PLATFORM_LIMITS.telegram
  const counters = createTelegramCounters()
  const health = createHealthKeeper(clock)
  const isGroupAdmin = createGroupAdmins(clock, (chatId, userId) => getApi().getMemberStatus(chatId, userId))
  const calls = new Set<Promise<unknown>>()
  let bot: Bot | undefined
  let run: Run | undefined
  let stopping: Promise<void> | undefined

  const receiver =
    webhook && createWebhookReceiver({ secret: webhook.secret, bot: () => bot, intake: () => run?.intake, counters })

  function getApi(): BotApi {
    if (!run) throw new Error('the channel is not started')
    return run.api
  }

  async function connect(api: BotApi, stop: AbortSignal): Promise<void> {
    bot = await api.getMe(stop)
    if (webhook) await api.setWebhook(webhook.url, webhook.secret, stop)
    else await api.deleteWebhook(stop)
    log.info(
      { webhook: webhook !== null, seesAllGroupMessages: bot.can_read_all_group_messages === true },
      'connected to Telegram',
    )
  }

  async function pollOnce({ poller, stop }: Pick<Run, 'poller' | 'stop'>, probe: boolean): Promise<undefined> {
    if (bot) await poller.poll(bot, probe, stop.signal)
  }

  /** One call about a chat; never rejects. */
  async function attempt(
    chat: Chat,
    make: (api: BotApi, chatId: number) => Promise<SendOutcome>,
  ): Promise<SendOutcome> {
    if (!run || stopping) return fail({ kind: 'retryable', code: 'not-connected', sentence: SENTENCES.stopped })
    const chatId = readChatId(chat.id)
    if (chatId === undefined) return fail(permanent('refused', SENTENCES.badChat))
    const call = make(run.api, chatId).catch((error: unknown) => {
      if (error instanceof TelegramCallError) return fail(describeFailure(error, chat, clock.now()))
      log.error({ error }, 'a call to Telegram went wrong')
      return fail(describeFailure(new TelegramCallError('broken'), chat, clock.now()))
    })
    calls.add(call)
    return call.finally(() => calls.delete(call))
  }

  function fail(failure: SendFailure): SendOutcome {
    counters.add(failure.kind === 'throttled' || failure.kind === 'unknown' ? failure.kind : 'failed')
    log.debug({ code: failure.code, kind: failure.kind }, 'not sent')
    return { kind: 'failed', failure }
  }

  async function pauseRun({ intake, poller, stop, ended }: Run): Promise<void> {
    stop.abort()
    // Begun first: what waits behind a message under way is not begun any more.
    const drained = intake.stop()
    await ended
    await drained
    if (!webhook) await poller.confirm().catch(() => log.info('what was taken last may come again'))
  }

  async function stopRun(stopped: Run): Promise<void> {
    const { api } = stopped
    stopped.paused ??= pauseRun(stopped)
    await stopped.paused
    await Promise.allSettled(calls)
    api.close()
    health.set('off')
  }

  return {
    name: 'telegram',
    get account() {
      return bot?.username ?? ''
    },
    get mentionName() {
      return bot?.username
    },
    capabilities: limits,

    async start(receive) {
      // Loads grammY, which nobody needs who has no token.
      const { createBotApi } = await import('./bot-api.ts')
      await stopping
      if (run) return
      health.set('connecting')
      const api = createBotApi({
        token: settings.token,
        apiRoot: settings.apiRoot ?? DEFAULT_API_ROOT,
        timeoutMs: settings.timeoutMs ?? DEFAULT_TIMEOUT_MS,
        ...(proxyUrl === undefined ? {} : { proxyUrl }),
      })
      const intake = createIntake({ api, receive, clock, log, counters, wait })
      const poller = createPoller({ api, intake, counters, wait })
      const stop = new AbortController()
      const { promise: settled, resolve: settle } = Promise.withResolvers<void>()
      const step = (probe: boolean) =>
        webhook
          ? checkWebhook({ api, webhook, clock, counters, wait, stop: stop.signal, probe })
          : pollOnce({ poller, stop }, probe)
      const ended = keepConnected({
        connect: () => connect(api, stop.signal),
        step,
        settled: settle,
        stop: stop.signal,
        health,
        counters,
        log,
        wait,
        random,
      }).finally(settle)
      run = { api, intake, poller, stop, ended }
      await settled
    },

    async pause() {
      if (!run) return
      run.paused ??= pauseRun(run)
      await run.paused
    },

    async stop() {
      if (run && !stopping) {
        stopping = stopRun(run).finally(() => {
          run = undefined
          stopping = undefined
        })
      }
      await stopping
    },

    async send(message) {
      const refusal = findRefusal(message, limits.maxBytes)
      if (refusal) return fail(refusal)
      return attempt(message.chat, async (api, chatId) => {
        const replyTo = message.inReplyTo && readReplyHandle(message.inReplyTo.replyHandle)
        const messageId = await api.sendText({
          chatId,
          text: message.text,
          buttons: (message.buttons ?? []).map(toPlatformButton),
          ...(replyTo ? { replyTo } : {}),
        })
        counters.add('sent')
        return { kind: 'sent', ...(messageId === undefined ? {} : { messageId: String(messageId) }) }
      })
    },

    async recall(chat, messageId) {
      const id = readReplyHandle(messageId)?.messageId
      if (id === undefined) return fail(permanent('refused', '消息编号不对，无法撤回。'))
      return attempt(chat, async (api, chatId) => {
        await api.deleteMessage(chatId, id)
        counters.add('recalled')
        return { kind: 'sent', messageId }
      })
    },

    isGroupAdmin,

    async leave(chat) {
      const outcome = await attempt(chat, async (api, chatId) => {
        await api.leaveChat(chatId)
        return { kind: 'sent' }
      })
      if (outcome.kind === 'failed') log.warn({ code: outcome.failure.code }, 'a group could not be left')
    },

    health: () => health.read(),
    counters: () => counters.read(),
    ...(receiver ? { webhook: { path: 'telegram', handle: (request: Request) => receiver.handle(request) } } : {}),
  }
}

/** Names of public channels are not chats we know. */
function readChatId(id: string): number | undefined {
  return /^-?\d{1,15}$/.test(id) ? Number(id) : undefined
}

function toPlatformButton(button: Button): { text: string; callback_data: string } | { text: string; url: string } {
  return 'data' in button ? { text: button.label, callback_data: button.data } : { text: button.label, url: button.url }
}

/**
 * What Telegram would refuse anyway. It counts 4096 UTF-16 units; `maxBytes` as many bytes of UTF-8, of which a text
 * never has fewer, so that what passes here passes there.
 */
function findRefusal({ text, buttons = [] }: OutboundMessage, maxBytes: number): SendFailure | undefined {
  if (text.trim() === '') return permanent('refused', SENTENCES.empty)
  if (Buffer.byteLength(text) > maxBytes) return permanent('too-long', SENTENCES.tooLong)
  const sizes = buttons.flatMap((button) => ('data' in button ? [Buffer.byteLength(button.data)] : []))
  if (sizes.some((size) => size === 0 || size > MAX_BUTTON_DATA_BYTES)) return permanent('refused', SENTENCES.badButton)
  return undefined
}
