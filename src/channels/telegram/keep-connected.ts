import type { Logger } from '../../base/log.ts'
import { TelegramCallError } from './call-error.ts'
import type { TelegramCounters } from './counters.ts'
import { SENTENCES } from './describe-failure.ts'
import type { HealthKeeper } from './health.ts'
import type { Wait } from './wait.ts'

const FIRST_RETRY_MS = 1000
const SLOWEST_RETRY_MS = 30_000
const UNAUTHORIZED_RETRY_MS = 60_000
const CONFLICT_RETRY_MS = 30_000

interface Trouble {
  sentence: string
  waitMs: number
  /** Passes by itself as a rule. */
  passing: boolean
}

/**
 * Connects, then repeats `step` until `stop`; after a failure it says why and waits before it tries again. `settled`
 * is called when the first attempt succeeded or failed.
 */
export async function keepConnected(parts: {
  connect(): Promise<void>
  /** `probe`: the step before failed and the health waits for an answer. Returns what is wrong nevertheless. */
  step(probe: boolean): Promise<string | undefined>
  settled(): void
  stop: AbortSignal
  health: HealthKeeper
  counters: TelegramCounters
  log: Logger
  wait: Wait
  random: () => number
}): Promise<void> {
  const { stop, health, counters, log, wait, random } = parts
  let connected = false
  let failures = 0
  let probe = false
  while (!stop.aborted) {
    try {
      let wrong: string | undefined
      if (connected) wrong = await parts.step(probe)
      else await parts.connect()
      if (stop.aborted) return
      if (failures > 0) {
        counters.add('reconnects')
        log.info({ failures }, 'connected to Telegram again')
      }
      connected = true
      failures = 0
      probe = false
      health.set(wrong === undefined ? 'connected' : 'failing', wrong)
      parts.settled()
    } catch (error) {
      if (stop.aborted) return
      failures += 1
      const trouble = describeTrouble(error, failures, random)
      // A single broken poll is common and over before anybody looks.
      const first = connected && failures === 1 && trouble.passing
      health.set(first ? 'connecting' : 'failing', trouble.sentence)
      probe = trouble.passing
      const call = error instanceof TelegramCallError ? { reason: error.reason, errorCode: error.errorCode } : { error }
      if (error instanceof TelegramCallError && error.errorCode === 409) counters.add('conflicts')
      log.warn({ ...call, failures, waitMs: trouble.waitMs }, 'no connection to Telegram')
      parts.settled()
      await wait(trouble.waitMs, stop)
    }
  }
}

function describeTrouble(error: unknown, failures: number, random: () => number): Trouble {
  const slowest = Math.min(FIRST_RETRY_MS * 2 ** Math.min(failures - 1, 10), SLOWEST_RETRY_MS)
  const backoffMs = Math.round(slowest * (0.5 + random() / 2))
  if (!(error instanceof TelegramCallError)) {
    return { sentence: 'Telegram 通道内部出错，正在重试，请查看日志。', waitMs: backoffMs, passing: false }
  }
  const { errorCode, description } = error
  if (error.reason !== 'refused') {
    const sentence =
      error.reason === 'broken'
        ? 'Telegram 的答复不完整，正在重试。'
        : '连不上 Telegram（网络或代理不通），正在重试；请检查网络和代理设置。'
    return { sentence, waitMs: backoffMs, passing: true }
  }
  if (errorCode === 401 || errorCode === 404) {
    return { sentence: SENTENCES.unauthorized, waitMs: UNAUTHORIZED_RETRY_MS, passing: false }
  }
  if (errorCode === 409) {
    const sentence = /webhook/i.test(description)
      ? '这个机器人的消息正送往另一个 Webhook 地址，本机收不到；请停掉那边，再重启本机。'
      : '另一个程序正在用同一个机器人令牌收消息，本机收不到；请停掉另一个，或到 @BotFather 换令牌。'
    return { sentence, waitMs: Math.round(CONFLICT_RETRY_MS * (1 + random())), passing: false }
  }
  if (errorCode === 429) {
    const waitMs = Math.max((error.retryAfterSeconds ?? 0) * 1000, backoffMs)
    return { sentence: '请求太频繁，Telegram 要求稍后再连，正在等待。', waitMs, passing: true }
  }
  if (errorCode !== undefined && errorCode >= 500) {
    return { sentence: 'Telegram 服务器出错，正在重试。', waitMs: backoffMs, passing: true }
  }
  const sentence = 'Telegram 不接受连接请求，请核对设置（Webhook 地址须为 https，密钥只含字母、数字、_ 和 -）。'
  return { sentence, waitMs: UNAUTHORIZED_RETRY_MS, passing: false }
}
