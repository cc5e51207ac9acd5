import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createRateLimiter } from '../../src/chat/limits.ts'
import { FakeClock } from '../support/fake-clock.ts'

test('a burst is let through, then one message every few seconds, and the wait is told', () => {
  const clock = new FakeClock()
  const limiter = createRateLimiter(clock)
  const rate = { burst: 3, perMinute: 20 }
  assert.deepEqual(
    [1, 2, 3].map(() => limiter.take('a', rate)),
    [0, 0, 0],
  )
  assert.equal(limiter.take('a', rate), 3)
  clock.advance(2_000)
  assert.ok(limiter.take('a', rate) > 0)
  clock.advance(1_000)
  assert.equal(limiter.take('a', rate), 0)
})

test('one key does not use up the tokens of another', () => {
  const limiter = createRateLimiter(new FakeClock())
  assert.equal(limiter.take('a', { burst: 1, perMinute: 1 }), 0)
  assert.equal(limiter.take('b', { burst: 1, perMinute: 1 }), 0)
  assert.equal(limiter.take('a', { burst: 1, perMinute: 1 }), 60)
})

test('a clock that jumps back neither throws nor gives tokens away', () => {
  const clock = new FakeClock('2026-01-01T00:00:00Z')
  const limiter = createRateLimiter(clock)
  limiter.take('a', { burst: 1, perMinute: 60 })
  clock.set('2025-12-31T00:00:00Z')
  assert.ok(limiter.take('a', { burst: 1, perMinute: 60 }) > 0)
})
