import type { WSClient } from '@wecom/aibot-node-sdk'
import { z } from 'zod'
import type { Clock } from '../../base/clock.ts'
import { newToken } from '../../base/ids.ts'
import type { Logger } from '../../base/log.ts'
import type { Timers } from '../../base/timers.ts'
import type { ChannelHealth } from '../channel.ts'
import type { WecomBotCounters } from './wecom-bot-counters.ts'
import { NOT_SUBSCRIBED, SENTENCES, WRONG_CREDENTIALS } from './wecom-bot-failures.ts'
import { findEventType } from './wecom-bot-frames.ts'

const SECOND_MS = 1000
const MINUTE_MS = 60 * SECOND_MS
const HOUR_MS = 60 * MINUTE_MS
/** A connection that held this long makes what failed before it forgotten. */
const STEADY_MS = 10 * MINUTE_MS

export type BotCommand = 'aibot_respond_msg' | 'aibot_respond_welcome_msg' | 'aibot_send_msg'

/** `unanswered`: it left and nobody knows what became of it. */
export type Acknowledgement =
  | { kind: 'accepted' }
  | { kind: 'refused'; errorCode: number }
  | { kind: 'not-sent' }
  | { kind: 'unanswered' }

export interface BotConnection {
  /** Resolves when subscribed or when the first attempt failed. */
  start(): Promise<void>
  stop(): void
  /** Sends a command once and waits for its acknowledgement. */
  send(command: BotCommand, request: string, body: Record<string, unknown>): Promise<Acknowledgement>
  /** Names the connection while it is subscribed. */
  current(): string | undefined
  /** Another reply to the same request is still unacknowledged; the SDK would keep a second one back. */
  isBusy(request: string): boolean
  /** WeCom refused the bot's credentials at the last attempt. */
  isUnauthorized(): boolean
  health(): ChannelHealth
}

type Loss =
  | { why: 'unreachable' | 'lost' | 'silent' | 'not-subscribed' | 'taken-over' }
  | { why: 'refused'; errorCode: number }

/** How long we stay away: doubled with each loss of the kind. A taken connection is not fought for. */
const WAITS = {
  passing: { first: SECOND_MS, most: MINUTE_MS },
  'taken-over': { first: MINUTE_MS, most: HOUR_MS },
  refused: { first: 5 * MINUTE_MS, most: HOUR_MS },
} as const
/** 系统繁忙, the one refusal that says nothing about our settings. */
const SYSTEM_BUSY = -1

const refusalSchema = z.object({ errcode: z.int() })

/**
 * Keeps the one connection that WeCom allows a bot. Each attempt is a new client of the SDK with its own reconnecting turned
 * off: that one gives up after ten attempts, and tries a refused secret five times within half a minute.
 */
export function createBotConnection(
  settings: { botId: string; secret: string; wsUrl?: string | undefined; timeoutMs: number; heartbeatMs: number },
  parts: {
    clock: Clock
    timers: Timers
    log: Logger
    counters: WecomBotCounters
    onMessage: (frame: unknown, connection: string) => void
    onEvent: (frame: unknown, connection: string) => void
  },
): BotConnection {
  const { clock, timers, log, counters } = parts
  const { timeoutMs } = settings
  let health: ChannelHealth = { state: 'off', since: clock.now() }
  let open: { client: WSClient; id: string; since: Date } | undefined
  /** Ends the attempt or the wait for the next one. */
  let drop = (): void => {}
  let loseOpen = (_loss: Loss): void => {}
  let started = 0
  const losses = new Map<keyof typeof WAITS, number>()
  let unauthorized = false

  function setHealth(state: ChannelHealth['state'], sentence?: string): void {
    const since = state === health.state ? health.since : clock.now()
    health = { state, since, ...(sentence === undefined ? {} : { sentence }) }
  }

  /** Its lines quote whole payloads. */
  const complain = () => counters.add('sdk_complaints')
  const sdkLog = { debug() {}, info() {}, warn: complain, error: complain }

  /** Resolves when subscribed or lost. */
  async function connect(run: number): Promise<void> {
    const { WSClient } = await import('@wecom/aibot-node-sdk')
    if (run !== started) return
    const client = new WSClient({
      botId: settings.botId,
      secret: settings.secret,
      ...(settings.wsUrl === undefined ? {} : { wsUrl: settings.wsUrl }),
      wsOptions: { handshakeTimeout: timeoutMs },
      maxReconnectAttempts: 0,
      maxAuthFailureAttempts: 0,
      heartbeatInterval: settings.heartbeatMs,
      requestTimeout: timeoutMs,
      logger: sdkLog,
    })
    const id = newToken()
    await new Promise<void>((resolve) => {
      const close = () => {
        cancelLimit()
        // The SDK answers for what it still holds, stops its heartbeat and comes back no more.
        client.removeAllListeners()
        client.disconnect()
        open = undefined
        resolve()
      }
      const lose = (loss: Loss) => {
        const was = open
        close()
        if (was && clock.now().getTime() - was.since.getTime() >= STEADY_MS) losses.clear()
        comeBack(loss, run)
      }
      drop = close
      const cancelLimit = timers.after(timeoutMs, () => lose({ why: 'silent' }))
      client.on('authenticated', () => {
        cancelLimit()
        open = { client, id, since: clock.now() }
        unauthorized = false
        losses.delete('refused')
        counters.add('connections')
        log.info('connected to WeCom as a bot')
        setHealth('connected')
        resolve()
      })
      client.on('error', (error) => {
        const errorCode = findRefusal(error)
        if (errorCode === SYSTEM_BUSY) lose({ why: 'unreachable' })
        else if (errorCode !== undefined) lose({ why: 'refused', errorCode })
      })
      client.on('disconnected', () => lose({ why: open ? 'lost' : 'unreachable' }))
      client.on('message', (frame) => parts.onMessage(frame, id))
      client.on('event', (frame) => {
        if (findEventType(frame) === 'disconnected_event') lose({ why: 'taken-over' })
        else parts.onEvent(frame, id)
      })
      loseOpen = lose
      client.connect()
    })
  }

  function comeBack(loss: Loss, run: number): void {
    const kind = loss.why === 'taken-over' || loss.why === 'refused' ? loss.why : 'passing'
    const before = losses.get(kind) ?? 0
    const waitMs = Math.min(WAITS[kind].first * 2 ** Math.min(before, 20), WAITS[kind].most)
    losses.set(kind, before + 1)
    unauthorized = loss.why === 'refused' && loss.errorCode === WRONG_CREDENTIALS
    counters.add('connections_lost')
    if (loss.why === 'taken-over') counters.add('taken_over')
    if (loss.why === 'refused') counters.add('subscriptions_refused')
    log.warn({ ...loss, waitMs }, 'not connected to WeCom')
    setHealth('failing', describeLoss(loss, waitMs))
    drop = timers.after(waitMs, () => void connect(run))
  }

  return {
    async start() {
      drop()
      started += 1
      losses.clear()
      unauthorized = false
      setHealth('connecting')
      await connect(started)
    },
    stop() {
      started += 1
      drop()
      drop = () => {}
      setHealth('off')
    },
    async send(command, request, body) {
      if (!open) return { kind: 'not-sent' }
      const { client } = open
      let cancel = (): void => {}
      const unanswered = new Promise<Acknowledgement>((resolve) => {
        cancel = timers.after(timeoutMs, () => resolve({ kind: 'unanswered' }))
      })
      const acknowledged = client
        .reply({ headers: { req_id: request } }, body, command)
        .then((): Acknowledgement => ({ kind: 'accepted' }), readRejection)
      const outcome = await Promise.race([acknowledged, unanswered])
      cancel()
      // WeCom has forgotten us although the socket is open.
      if (outcome.kind === 'refused' && outcome.errorCode === NOT_SUBSCRIBED && open?.client === client) {
        loseOpen({ why: 'not-subscribed' })
      }
      return outcome
    },
    current: () => open?.id,
    isBusy: (request) => open?.client.hasPendingReplyAck({ headers: { req_id: request } }) ?? false,
    isUnauthorized: () => unauthorized,
    health: () => health,
  }
}

/** The SDK tells the code of a refused subscription in a sentence only. */
function findRefusal(error: Error): number | undefined {
  const code = /^Authentication failed: .*\(code: (-?\d+)\)$/s.exec(error.message)?.[1]
  return code === undefined ? undefined : Number(code)
}

/** The SDK rejects with WeCom's frame, or with an error of its own of which only the sentence tells what happened. */
function readRejection(reason: unknown): Acknowledgement {
  const refusal = refusalSchema.safeParse(reason)
  if (refusal.success) return { kind: 'refused', errorCode: refusal.data.errcode }
  const sentence = reason instanceof Error ? reason.message : ''
  return { kind: sentence.startsWith('WebSocket not connected') ? 'not-sent' : 'unanswered' }
}

function describeLoss(loss: Loss, waitMs: number): string {
  const wait = waitMs >= MINUTE_MS ? `${Math.round(waitMs / MINUTE_MS)} 分钟` : `${Math.round(waitMs / SECOND_MS)} 秒`
  if (loss.why === 'taken-over') {
    return `另一个程序用同一个机器人建立了连接，企业微信断开了本机的连接。请停掉其中一个；本机 ${wait}后再试。`
  }
  if (loss.why === 'refused') {
    const why =
      loss.errorCode === WRONG_CREDENTIALS
        ? SENTENCES.wrongCredentials
        : `企业微信拒绝了机器人的连接（错误码 ${loss.errorCode}），请在管理后台检查机器人是否开启了长连接方式。`
    return `${why}${wait}后再试一次。`
  }
  const what =
    loss.why === 'unreachable' || loss.why === 'silent' ? '连不上企业微信，请检查网络' : '与企业微信的连接断了'
  return `${what}；${wait}后自动重连。`
}
