import type { Timers } from '../../src/base/timers.ts'

/** Timers that run only when told to. */
export class ManualTimers implements Timers {
  #pending = new Set<{ ms: number; work: () => void }>()

  after(ms: number, work: () => void): () => void {
    const timer = { ms, work }
    this.#pending.add(timer)
    return () => this.#pending.delete(timer)
  }

  /** Waiting times, shortest first. */
  waits(): number[] {
    return [...this.#pending].map(({ ms }) => ms).toSorted((one, other) => one - other)
  }

  /** Lets those of this waiting time run. */
  run(ms: number): void {
    const due = [...this.#pending].filter((timer) => timer.ms === ms)
    for (const timer of due) if (this.#pending.delete(timer)) timer.work()
  }
}
