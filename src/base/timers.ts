/** The only way our code does something later, so that tests can let the time pass. */
export interface Timers {
  /** Runs `work` once after `ms`; the returned function cancels it. A timer never keeps the process alive. */
  after(ms: number, work: () => void): () => void
}

export const systemTimers: Timers = {
  after(ms, work) {
    const timer = setTimeout(work, ms).unref()
    return () => clearTimeout(timer)
  },
}

/** What `work` resolves to, or undefined when it takes longer than `ms`; it goes on all the same. */
export function waitAtMost<T>(work: Promise<T>, ms: number, timers: Timers): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    const cancel = timers.after(ms, () => resolve(undefined))
    work.then(resolve, reject).finally(cancel)
  })
}
