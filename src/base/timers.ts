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
