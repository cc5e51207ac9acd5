import { z } from 'zod'
import type { Clock } from '../../src/base/clock.ts'
import type {
  Capabilities,
  Channel,
  FailureCode,
  OutboundMessage,
  SendFailure,
  SendOutcome,
} from '../../src/channels/channel.ts'
import { PLATFORM_LIMITS } from '../../src/channels/platform-limits.ts'

export interface HttpChannelParts {
  url: string
  clock: Clock
  rates: Capabilities['rates']
  idempotent: boolean
  timeoutMs: number
}

const throttleSchema = z.object({ retryAfterSeconds: z.number() })

/** Sends to a `DeliveryReceiver`, as an adapter of a platform sends to it. */
export class HttpChannel implements Channel {
  readonly name = 'telegram'
  readonly account = 'bench'
  readonly capabilities: Capabilities
  #parts: HttpChannelParts

  constructor(parts: HttpChannelParts) {
    this.#parts = parts
    this.capabilities = { ...PLATFORM_LIMITS.telegram, rates: parts.rates, idempotent: parts.idempotent }
  }

  start(): Promise<void> {
    return Promise.resolve()
  }

  stop(): Promise<void> {
    return Promise.resolve()
  }

  async send({ key, chat, text }: OutboundMessage): Promise<SendOutcome> {
    const { url, clock, timeoutMs } = this.#parts
    try {
      const response = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ key, chat: chat.id, text }),
        signal: AbortSignal.timeout(timeoutMs),
      })
      const body: unknown = await response.json()
      if (response.ok) return { kind: 'sent' }
      if (response.status === 429) {
        const until = new Date(clock.now().getTime() + throttleSchema.parse(body).retryAfterSeconds * 1_000)
        return failed('throttled', 'throttled', { until, scope: 'account' })
      }
      if (response.status === 403) return failed('permanent', 'blocked')
      if (response.status === 400) return failed('permanent', 'refused')
      return failed('retryable', 'server')
    } catch {
      // Cut off or never answered: it may have arrived.
      return failed('unknown', 'timeout')
    }
  }

  health() {
    return { state: 'connected' as const, since: new Date(0) }
  }

  counters() {
    return {}
  }
}

function failed(kind: SendFailure['kind'], code: FailureCode, more: Partial<SendFailure> = {}): SendOutcome {
  return { kind: 'failed', failure: { kind, code, sentence: '试验', ...more } }
}
