import type { Timers } from '../../base/timers.ts'

export class TookTooLong extends Error {}

/** What `work` comes to, or `TookTooLong` after `ms`; what it comes to later is dropped. */
export async function within<T>(timers: Timers, ms: number, work: Promise<T>): Promise<T> {
  let cancel = () => {}
  const late = new Promise<never>((_, reject) => {
    cancel = timers.after(ms, () => reject(new TookTooLong(`not within ${ms} ms`)))
  })
  try {
    return await Promise.race([work, late])
  } finally {
    cancel()
  }
}
