import { createHash } from 'node:crypto'
import type { Clock } from '../../base/clock.ts'

/**
 * 企业微信's duplicate check knows contents, not keys: another message in the same words would be swallowed with a
 * success. This remembers, in memory and for as long as the platform does, which key used a content first.
 */
export interface Repeats {
  /** Whether `content` was used before under another key. */
  isAnother(content: string, key: string): boolean
}

const MAX_REMEMBERED = 50_000

export function createRepeats(keepMs: number, clock: Clock): Repeats {
  // In the order of `until`.
  const first = new Map<string, { key: string; until: number }>()

  function forgetOld(now: number): void {
    for (const [hash, { until }] of first) {
      if (until > now && first.size <= MAX_REMEMBERED) return
      first.delete(hash)
    }
  }

  return {
    isAnother(content, key) {
      const now = clock.now().getTime()
      forgetOld(now)
      const hash = createHash('sha256').update(content).digest('base64')
      const known = first.get(hash)
      if (known) return known.key !== key
      first.set(hash, { key, until: now + keepMs })
      return false
    },
  }
}
