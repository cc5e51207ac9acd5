import type { Clock } from '../../base/clock.ts'
import type { Logger } from '../../base/log.ts'
import { systemTimers, type Timers } from '../../base/timers.ts'
import type { Capabilities, Channel, ChannelEvent, Chat, Receive } from '../channel.ts'
import { PLATFORM_LIMITS } from '../platform-limits.ts'
import { connectPuppet, type Puppet, type PuppetEvents } from './connect-puppet.ts'
import { createWechatyCounters, type Counter } from './counters.ts'
import { failed, isUnavailable } from './describe-failure.ts'
import { guardRejections } from './guard-rejections.ts'
import { createInbox, type Inbox, type InboxItem } from './inbox.ts'
import { keepLoggedIn } from './keep-logged-in.ts'
import { createKillSwitch } from './kill-switch.ts'
import { createOutbox, type Outbox } from './outbox.ts'
import {
  loginEventSchema,
  messageEventSchema,
  messagePayloadSchema,
  roomJoinEventSchema,
  roomLeaveEventSchema,
  roomPayloadSchema,
} from './payloads.ts'
import { readMessage, type Surroundings } from './read-message.ts'
import { rememberSaidTexts } from './said-texts.ts'
import { DEFAULT_CAPS, openSentLog, type SendCaps, type SentLog } from './send-caps.ts'
import { createSurroundings } from './surroundings.ts'
import { within } from './within.ts'

export interface WechatySettings {
  /** The package of the puppet, such as `wechaty-puppet-service`. */
  puppet: string
  puppetOptions?: { token?: string; endpoint?: string }
  /** Where counts of sent messages and the kill switch are kept; made when missing. */
  dir: string
  /** Path of the file that keeps the login, without its ending; without it every start asks for a new login. */
  name?: string
  caps?: Partial<SendCaps>
  /** Until a send counts as of unknown outcome. */
  timeoutMs?: number
}

export interface WechatyParts {
  clock: Clock
  log: Logger
  timers?: Timers
  /** Between 0 and 1, for the pause before a message. */
  random?: () => number
  /** The mock of demo and tests instead of the package that the settings name. */
  createPuppet?: () => Promise<Puppet>
  importModule?: (name: string) => Promise<unknown>
}

export interface WechatyChannel extends Channel {
  /** Nothing is sent any more, urgent or not, until `resume`; also after a restart. */
  halt(): Promise<void>
  resume(): Promise<void>
  /** What a phone has to scan as a QR code for logging in, while that is awaited. */
  loginCode(): string | undefined
  /** Resolves when everything that arrived so far has been taken. */
  idle(): Promise<void>
}

const IGNORED = {
  own: 'ignoredOwn',
  recalled: 'ignoredRecalled',
  system: 'ignoredSystem',
  money: 'ignoredMoney',
  unknown: 'ignoredUnknown',
} as const satisfies Record<string, Counter>

const RECEIVE_MS = 30_000
const LOOK_UP_MS = 10_000
const DEFAULT_TIMEOUT_MS = 10_000
/** A person who wrote within this time is being answered. */
const JUST_NOW_MS = 5 * 60_000
const MAX_SEEN = 5_000
const MAX_WRITERS = 2_000

/**
 * A personal WeChat account behind a wechaty puppet. Unofficial: WeChat may lock such accounts, which is why it sends
 * little (`caps`), can be silenced at once (`halt`), and is never the only way of an alert.
 */
export function createWechatyChannel(settings: WechatySettings, parts: WechatyParts): WechatyChannel {
  const { clock, log } = parts
  const timers = parts.timers ?? systemTimers
  const caps: SendCaps = { ...DEFAULT_CAPS, ...settings.caps }
  // The caps decide by what a message is for, see outbox.ts; a plain count would also hold back what is urgent.
  const capabilities: Capabilities = { ...PLATFORM_LIMITS.wechaty, rates: [] }
  const timeoutMs = settings.timeoutMs ?? DEFAULT_TIMEOUT_MS
  const killSwitch = createKillSwitch(settings.dir, log)
  const saidTexts = rememberSaidTexts()

  const counters = createWechatyCounters()
  const { add: count } = counters

  let running = false
  let account = ''
  let mentionName: string | undefined
  let receive: Receive = async () => {}
  let inbox: Inbox | undefined
  let sentLog: SentLog | undefined
  let outbox: Outbox | undefined
  let surroundings: Surroundings | undefined
  let releaseGuard = () => {}
  /** Rooms that we are no longer in, and since when. */
  const gone = new Map<string, Date>()
  const seen = new Set<string>()
  const wroteAt = new Map<string, number>()

  const login = keepLoggedIn({
    connect: (signal) =>
      connectPuppet(
        { puppet: settings.puppet, puppetOptions: settings.puppetOptions, memoryPath: settings.name },
        events,
        {
          timers,
          createPuppet: parts.createPuppet,
          importModule: parts.importModule ?? ((name) => import(name)),
        },
        signal,
      ),
    onRestart: () => count('restarts'),
    clock,
    timers,
    log,
  })

  const events: PuppetEvents = {
    login(event, puppet) {
      const parsed = loginEventSchema.safeParse(event)
      if (!parsed.success) return count('ignoredMalformed')
      if (counters.get('logins') > 0) count('reconnects')
      count('logins')
      account = parsed.data.contactId
      surroundings = createSurroundings(puppet, account, { clock, timers, saidByUs: saidTexts.includes })
      void surroundings.findOurNames(undefined).then(([name]) => (mentionName = name))
      login.loggedIn(puppet)
      log.info('wechaty logged in')
    },
    logout() {
      count('logouts')
      login.loggedOut()
      log.warn('wechaty logged out')
    },
    scan(code) {
      count('scansAsked')
      login.scanAsked(code)
    },
    message(event) {
      inbox?.add(lookUpMessage(event))
    },
    roomJoin(event) {
      const parsed = roomJoinEventSchema.safeParse(event)
      if (!parsed.success) return count('ignoredMalformed')
      const { roomId, inviteeIdList, timestamp } = parsed.data
      if (inviteeIdList.includes(account)) noteMembership('joined', roomId, timestamp)
    },
    roomLeave(event) {
      const parsed = roomLeaveEventSchema.safeParse(event)
      if (!parsed.success) return count('ignoredMalformed')
      const { roomId, removeeIdList, timestamp } = parsed.data
      if (removeeIdList.includes(account)) noteMembership('left', roomId, timestamp)
    },
    friendship: () => count('friendRequests'),
    roomInvite: () => count('roomInvites'),
    error(error) {
      count('errors')
      // Its message may hold what somebody wrote, or the token.
      log.debug({ name: error instanceof Error ? error.name : typeof error }, 'wechaty error')
      if (isUnavailable(error)) login.serviceLost()
    },
    reset: () => count('resets'),
  }

  const hand = async (event: ChannelEvent) => {
    if (!running) return
    count('received')
    await receive(event)
  }

  const lookUpMessage = async (event: unknown): Promise<InboxItem | undefined> => {
    const known = messageEventSchema.safeParse(event)
    const puppet = login.puppet()
    const around = surroundings
    if (!known.success || !puppet || !around) return ignore('ignoredMalformed')
    const told = await within(timers, LOOK_UP_MS, puppet.messagePayload(known.data.messageId))
    const parsed = messagePayloadSchema.safeParse(told)
    if (!parsed.success) return ignore('ignoredMalformed')
    const payload = parsed.data
    const chatId = payload.roomId ?? payload.talkerId
    return {
      chatId,
      async handle() {
        if (isRepeated(`${chatId} ${payload.id}`)) return count('ignoredDuplicate')
        const message = await readMessage(payload, around)
        if (typeof message === 'string') return count(IGNORED[message])
        if (payload.roomId === undefined) noteWriter(message.sender.id, message.sentAt)
        else noteInside(payload.roomId, message.sentAt)
        await hand(message)
      },
    }
  }

  const ignore = (why: Counter): undefined => {
    count(why)
    return undefined
  }

  const isRepeated = (key: string): boolean => {
    if (seen.has(key)) return true
    seen.add(key)
    const [oldest] = seen
    if (seen.size > MAX_SEEN && oldest !== undefined) seen.delete(oldest)
    return false
  }

  const noteWriter = (id: string, at: Date) => {
    wroteAt.delete(id)
    wroteAt.set(id, Math.min(at.getTime(), clock.now().getTime()))
    const [oldest] = wroteAt.keys()
    if (wroteAt.size > MAX_WRITERS && oldest !== undefined) wroteAt.delete(oldest)
  }

  /** What is told again of the time before proves nothing. */
  const noteInside = (roomId: string, at: Date) => {
    const leftAt = gone.get(roomId)
    if (leftAt && at >= leftAt) gone.delete(roomId)
  }

  const noteMembership = (kind: 'joined' | 'left', roomId: string, sentAt: Date) => {
    const around = surroundings
    const item: InboxItem = {
      chatId: roomId,
      async handle() {
        if (kind === 'left') gone.set(roomId, sentAt)
        else noteInside(roomId, sentAt)
        // A room that we were put out of tells nothing any more.
        const title = kind === 'joined' ? await around?.findTopic(roomId) : undefined
        await hand({ kind, chat: { id: roomId, kind: 'group', ...(title ? { title } : {}) }, sentAt })
      },
    }
    inbox?.add(Promise.resolve(item))
  }

  /** An answer to somebody who has just written in private is not held to the cap of the chat. */
  const isAnswerInPrivate = (chat: Chat): boolean =>
    chat.kind === 'private' && clock.now().getTime() - (wroteAt.get(chat.id) ?? -Infinity) <= JUST_NOW_MS

  return {
    name: 'wechaty',
    get account() {
      return account
    },
    get mentionName() {
      return mentionName
    },
    capabilities,
    async start(handler) {
      if (running) return
      running = true
      receive = handler
      inbox = createInbox({
        timers,
        handleMs: RECEIVE_MS,
        count: (what) =>
          count(what === 'slow' ? 'receiveTooSlow' : what === 'overflow' ? 'ignoredOverflow' : 'ignoredMalformed'),
      })
      releaseGuard = guardRejections(() => count('rejectionsCaught'))
      sentLog ??= await openSentLog(settings.dir, caps, { clock, log })
      outbox = createOutbox({
        caps,
        maxBytes: capabilities.maxBytes,
        timeoutMs,
        sentLog,
        killSwitch,
        timers,
        random: parts.random ?? Math.random,
        counters,
        puppet: login.puppet,
        whyNotConnected: () => login.health().sentence,
        isGone: (chat) => chat.kind === 'group' && gone.has(chat.id),
        isAnswerInPrivate,
        onSaid: (chat, text) => saidTexts.note(chat.id, text),
      })
      await login.start()
    },
    async pause() {
      await inbox?.idle()
      inbox?.close()
    },
    async stop() {
      if (!running) return
      running = false
      inbox?.close()
      await outbox?.stop()
      await login.stop()
      releaseGuard()
    },
    async send(message) {
      const closed = () => failed('retryable', 'not-connected', '微信通道没有启动，消息没有发出。')
      return (await outbox?.send(message)) ?? closed()
    },
    async isGroupAdmin(chat, senderId) {
      const puppet = login.puppet()
      if (!puppet || chat.kind !== 'group') return false
      try {
        const room = roomPayloadSchema.parse(await within(timers, timeoutMs, puppet.roomPayload(chat.id)))
        return room.ownerId === senderId
      } catch {
        return false
      }
    },
    async leave(chat) {
      const puppet = login.puppet()
      if (chat.kind !== 'group' || !puppet) return
      await within(timers, timeoutMs, puppet.roomQuit(chat.id)).catch(() => count('errors'))
    },
    health: login.health,
    counters: () => ({ ...counters.read(), sentLastDay: sentLog?.sentLastDay() ?? 0 }),
    halt: killSwitch.halt,
    resume: killSwitch.resume,
    loginCode: login.code,
    async idle() {
      await inbox?.idle()
    },
  }
}
