/**
 * A stand-in for Telegram's Bot API: a real HTTP server that answers as api.telegram.org is documented to, keeps what
 * arrived, and can be told to fail.
 *
 * From the Bot API reference (core.telegram.org/bots/api): paths, the envelope `ok`/`result`/`error_code`/`description`/
 * `parameters`, getUpdates with its offset, setWebhook with its secret header, sizes of text (4096 UTF-16 units) and of
 * callback data (64 bytes), deleteMessage within 48 hours, reply_parameters.
 * From the Bots FAQ: one message a second in a chat with short bursts, 20 a minute in a group, about 30 a second.
 * From the server's source (tdlib/telegram-bot-api, Client.cpp, WebhookActor.cpp): wording of the errors, which of two
 * pollers is told of a conflict, an offset far beyond the last number read as the first one, redelivery to a webhook after
 * anything but 2xx. Left out: the same offset asked twice within moments is held for three seconds or answered with one
 * update.
 *
 * Only a real account can show: how large a burst is and which `retry_after` follows, whether a limit struck the chat or
 * the account, what privacy mode hides, what Telegram's apps show of a message, delays, blocked networks, proxies.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type { Clock } from '../../src/base/clock.ts'

type Json = Record<string, unknown>

export interface ServedChat {
  id: number
  type: 'private' | 'group' | 'supergroup'
  title?: string
  /** What becomes of a message to it. */
  state?: 'open' | 'blocked' | 'kicked' | 'deactivated' | 'muted' | { upgradedTo: number }
  /** Status of members by their user id. */
  members?: Record<number, string>
}

export interface ArrivedMessage {
  chatId: number
  messageId: number
  text: string
  payload: Json
  buttons: string[]
  inReplyTo?: number
}

export type TelegramFault =
  | 'throttled'
  | 'server-error'
  | 'bad-gateway'
  | 'accepted-then-silence'
  | 'cut'
  | 'blocked'
  | 'unauthorized'

interface Poll {
  offset: number
  limit: number
  response: ServerResponse
  timer?: NodeJS.Timeout
}

const BOT = { id: 7_000_000_001, is_bot: true, first_name: '安晓', username: 'anxiao_bot' }
const CONFLICT_POLL =
  'Conflict: terminated by other getUpdates request; make sure that only one bot instance is running'
const CONFLICT_WEBHOOK =
  "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"

export class TelegramServer {
  readonly token: string
  readonly arrived: ArrivedMessage[] = []
  readonly answeredCallbacks: string[] = []
  readonly leftChats: number[] = []
  /** Every call that reached us, in order. */
  readonly calls: { method: string; payload: Json }[] = []
  /** Calls whose purpose was to send, refused ones too. */
  attempts = 0
  readsAllGroupMessages = false
  /** Answers of every call while it is set, e.g. a token that was revoked. */
  revoked = false
  webhook: { url: string; secret: string; lastErrorDate?: number } | null = null

  readonly #clock: Clock
  readonly #chats = new Map<number, ServedChat>()
  readonly #messages = new Map<number, Map<number, { at: number }>>()
  readonly #sentAt = new Map<string, number[]>()
  readonly #sockets = new Set<Socket>()
  readonly #confirmWaits = new Map<number, () => void>()
  #updates: { id: number; update: Json }[] = []
  #nextUpdateId = 1000
  #nextMessageId = 500
  #poll: Poll | undefined
  #pollWaits: (() => void)[] = []
  #callbackWaits: (() => void)[] = []
  #sentWaits: (() => void)[] = []
  #fault: TelegramFault | undefined
  #server: Server | undefined
  #port = 0

  constructor(clock: Clock, token = '7000000001:AAF-double_of_a_token') {
    this.#clock = clock
    this.token = token
  }

  async start(): Promise<void> {
    const server = createServer((request, response) => void this.#answer(request, response))
    server.on('connection', (socket) => {
      this.#sockets.add(socket)
      socket.on('close', () => this.#sockets.delete(socket))
    })
    this.#server = server
    await new Promise<void>((resolve) => server.listen(this.#port, '127.0.0.1', resolve))
    this.#port = (server.address() as AddressInfo).port
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`
  }

  /** Refuses connections until `start` is called again; those that stand are cut. */
  async stop(): Promise<void> {
    const server = this.#server
    this.#server = undefined
    clearTimeout(this.#poll?.timer)
    this.#poll = undefined
    await new Promise<void>((resolve) => {
      if (!server) return resolve()
      server.close(() => resolve())
      for (const socket of this.#sockets) socket.destroy()
    })
  }

  addChat(chat: ServedChat): void {
    this.#chats.set(chat.id, chat)
  }

  /** The fault of the next message that is sent. */
  fail(fault: TelegramFault): void {
    this.#fault = fault
  }

  /** Queues an update as if it had just happened and returns its number. */
  push(update: Json): number {
    const id = this.#nextUpdateId++
    this.#updates.push({ id, update })
    this.#rememberMessage(update)
    this.#wakePoll()
    return id
  }

  /** As after a week without updates: numbers go on somewhere else. */
  renumberUpdates(next: number): void {
    this.#nextUpdateId = next
  }

  /** Resolves when the update is confirmed: never given out again. */
  confirmed(id: number): Promise<void> {
    if (!this.#updates.some((queued) => queued.id === id)) return Promise.resolve()
    return new Promise((resolve) => this.#confirmWaits.set(id, resolve))
  }

  pending(): number[] {
    return this.#updates.map(({ id }) => id)
  }

  /** Resolves when somebody waits for updates that are not there. */
  polled(): Promise<void> {
    if (this.#poll) return Promise.resolve()
    return new Promise((resolve) => this.#pollWaits.push(resolve))
  }

  /** Resolves when the next message arrives. */
  sent(): Promise<void> {
    return new Promise((resolve) => this.#sentWaits.push(resolve))
  }

  /** Resolves when a pressed button was answered. */
  callbackAnswered(): Promise<void> {
    if (this.answeredCallbacks.length > 0) return Promise.resolve()
    return new Promise((resolve) => this.#callbackWaits.push(resolve))
  }

  /** Sends every pending update to the webhook once, in order; those not answered with 2xx stay pending. */
  async deliver(send: (request: Request) => Promise<Response>): Promise<number[]> {
    const { webhook } = this
    if (!webhook) throw new Error('no webhook is set')
    const statuses: number[] = []
    for (const { id, update } of this.#updates.slice()) {
      const headers = { 'content-type': 'application/json', 'x-telegram-bot-api-secret-token': webhook.secret }
      const body = JSON.stringify({ update_id: id, ...update })
      const { status } = await send(new Request(webhook.url, { method: 'POST', headers, body }))
      statuses.push(status)
      if (status >= 200 && status < 300) this.#confirm((queued) => queued === id)
      else webhook.lastErrorDate = Math.floor(this.#clock.now().getTime() / 1000)
    }
    return statuses
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [, bot = '', method = ''] = (request.url ?? '').split('/')
    const payload = await readJson(request)
    if (bot !== `bot${this.token}` || this.revoked) return refuse(response, 401, 'Unauthorized')
    if (payload === undefined) return refuse(response, 400, "Bad Request: can't parse request JSON object")
    this.calls.push({ method, payload })
    const known: Record<string, () => void> = {
      getMe: () =>
        succeed(response, {
          ...BOT,
          can_join_groups: true,
          can_read_all_group_messages: this.readsAllGroupMessages,
          supports_inline_queries: false,
        }),
      getUpdates: () => this.#getUpdates(payload, response),
      setWebhook: () => this.#setWebhook(payload, response),
      deleteWebhook: () => {
        this.webhook = null
        succeed(response, true)
      },
      getWebhookInfo: () =>
        succeed(response, {
          url: this.webhook?.url ?? '',
          has_custom_certificate: false,
          pending_update_count: this.#updates.length,
          ...(this.webhook?.lastErrorDate === undefined ? {} : { last_error_date: this.webhook.lastErrorDate }),
        }),
      sendMessage: () => this.#sendMessage(payload, response),
      deleteMessage: () => this.#deleteMessage(payload, response),
      answerCallbackQuery: () => {
        const id = String(payload['callback_query_id'])
        if (id.startsWith('old')) {
          return refuse(
            response,
            400,
            'Bad Request: query is too old and response timeout expired or query ID is invalid',
          )
        }
        this.answeredCallbacks.push(id)
        for (const resolve of this.#callbackWaits.splice(0)) resolve()
        succeed(response, true)
      },
      getChatMember: () => this.#getChatMember(payload, response),
      leaveChat: () => {
        const chat = this.#chats.get(Number(payload['chat_id']))
        if (!chat) return refuse(response, 400, 'Bad Request: chat not found')
        this.leftChats.push(chat.id)
        chat.state = 'kicked'
        succeed(response, true)
      },
    }
    const serve = known[method]
    if (serve) serve()
    else refuse(response, 404, 'Not Found: method not found')
  }

  // Updates

  #getUpdates(payload: Json, response: ServerResponse): void {
    if (this.webhook) return refuse(response, 409, CONFLICT_WEBHOOK)
    const asked = Number(payload['offset'] ?? 0)
    const limit = Math.min(Math.max(Number(payload['limit'] ?? 100), 1), 100)
    const timeout = Number(payload['timeout'] ?? 0)
    // Far beyond the last number it is read as the first one.
    const offset = asked > this.#nextUpdateId + 10 ? 0 : asked
    this.#confirm((id) => id < offset)
    const batch = this.#updates.slice(0, limit)
    if (batch.length > 0 || timeout === 0) return succeed(response, batch.map(toPlatformUpdate))
    this.#dropPoll()
    const poll: Poll = { offset, limit, response }
    poll.timer = setTimeout(() => {
      this.#poll = undefined
      succeed(response, [])
    }, timeout * 1000)
    this.#poll = poll
    response.on('close', () => {
      clearTimeout(poll.timer)
      if (this.#poll === poll) this.#poll = undefined
    })
    for (const resolve of this.#pollWaits.splice(0)) resolve()
  }

  #wakePoll(): void {
    const poll = this.#poll
    if (!poll) return
    this.#poll = undefined
    clearTimeout(poll.timer)
    succeed(poll.response, this.#updates.slice(0, poll.limit).map(toPlatformUpdate))
  }

  /** The poll that waits is told of the conflict, not the one that comes. */
  #dropPoll(): void {
    const poll = this.#poll
    if (!poll) return
    this.#poll = undefined
    clearTimeout(poll.timer)
    refuse(poll.response, 409, CONFLICT_POLL)
  }

  #confirm(isConfirmed: (id: number) => boolean): void {
    for (const { id } of this.#updates.filter((queued) => isConfirmed(queued.id))) {
      this.#confirmWaits.get(id)?.()
      this.#confirmWaits.delete(id)
    }
    this.#updates = this.#updates.filter(({ id }) => !isConfirmed(id))
  }

  #setWebhook(payload: Json, response: ServerResponse): void {
    const url = textOf(payload['url'])
    const secret = textOf(payload['secret_token'])
    if (url !== '' && !url.startsWith('https://')) {
      return refuse(response, 400, 'Bad Request: bad webhook: An HTTPS URL must be provided for webhook')
    }
    if (!/^[A-Za-z0-9_-]{0,256}$/.test(secret)) {
      return refuse(response, 400, 'Bad Request: secret token contains unallowed characters')
    }
    if (payload['drop_pending_updates'] === true) this.#updates = []
    this.#dropPoll()
    this.webhook = url === '' ? null : { url, secret }
    succeed(response, true)
  }

  #rememberMessage(update: Json): void {
    const message = update['message']
    if (typeof message !== 'object' || message === null) return
    const { message_id: id, chat } = message as { message_id?: number; chat?: { id?: number } }
    if (chat?.id !== undefined && id !== undefined)
      this.#messagesOf(chat.id).set(id, { at: this.#clock.now().getTime() })
  }

  // Messages

  #sendMessage(payload: Json, response: ServerResponse): void {
    this.attempts += 1
    const fault = this.#fault
    this.#fault = undefined
    if (fault === 'throttled') return throttle(response, 35)
    if (fault === 'server-error') return refuse(response, 500, 'Internal Server Error: restart')
    if (fault === 'bad-gateway') {
      response.writeHead(502, { 'content-type': 'text/html' }).end('<html><h1>502 Bad Gateway</h1></html>')
      return
    }
    if (fault === 'blocked') return refuse(response, 403, 'Forbidden: bot was blocked by the user')
    if (fault === 'unauthorized') return refuse(response, 401, 'Unauthorized')

    const chatId = Number(payload['chat_id'])
    const chat = this.#chats.get(chatId)
    const refusal = findRefusal(chat, payload)
    if (refusal) return refuse(response, ...refusal)
    const replied = payload['reply_parameters'] as { message_id?: number; allow_sending_without_reply?: boolean }
    const isThere = replied?.message_id !== undefined && this.#messagesOf(chatId).has(replied.message_id)
    if (replied?.message_id !== undefined && !isThere && replied.allow_sending_without_reply !== true) {
      return refuse(response, 400, 'Bad Request: message to be replied not found')
    }
    const wait = this.#findThrottle(chatId, chat?.type !== 'private')
    if (wait > 0) return throttle(response, wait)

    const messageId = this.#nextMessageId++
    this.#messagesOf(chatId).set(messageId, { at: this.#clock.now().getTime() })
    // The server trims what it is given.
    const text = String(payload['text']).trim()
    this.arrived.push({
      chatId,
      messageId,
      text,
      payload,
      buttons: keyboardOf(payload).map((button) => String(button['text'])),
      ...(isThere ? { inReplyTo: replied.message_id ?? 0 } : {}),
    })
    for (const resolve of this.#sentWaits.splice(0)) resolve()
    if (fault === 'accepted-then-silence') return
    if (fault === 'cut') return void response.destroy()
    const date = Math.floor(this.#clock.now().getTime() / 1000)
    succeed(response, { message_id: messageId, from: BOT, chat: { id: chatId, type: chat?.type }, date, text })
  }

  /** Seconds to wait, 0 where nothing was exceeded. A burst of three in a chat passes; how many in truth is not documented. */
  #findThrottle(chatId: number, group: boolean): number {
    const limits: [key: string, count: number, windowMs: number][] = [
      ['all', 30, 1000],
      [`chat ${chatId}`, 3, 3000],
      ...(group ? [[`group ${chatId}`, 20, 60_000] as [string, number, number]] : []),
    ]
    const now = this.#clock.now().getTime()
    for (const [key, count, windowMs] of limits) {
      const recent = (this.#sentAt.get(key) ?? []).filter((at) => now - at < windowMs)
      this.#sentAt.set(key, recent)
      const oldest = recent[0]
      if (recent.length >= count && oldest !== undefined) return Math.ceil((oldest + windowMs - now) / 1000)
    }
    for (const [key] of limits) this.#sentAt.get(key)?.push(now)
    return 0
  }

  #deleteMessage(payload: Json, response: ServerResponse): void {
    const message = this.#messagesOf(Number(payload['chat_id'])).get(Number(payload['message_id']))
    if (!message) return refuse(response, 400, 'Bad Request: message to delete not found')
    if (this.#clock.now().getTime() - message.at > 48 * 3_600_000) {
      return refuse(response, 400, "Bad Request: message can't be deleted")
    }
    this.#messagesOf(Number(payload['chat_id'])).delete(Number(payload['message_id']))
    succeed(response, true)
  }

  #getChatMember(payload: Json, response: ServerResponse): void {
    const chat = this.#chats.get(Number(payload['chat_id']))
    if (!chat) return refuse(response, 400, 'Bad Request: chat not found')
    const userId = Number(payload['user_id'])
    const status = chat.members?.[userId] ?? 'left'
    succeed(response, { status, user: { id: userId, is_bot: false, first_name: '某人' } })
  }

  #messagesOf(chatId: number): Map<number, { at: number }> {
    const messages = this.#messages.get(chatId) ?? new Map<number, { at: number }>()
    this.#messages.set(chatId, messages)
    return messages
  }
}

function findRefusal(
  chat: ServedChat | undefined,
  payload: Json,
): [code: number, description: string, more?: Json] | undefined {
  const { state = 'open' } = chat ?? {}
  const text = payload['text']
  if (!chat) return [400, 'Bad Request: chat not found']
  if (typeof state === 'object') {
    const parameters = { migrate_to_chat_id: state.upgradedTo }
    return [400, 'Bad Request: group chat was upgraded to a supergroup chat', { parameters }]
  }
  if (state === 'blocked') return [403, 'Forbidden: bot was blocked by the user']
  if (state === 'deactivated') return [403, 'Forbidden: user is deactivated']
  if (state === 'kicked') return [403, `Forbidden: bot was kicked from the ${chat.type} chat`]
  if (state === 'muted') return [400, 'Bad Request: not enough rights to send text messages to the chat']
  if (typeof text !== 'string' || text.trim() === '') return [400, 'Bad Request: message text is empty']
  if (text.length > 4096) return [400, 'Bad Request: message is too long']
  // This double renders no markup: whoever asks for it would not get his text as it is.
  if (payload['parse_mode'] !== undefined) return [400, "Bad Request: can't parse entities: unsupported parse_mode"]
  const wrong = keyboardOf(payload).some((button) => {
    const bytes = Buffer.byteLength(textOf(button['callback_data']))
    return button['url'] === undefined && (bytes === 0 || bytes > 64)
  })
  return wrong ? [400, 'Bad Request: BUTTON_DATA_INVALID'] : undefined
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

function keyboardOf(payload: Json): Json[] {
  const markup = payload['reply_markup'] as { inline_keyboard?: Json[][] } | undefined
  return markup?.inline_keyboard?.flat() ?? []
}

function toPlatformUpdate({ id, update }: { id: number; update: Json }): Json {
  return { ...update, update_id: id }
}

function succeed(response: ServerResponse, result: unknown): void {
  respond(response, 200, { ok: true, result })
}

function refuse(response: ServerResponse, code: number, description: string, more: Json = {}): void {
  respond(response, code, { ok: false, error_code: code, description, ...more })
}

function throttle(response: ServerResponse, seconds: number): void {
  response.setHeader('Retry-After', seconds)
  refuse(response, 429, `Too Many Requests: retry after ${seconds}`, { parameters: { retry_after: seconds } })
}

function respond(response: ServerResponse, status: number, body: Json): void {
  if (response.destroyed || response.writableEnded) return
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

async function readJson(request: IncomingMessage): Promise<Json | undefined> {
  let body = ''
  try {
    for await (const part of request) body += String(part)
    const parsed: unknown = body === '' ? {} : JSON.parse(body)
    return typeof parsed === 'object' && parsed !== null ? (parsed as Json) : undefined
  } catch {
    return undefined
  }
}
