import type { Clock } from '../../src/base/clock.ts'
import type { Timers } from '../../src/base/timers.ts'

/** A clock that moves only when told to, with the timers that become due on the way. */
export class FakeClock implements Clock, Timers {
  #now: number
  #waiting = new Set<{ at: number; work: () => void }>()

  constructor(start = '2026-01-01T00:00:00Z') {
    this.#now = Date.parse(start)
  }

  now(): Date {
    return new Date(this.#now)
  }

  /** Jumps, also back; no timer runs. */
  set(instant: string): void {
    this.#now = Date.parse(instant)
  }

  advance(ms: number): void {
    const end = this.#now + ms
    for (;;) {
      const [next] = [...this.#waiting].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)
      if (!next) break
      this.#waiting.delete(next)
      this.#now = Math.max(this.#now, next.at)
      next.work()
    }
    this.#now = end
  }

  after(ms: number, work: () => void): () => void {
    const timer = { at: this.#now + ms, work }
    this.#waiting.add(timer)
    return () => this.#waiting.delete(timer)
  }
}
