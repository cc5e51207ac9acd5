import type { Clock } from '../base/clock.ts'

/** How much one key may do: `burst` at once, then `perMinute`. */
export interface Rate {
  burst: number
  perMinute: number
}

/** Sessions come first and are tight; addresses are loose, since a whole district may share one. */
export const SESSION_RATE: Rate = { burst: 10, perMinute: 20 }
export const ADDRESS_RATE: Rate = { burst: 200, perMinute: 600 }
/** A group's members together, and everybody on the channels together. */
export const CHAT_RATE: Rate = { burst: 20, perMinute: 20 }
export const PROCESS_RATE: Rate = { burst: 600, perMinute: 6_000 }

const MAX_KEYS = 50_000

/** Token buckets in memory, the least recently used ones forgotten. */
export interface RateLimiter {
  /** Takes one token; answers 0, or how many seconds to wait when there is none. */
  take(key: string, rate: Rate): number
}

export function createRateLimiter(clock: Clock): RateLimiter {
  const buckets = new Map<string, { tokens: number; at: number }>()
  return {
    take(key, rate) {
      const now = clock.now().getTime()
      const bucket = buckets.get(key) ?? { tokens: rate.burst, at: now }
      buckets.delete(key)
      const elapsedMs = Math.max(0, now - bucket.at)
      const tokens = Math.min(rate.burst, bucket.tokens + (elapsedMs * rate.perMinute) / 60_000)
      const allowed = tokens >= 1
      buckets.set(key, { tokens: allowed ? tokens - 1 : tokens, at: now })
      if (buckets.size > MAX_KEYS) forgetOldest(buckets)
      return allowed ? 0 : Math.ceil(((1 - tokens) * 60) / rate.perMinute)
    },
  }
}

function forgetOldest(buckets: Map<string, unknown>): void {
  for (const key of buckets.keys()) {
    buckets.delete(key)
    return
  }
}
