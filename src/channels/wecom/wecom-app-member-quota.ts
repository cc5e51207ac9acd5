import type { Clock } from '../../base/clock.ts'
import type { SendRate } from '../channel.ts'

/** Counts what a member got, in memory, because 企业微信 drops what is above its limits without a word. */
export interface MemberQuota {
  /** When the next message may be sent to `member`; `undefined` = now. */
  findWait(member: string): Date | undefined
  /** Counts one; the returned function takes it back. */
  count(member: string): () => void
}

const TIDY_ABOVE_MEMBERS = 5000

export function createMemberQuota(rates: readonly SendRate[], clock: Clock): MemberQuota {
  const limits = rates.filter(({ per }) => per === 'member')
  const longestMs = Math.max(0, ...limits.map(({ windowMs }) => windowMs))
  const sentAt = new Map<string, number[]>()

  function recent(member: string, now: number): number[] {
    return (sentAt.get(member) ?? []).filter((at) => at > now - longestMs)
  }

  function tidy(now: number): void {
    for (const [member, times] of sentAt) if ((times.at(-1) ?? 0) <= now - longestMs) sentAt.delete(member)
  }

  return {
    findWait(member) {
      const now = clock.now().getTime()
      const times = recent(member, now)
      const waits = limits.flatMap(({ count, windowMs }) => {
        const oldest = times.at(-count)
        return oldest !== undefined && oldest > now - windowMs ? [oldest + windowMs] : []
      })
      return waits.length === 0 ? undefined : new Date(Math.max(...waits))
    },

    count(member) {
      const now = clock.now().getTime()
      if (sentAt.size > TIDY_ABOVE_MEMBERS) tidy(now)
      sentAt.set(member, [...recent(member, now), now])
      return () => {
        const times = sentAt.get(member) ?? []
        const index = times.lastIndexOf(now)
        if (index !== -1) sentAt.set(member, times.toSpliced(index, 1))
      }
    },
  }
}
