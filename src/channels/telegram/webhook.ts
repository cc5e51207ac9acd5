import { createHash, timingSafeEqual } from 'node:crypto'
import type { Clock } from '../../base/clock.ts'
import type { Bot, BotApi } from './bot-api.ts'
import type { TelegramCounters } from './counters.ts'
import type { Intake } from './intake.ts'
import { updateIdSchema } from './payloads.ts'
import type { Wait } from './wait.ts'

const SECRET_HEADER = 'X-Telegram-Bot-Api-Secret-Token'
/** An update with a long message that quotes a long message, every sign escaped as \uXXXX, stays below this. */
const MAX_BODY_BYTES = 512 * 1024
const LOOK_EVERY_MS = 5 * 60_000
const MAX_REMEMBERED_UPDATES = 2000

export interface WebhookReceiver {
  /** Answers 200 when the update was taken; with anything else Telegram sends it again. */
  handle(request: Request): Promise<Response>
}

/** What arrives at our address, once for each update however often it is sent. */
export function createWebhookReceiver(parts: {
  secret: string
  bot(): Bot | undefined
  intake(): Intake | undefined
  counters: TelegramCounters
}): WebhookReceiver {
  const { secret, counters } = parts
  const taking = new Map<number, Promise<boolean>>()

  async function takeOnce(update: unknown, intake: Intake, bot: Bot): Promise<boolean> {
    const id = updateIdSchema.safeParse(update).data?.update_id
    if (id === undefined) {
      counters.add('malformed')
      return true
    }
    const before = taking.get(id)
    if (before) return before
    const work = intake.take(update, bot)
    taking.set(id, work)
    const oldest = taking.keys().next().value
    if (taking.size > MAX_REMEMBERED_UPDATES && oldest !== undefined) taking.delete(oldest)
    if (await work) return true
    taking.delete(id)
    return false
  }

  return {
    async handle(request) {
      if (request.method !== 'POST') return new Response(null, { status: 405, headers: { allow: 'POST' } })
      if (!isSame(request.headers.get(SECRET_HEADER) ?? '', secret)) {
        counters.add('webhook_unauthorized')
        return new Response(null, { status: 401 })
      }
      const intake = parts.intake()
      const bot = parts.bot()
      if (!intake || !bot) return new Response(null, { status: 503 })
      const update = await readBody(request)
      if (update === undefined) {
        // Sent again it would be no better.
        counters.add('malformed')
        return new Response(null, { status: 200 })
      }
      return new Response(null, { status: (await takeOnce(update, intake, bot)) ? 200 : 503 })
    },
  }
}

/** Takes as long for a secret that is nearly right as for one that is wrong. */
function isSame(given: string, expected: string): boolean {
  const hash = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(hash(given), hash(expected))
}

async function readBody(request: Request): Promise<unknown> {
  if (Number(request.headers.get('content-length') ?? 0) > MAX_BODY_BYTES) return undefined
  try {
    return await request.json()
  } catch {
    return undefined
  }
}

/** What is wrong with the deliveries, or nothing; registers our address again where another one stands. */
export async function checkWebhook(parts: {
  api: BotApi
  webhook: { url: string; secret: string }
  clock: Clock
  counters: TelegramCounters
  wait: Wait
  stop: AbortSignal
  /** Look now, not in five minutes. */
  probe: boolean
}): Promise<string | undefined> {
  const { api, webhook, clock, counters, stop } = parts
  if (!parts.probe) await parts.wait(LOOK_EVERY_MS, stop)
  if (stop.aborted) return undefined
  const info = await api.getWebhookInfo(stop)
  if (info.url !== webhook.url) {
    counters.add('conflicts')
    await api.setWebhook(webhook.url, webhook.secret, stop)
    return undefined
  }
  const failedAt = (info.last_error_date ?? 0) * 1000
  const failing = info.pending_update_count > 0 && clock.now().getTime() - failedAt <= LOOK_EVERY_MS
  return failing ? 'Telegram 送不到本机的 Webhook 地址，有消息积压；请检查公网地址、证书和反向代理。' : undefined
}
