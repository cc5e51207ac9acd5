import type { Clock } from '../../base/clock.ts'
import type { Logger } from '../../base/log.ts'
import { systemTimers, type Timers } from '../../base/timers.ts'
import type { ChannelHealth, SendFailure, SendOutcome } from '../channel.ts'
import type { Counters } from '../counters.ts'
import { failed } from './qyapi-failures.ts'

export interface OutChannelParts {
  clock: Clock
  log: Logger
  /** For tests: how time passes. */
  timers?: Timers
}

/** What the channels that only send have in common: their life, their health, what became of each attempt. */
export interface OutChannel {
  start(): Promise<void>
  stop(): Promise<void>
  /** One attempt, refused when the channel is not started. Never rejects. */
  attempt(work: () => Promise<SendOutcome>, options?: { counted: string }): Promise<SendOutcome>
  /** Something else that `stop` waits for; `undefined` when the channel is not started. */
  run<T>(work: () => Promise<T>): Promise<T> | undefined
  health(): ChannelHealth
}

/** Of whatever is asked of a channel that is not started. */
export const NOT_STARTED: SendFailure = {
  kind: 'retryable',
  code: 'not-connected',
  sentence: '企业微信通道没有启动，消息没有发出。',
}

const RECHECK_MS = 60_000

/**
 * `check` tells at the start what stands in the way; it is asked again every minute until nothing does. Without it the
 * channel counts as connected until a message fails, and again as soon as one goes out.
 */
export function createOutChannel(
  parts: OutChannelParts,
  counters: Counters<string>,
  check?: () => Promise<SendFailure | undefined>,
): OutChannel {
  const { clock, log, timers = systemTimers } = parts
  let health: ChannelHealth = { state: 'off', since: clock.now() }
  let running = false
  let stopping: Promise<void> | undefined
  let cancelRecheck: (() => void) | undefined
  const calls = new Set<Promise<unknown>>()

  function setHealth(state: ChannelHealth['state'], sentence?: string): void {
    if (state !== health.state) log.info({ state }, 'the health of the channel changed')
    const since = state === health.state ? health.since : clock.now()
    health = { state, since, ...(sentence === undefined ? {} : { sentence }) }
  }

  function track<T>(call: Promise<T>): Promise<T> {
    calls.add(call)
    return call.finally(() => calls.delete(call))
  }

  async function runCheck(): Promise<void> {
    cancelRecheck?.()
    cancelRecheck = undefined
    const failure = await check?.()
    if (!running) return
    if (!failure) return setHealth('connected')
    log.warn({ code: failure.code }, 'WeCom cannot be used')
    setHealth('failing', failure.sentence)
    scheduleRecheck()
  }

  function scheduleRecheck(): void {
    if (check && running) cancelRecheck ??= timers.after(RECHECK_MS, () => void track(runCheck()))
  }

  /** Missing rights show only in what is sent: there, what is sent next tells whether they are back. */
  function note(outcome: SendOutcome, counted: string): void {
    if (outcome.kind !== 'failed') {
      counters.add(outcome.kind === 'sent' ? counted : 'awaiting_human')
      if (running) setHealth('connected')
      return
    }
    const { kind, code, sentence } = outcome.failure
    counters.add(kind === 'throttled' || kind === 'unknown' ? kind : 'failed')
    log.debug({ kind, code }, 'not sent')
    if (!running) return
    if (code === 'not-connected' || code === 'unauthorized') setHealth('failing', sentence)
    if (code === 'not-connected') scheduleRecheck()
  }

  async function settleCalls(): Promise<void> {
    cancelRecheck?.()
    cancelRecheck = undefined
    await Promise.allSettled(calls)
    setHealth('off')
  }

  return {
    async start() {
      await stopping
      if (running) return
      running = true
      setHealth('connecting')
      await track(runCheck())
    },

    async stop() {
      running = false
      stopping ??= settleCalls().finally(() => {
        stopping = undefined
      })
      await stopping
    },

    async attempt(work, { counted } = { counted: 'sent' }) {
      if (!running) return failed(NOT_STARTED)
      return track(
        work()
          .catch((error: unknown): SendOutcome => {
            // Only the kind: the text of an error may quote an address with its secret.
            log.error({ error: error instanceof Error ? error.name : typeof error }, 'sending went wrong')
            return failed({ kind: 'unknown', code: 'server', sentence: '程序出错，不确定消息是否已送达，请查看日志。' })
          })
          .then((outcome) => {
            note(outcome, counted)
            return outcome
          }),
      )
    },

    run: (work) => (running ? track(work()) : undefined),
    health: () => health,
  }
}
