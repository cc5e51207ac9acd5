import type { Clock } from '../../base/clock.ts'
import { AppError } from '../../base/errors.ts'
import type { Logger } from '../../base/log.ts'
import type { Timers } from '../../base/timers.ts'
import type { ChannelHealth } from '../channel.ts'
import type { Connection, Puppet } from './connect-puppet.ts'

/** Holds one connection to a puppet: starts it again with growing pauses when it fails or stays logged out. */
export interface Login {
  /** Resolves when logged in, or when it is known that this takes longer (see `health`). */
  start(): Promise<void>
  stop(): Promise<void>
  health(): ChannelHealth
  /** The puppet while logged in. */
  puppet(): Puppet | undefined
  /** What to show as a QR code for logging in, while the account waits for that. */
  code(): string | undefined
  loggedIn(puppet: Puppet): void
  loggedOut(): void
  /** The puppet's service cannot be reached any more. */
  serviceLost(): void
  scanAsked(code: string): void
}

/** How long `start` waits for the login that follows the start of the puppet. */
const LOGIN_MS = 30_000
/** A puppet that does not come back by itself is started anew. */
const RETURN_MS = 120_000
/** Somebody has to take a phone out first; puppets renew their code by themselves. */
const SCAN_MS = 900_000
const FIRST_PAUSE_MS = 15_000
const LONGEST_PAUSE_MS = 10 * 60_000
/** By itself `wechaty-puppet-service` notices only after a minute that it hears nothing. */
const SERVICE_LOST_MS = 5_000
/** A login that lasted so long was no failed attempt; a shorter one lets the pauses grow. */
const LASTING_MS = 10 * 60_000
const SCAN_SENTENCE = '微信账号还没有登录，请用这个账号的手机微信扫码登录。'
const GONE_SENTENCE = '微信账号掉线了，正在等它重新登录；一直不好就看看账号有没有被限制。'
const SERVICE_SENTENCE = '微信接入服务断开了，正在重新连接；一直不好就看看那个服务还在不在。'

export function keepLoggedIn(parts: {
  connect: (signal: AbortSignal) => Promise<Connection>
  onRestart: () => void
  clock: Clock
  timers: Timers
  log: Logger
}): Login {
  const { clock, timers, log } = parts
  let running = false
  let connection: Connection | undefined
  let connecting: Promise<void> | undefined
  let puppet: Puppet | undefined
  let stopping = new AbortController()
  let code: string | undefined
  let failures = 0
  let loggedInAt = clock.now()
  let health: ChannelHealth = { state: 'off', since: clock.now() }
  let cancelTimer = () => {}
  let firstResult = () => {}

  const setHealth = (state: ChannelHealth['state'], sentence?: string) => {
    const since = health.state === state ? health.since : clock.now()
    health = { state, since, ...(sentence === undefined ? {} : { sentence }) }
  }
  const later = (ms: number, work: () => void) => {
    cancelTimer()
    cancelTimer = running ? timers.after(ms, work) : () => {}
  }

  const lose = (sentence: string, pauseMs: number) => {
    if (puppet && clock.now().getTime() - loggedInAt.getTime() >= LASTING_MS) failures = 0
    puppet = undefined
    setHealth('failing', sentence)
    later(pauseMs, restart)
  }

  const connect = async (): Promise<void> => {
    try {
      const made = await parts.connect(stopping.signal)
      connection = made
      // Stopped meanwhile.
      if (!running) return await closeConnection()
      if (!puppet && code === undefined) later(RETURN_MS, restart)
    } catch (error) {
      fail(error)
    }
  }

  const fail = (error: unknown) => {
    puppet = undefined
    code = undefined
    const known = error instanceof AppError ? error : undefined
    log.warn({ code: known?.code ?? 'unexpected', failures }, 'wechaty not started')
    const pauseMs = Math.min(FIRST_PAUSE_MS * 2 ** failures, LONGEST_PAUSE_MS)
    failures++
    setHealth('failing', known?.message ?? '微信通道没有启动成功，稍后会再试。')
    firstResult()
    // Nothing changes by itself where a setting or a package is missing.
    if (known?.retryable !== false) later(pauseMs, restart)
  }

  const closeConnection = async () => {
    const closing = connection
    connection = undefined
    puppet = undefined
    code = undefined
    await closing?.close()
  }

  const restart = () => {
    cancelTimer()
    const before = connecting
    connecting = (async () => {
      // Never two at once.
      await before
      const hadConnection = connection !== undefined
      await closeConnection()
      if (!running) return
      if (hadConnection)
        return fail(new AppError('not-returned', health.sentence ?? GONE_SENTENCE, { retryable: true }))
      parts.onRestart()
      await connect()
    })()
  }

  return {
    async start() {
      if (running) return
      running = true
      stopping = new AbortController()
      setHealth('connecting')
      const first = new Promise<void>((resolve) => {
        firstResult = resolve
      })
      connecting = connect()
      const cancel = timers.after(LOGIN_MS, firstResult)
      await first
      cancel()
    },
    async stop() {
      running = false
      cancelTimer()
      stopping.abort()
      firstResult()
      // `connect` closes what it makes when it finds that it is too late.
      if (connection) await closeConnection()
      await connecting
      puppet = undefined
      setHealth('off')
    },
    health: () => health,
    puppet: () => (running ? puppet : undefined),
    code: () => code,
    loggedIn(loggedIn) {
      puppet = loggedIn
      code = undefined
      loggedInAt = clock.now()
      cancelTimer()
      setHealth('connected')
      firstResult()
    },
    loggedOut: () => lose(GONE_SENTENCE, RETURN_MS),
    serviceLost() {
      if (puppet) lose(SERVICE_SENTENCE, SERVICE_LOST_MS)
    },
    scanAsked(shown) {
      code = shown === '' ? code : shown
      lose(SCAN_SENTENCE, SCAN_MS)
      firstResult()
    },
  }
}
