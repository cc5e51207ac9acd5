/**
 * A stand-in for WeCom's bot endpoint (wss://openws.work.weixin.qq.com): a real WebSocket server that answers as it is known
 * to, keeps what arrived, and can be told to fail.
 *
 * From 企业微信开发者中心《智能机器人长连接》(path 101463), 《接收消息》(100719), 《被动回复消息》(101031) and the types of the official
 * SDK: commands, frames, `req_id`, one connection per bot and `disconnected_event`, heartbeat, 20 480 bytes of content, which
 * `msgtype` a command takes, five seconds for a welcome, 24 hours for a reply, 30 messages a minute in a chat, cards (buttons,
 * keys, task ids), that a chat must have written before it is written to.
 * From runs against the platform that public repositories report: 853000 for wrong credentials, after which the socket stays
 * open; 846605 for a request that is unknown, of an event, or of an earlier connection; 846607 for too many messages; 846609
 * before subscribing; no stream with a card; the old connection is told first and cut by whoever closes it.
 * From 《全局错误码》: -1, 40008, 40058, 45002, 93006.
 *
 * Only a real account can show: which code each refusal has, whether a backslash is honoured, where a card is cut, what becomes
 * of a pressed button, whether a welcomed person may be written to before writing, delays.
 */
import { EventEmitter, once } from 'node:events'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import type { Clock } from '../../src/base/clock.ts'
import { showMarkdown } from './wecom-bot-view.ts'

type Json = Record<string, unknown>

/** What we use of the `ws` package, which comes with the SDK and without types. */
interface Socket {
  send(data: string): void
  terminate(): void
  ping(): void
  once(event: 'pong' | 'close', listener: () => void): void
  off(event: 'close', listener: () => void): void
  on(event: 'message', listener: (data: Buffer) => void): void
  on(event: 'close', listener: () => void): void
}
interface SocketServer {
  on(event: 'connection', listener: (socket: Socket) => void): void
  once(event: 'listening' | 'error', listener: () => void): void
  address(): AddressInfo
  close(done: () => void): void
}
const loadBesideSdk = createRequire(createRequire(import.meta.url).resolve('@wecom/aibot-node-sdk'))
const { WebSocketServer } = loadBesideSdk('ws') as {
  WebSocketServer: new (options: { host: string; port: number; verifyClient(): boolean }) => SocketServer
}

export interface ArrivedBotMessage {
  chatId: string
  /** As people see it. */
  text: string
  buttons: string[]
  inReplyTo?: string
  /** As it came. */
  command: string
  body: Json
}

export type BotFault =
  | 'throttled'
  | 'server-error'
  | 'accepted-then-silence'
  | 'cut-after-arrival'
  | 'blocked'
  | 'not-subscribed'
  | { errcode: number }

type Refusal = [errcode: number, errmsg: string]

const REFUSED: Record<'throttled' | 'server-error' | 'blocked' | 'not-subscribed', Refusal> = {
  throttled: [846_607, 'aibot send msg frequency limit exceeded'],
  'server-error': [-1, 'system error'],
  blocked: [93_006, 'invalid chatid'],
  'not-subscribed': [846_609, 'aibot websocket not subscribed'],
}
const SENDING = new Set([
  'aibot_respond_msg',
  'aibot_respond_welcome_msg',
  'aibot_respond_update_msg',
  'aibot_send_msg',
])
const MAX_BYTES = 20_480
const MINUTE_MS = 60_000

interface Request {
  socket: Socket
  kind: 'message' | 'enter_chat' | 'template_card_event' | 'other'
  chatId: string
  messageId: string
  at: number
}

export class WecomBotServer {
  readonly arrived: ArrivedBotMessage[] = []
  /** Commands for the purpose of sending, refused ones too. */
  attempts = 0
  subscriptions = 0
  refusedSubscriptions = 0
  pings = 0
  /** Told of `subscribed`, `refused`, `command`, `ping`, `closed`. */
  readonly told = new EventEmitter()
  secret: string
  /** No new connection is let in. */
  closed = false
  /** Subscriptions get no answer. */
  silent = false
  /** Heartbeats get no answer. */
  deaf = false
  /** Subscriptions are refused with this code. */
  subscriptionError: number | undefined
  #server: SocketServer
  #clock: Clock
  #botId: string
  #sockets = new Set<Socket>()
  #subscribed: Socket | undefined
  #requests = new Map<string, Request>()
  #knownChats = new Set<string>()
  #tasks = new Set<string>()
  #sent = new Map<string, number[]>()
  #faults: BotFault[] = []
  #nextRequest = 1

  private constructor(server: SocketServer, bot: { botId: string; secret: string; clock: Clock }) {
    this.#server = server
    this.#botId = bot.botId
    this.secret = bot.secret
    this.#clock = bot.clock
  }

  static async start(bot: { botId: string; secret: string; clock: Clock }): Promise<WecomBotServer> {
    let served: WecomBotServer | undefined
    const server = new WebSocketServer({ host: '127.0.0.1', port: 0, verifyClient: () => served?.closed !== true })
    await new Promise<void>((resolve) => server.once('listening', resolve))
    const double = new WecomBotServer(server, bot)
    served = double
    server.on('connection', (socket) => double.#accept(socket))
    return double
  }

  get url(): string {
    return `ws://127.0.0.1:${this.#server.address().port}`
  }

  /** Waits for the next of what is told of. */
  async next(what: 'subscribed' | 'refused' | 'command' | 'ping' | 'closed'): Promise<void> {
    await once(this.told, what)
  }

  fail(...faults: BotFault[]): void {
    this.#faults.push(...faults)
  }

  /** Somebody wrote to the bot in these chats before. */
  meet(...chatIds: string[]): void {
    for (const chatId of chatIds) this.#knownChats.add(chatId)
  }

  /** Sends a callback; `req_id` is ours unless the frame has one. */
  deliver(frame: { cmd: string; body: Json; headers?: Json }): string {
    const { body } = frame
    const request = `REQ${this.#nextRequest++}`
    const from = body.from as Json | undefined
    const chatId = String(body.chattype === 'group' ? body.chatid : from?.userid)
    const type = (body.event as Json | undefined)?.eventtype
    const kind =
      frame.cmd === 'aibot_msg_callback'
        ? 'message'
        : type === 'enter_chat' || type === 'template_card_event'
          ? type
          : 'other'
    const socket = this.#subscribed
    if (!socket) throw new Error('nobody is subscribed')
    this.#requests.set(request, {
      socket,
      kind,
      chatId,
      messageId: String(body.msgid),
      at: this.#clock.now().getTime(),
    })
    if (kind === 'message') this.#knownChats.add(chatId)
    socket.send(JSON.stringify({ headers: { req_id: request }, ...frame }))
    return request
  }

  /** Sends what is no frame at all. */
  sendRaw(data: string): void {
    this.#subscribed?.send(data)
  }

  /** Waits until what was sent has been read: a pong comes after it. */
  async settle(): Promise<void> {
    const socket = this.#subscribed
    if (!socket) return
    await new Promise<void>((resolve) => {
      socket.once('close', resolve)
      socket.once('pong', () => {
        socket.off('close', resolve)
        resolve()
      })
      socket.ping()
    })
  }

  /** Another program subscribes with the same bot. */
  takeOver(): void {
    this.#displace()
  }

  cut(): void {
    for (const socket of this.#sockets) socket.terminate()
  }

  get connections(): number {
    return this.#sockets.size
  }

  async stop(): Promise<void> {
    this.cut()
    await new Promise<void>((resolve) => this.#server.close(resolve))
  }

  #accept(socket: Socket): void {
    this.#sockets.add(socket)
    socket.on('message', (data) => this.#take(socket, JSON.parse(data.toString()) as Json))
    socket.on('close', () => {
      this.#sockets.delete(socket)
      if (this.#subscribed === socket) this.#subscribed = undefined
      this.told.emit('closed')
    })
  }

  #displace(): void {
    const old = this.#subscribed
    this.#subscribed = undefined
    old?.send(
      JSON.stringify({
        cmd: 'aibot_event_callback',
        headers: { req_id: `REQ${this.#nextRequest++}` },
        body: {
          msgid: `MSG-D${this.#nextRequest}`,
          aibotid: this.#botId,
          create_time: Math.floor(this.#clock.now().getTime() / 1000),
          msgtype: 'event',
          event: { eventtype: 'disconnected_event' },
        },
      }),
    )
  }

  #take(socket: Socket, frame: Json): void {
    const command = String(frame.cmd)
    const request = String((frame.headers as Json).req_id)
    const body = (frame.body ?? {}) as Json
    const answer = (errcode: number, errmsg: string) =>
      socket.send(JSON.stringify({ headers: { req_id: request }, errcode, errmsg }))
    if (command === 'ping') {
      this.pings += 1
      if (!this.deaf) answer(0, 'ok')
      this.told.emit('ping')
      return
    }
    if (command === 'aibot_subscribe') {
      if (this.silent) return
      if (body.bot_id !== this.#botId || body.secret !== this.secret || this.subscriptionError !== undefined) {
        this.refusedSubscriptions += 1
        answer(this.subscriptionError ?? 853_000, 'invalid bot_id or secret')
        this.told.emit('refused')
        return
      }
      this.#displace()
      this.#subscribed = socket
      this.subscriptions += 1
      answer(0, 'ok')
      this.told.emit('subscribed')
      return
    }
    if (!SENDING.has(command)) return answer(40_058, 'unknown cmd')
    this.attempts += 1
    const fault = this.#faults.shift()
    if (fault === undefined || fault === 'accepted-then-silence' || fault === 'cut-after-arrival') {
      const answered: Refusal = this.#carryOut(socket, command, request, body) ?? [0, 'ok']
      if (fault === 'cut-after-arrival') socket.terminate()
      else if (fault === undefined) answer(...answered)
    } else {
      const refusal: Refusal = typeof fault === 'object' ? [fault.errcode, 'refused'] : REFUSED[fault]
      answer(...refusal)
    }
    this.told.emit('command')
  }

  /** Shows the message, or says why not. */
  #carryOut(socket: Socket, command: string, id: string, body: Json): Refusal | undefined {
    if (socket !== this.#subscribed) return [846_609, 'aibot websocket not subscribed']
    const now = this.#clock.now().getTime()
    const request = this.#requests.get(id)
    let chatId = String(body.chatid)
    if (command === 'aibot_send_msg') {
      if (!this.#knownChats.has(chatId)) return [93_006, 'invalid chatid']
      if (body.msgtype !== 'markdown' && body.msgtype !== 'template_card') return [40_008, 'invalid message type']
      if (body.chat_type !== 1 && body.chat_type !== 2) return [40_058, 'invalid chat_type']
    } else {
      const kind = { aibot_respond_msg: 'message', aibot_respond_welcome_msg: 'enter_chat' }[command]
      const limitMs = command === 'aibot_respond_msg' ? 24 * 60 * MINUTE_MS : 5000
      if (!request || request.socket !== socket || request.kind !== (kind ?? 'template_card_event')) {
        return [846_605, 'invalid req_id']
      }
      if (now - request.at > limitMs) return [846_605, 'invalid req_id']
      const types = command === 'aibot_respond_msg' ? ['stream', 'template_card'] : ['text', 'template_card']
      if (!types.includes(String(body.msgtype))) return [40_008, 'invalid message type']
      ;({ chatId } = request)
      if (command === 'aibot_respond_welcome_msg') this.#requests.delete(id)
    }
    const sent = (this.#sent.get(chatId) ?? []).filter((at) => now - at < MINUTE_MS)
    if (sent.length >= 30) return [846_607, 'aibot send msg frequency limit exceeded']
    const shown = this.#show(body)
    if (Array.isArray(shown)) return shown
    this.#sent.set(chatId, [...sent, now])
    this.arrived.push({
      chatId,
      ...shown,
      ...(command === 'aibot_respond_msg' && request ? { inReplyTo: request.messageId } : {}),
      command,
      body,
    })
    return undefined
  }

  #show(body: Json): { text: string; buttons: string[] } | Refusal {
    if (body.msgtype === 'template_card') return this.#showCard(body.template_card as Json)
    const words = body[String(body.msgtype)] as Json
    const content = String(words.content)
    if (content === '') return [44_004, 'empty content']
    if (Buffer.byteLength(content) > MAX_BYTES) return [45_002, 'content size out of limit']
    if (body.msgtype === 'stream' && words.finish !== true) return [40_058, 'this double shows finished streams only']
    return { text: body.msgtype === 'text' ? content : showMarkdown(content), buttons: [] }
  }

  #showCard(card: Json): { text: string; buttons: string[] } | Refusal {
    const buttons = (card.button_list ?? []) as { text: string; key: string }[]
    const links = (card.jump_list ?? []) as { title: string; type: number; url: string }[]
    const task = String(card.task_id)
    const action = card.card_action as Json | undefined
    const title = (card.main_title as Json | undefined)?.title
    const isFit =
      typeof title === 'string' &&
      /^[0-9A-Za-z_@-]{1,128}$/.test(task) &&
      !this.#tasks.has(task) &&
      links.length <= 3 &&
      links.every(({ type, url }) => type === 1 && url !== '') &&
      new Set(buttons.map(({ key }) => key)).size === buttons.length &&
      buttons.every(({ key }) => key !== '' && Buffer.byteLength(key) <= 1024) &&
      (card.card_type === 'button_interaction'
        ? buttons.length >= 1 && buttons.length <= 6
        : card.card_type === 'text_notice' && buttons.length === 0 && typeof action?.url === 'string')
    if (!isFit) return [40_058, 'invalid template card']
    this.#tasks.add(task)
    return { text: title, buttons: [...buttons.map(({ text }) => text), ...links.map(({ title }) => title)] }
  }
}
