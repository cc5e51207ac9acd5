import type { Clock } from '../../src/base/clock.ts'

/** A clock that moves only when told to. */
export class FakeClock implements Clock {
  #now: number

  constructor(start = '2026-01-01T00:00:00Z') {
    this.#now = Date.parse(start)
  }

  now(): Date {
    return new Date(this.#now)
  }

  advance(milliseconds: number): void {
    this.#now += milliseconds
  }

  set(instant: string): void {
    this.#now = Date.parse(instant)
  }
}
