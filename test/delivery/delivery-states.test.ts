import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import type { SendOutcome } from '../../src/channels/channel.ts'
import {
  decideAbandoned,
  decideAfter,
  decideUnsent,
  DELIVERY_STATES,
  FINAL,
  IN_DOUBT,
  mayMove,
  originsOf,
  RETRY_AFTER_MS,
  WAITING,
  type Attempted,
} from '../../src/delivery/delivery-states.ts'
import { failure } from '../support/delivery-model-engine.ts'

const now = new Date('2026-07-18T06:00:00Z')
const later = (ms: number) => new Date(now.getTime() + ms)
const row: Attempted = {
  reason: null,
  attempts: 0,
  resendUnknown: false,
  idempotent: false,
  expiresAt: later(3_600_000),
}

test('a message is sent only by somebody who leased it, and what is sent stays so', () => {
  assert.deepEqual(originsOf('sent'), ['leased', 'awaiting-human'])
  assert.deepEqual(originsOf('leased'), WAITING)
  for (const final of ['sent', 'skipped', 'superseded', 'expired'] as const) {
    assert.deepEqual(
      DELIVERY_STATES.filter((to) => mayMove(final, to)),
      [],
    )
  }
})

test('what waits can be closed in every way that calls it off, and an operator opens only the dead and the unknown', () => {
  for (const from of WAITING) {
    for (const to of ['leased', 'superseded', 'expired'] as const) assert.ok(mayMove(from, to), `${from} → ${to}`)
  }
  assert.deepEqual(
    FINAL.filter((from) => mayMove(from, 'ready')),
    ['unknown', 'dead'],
  )
})

test('every state either waits, is leased or is counted as an end, and leads somewhere or is one', () => {
  for (const state of DELIVERY_STATES) {
    const kinds = [WAITING.includes(state), FINAL.includes(state), state === 'leased']
    assert.equal(kinds.filter(Boolean).length, 1, state)
    assert.ok(FINAL.includes(state) || DELIVERY_STATES.some((to) => mayMove(state, to)), state)
  }
})

test('sent: counts the attempt and keeps what the platform calls the message', () => {
  assert.deepEqual(decideAfter({ kind: 'sent', messageId: 'm1' }, row, now), {
    state: 'sent',
    attempts: 1,
    platformId: 'm1',
  })
  assert.deepEqual(decideAfter({ kind: 'sent' }, row, now), { state: 'sent', attempts: 1 })
})

test('a task for a person waits under its name', () => {
  const next = decideAfter({ kind: 'awaiting-human', task: 't1', sentence: '待确认' }, row, now)
  assert.deepEqual(next, { state: 'awaiting-human', attempts: 1, platformId: 't1', reason: '待确认' })
})

test('a throttle never costs an attempt, however often it comes', () => {
  let current = row
  for (let time = 0; time < 50; time++) {
    const next = decideAfter(failure('throttled', 'throttled', { until: later(9_000) }), current, now)
    assert.equal(next.state, 'throttled')
    assert.deepEqual(next.readyAt, later(9_000))
    current = { ...current, attempts: next.attempts }
  }
  assert.equal(current.attempts, 0)
  assert.deepEqual(decideAfter(failure('throttled', 'throttled'), row, now).readyAt, later(5_000))
})

test('throttled past its expiry a message expires, still without an attempt', () => {
  const until = row.expiresAt
  const next = decideAfter(failure('throttled', 'throttled', { until }), row, now)
  assert.deepEqual(next, { state: 'expired', attempts: 0, reason: 'throttled' })
})

test('what did not arrive is tried again after 1 s, 5 s, 30 s, 2 min and 5 min, then it is dead', () => {
  const waits: number[] = []
  let current = row
  for (;;) {
    const next = decideAfter(failure('retryable', 'server'), current, now)
    current = { ...current, attempts: next.attempts }
    if (next.state === 'dead') break
    assert.equal(next.state, 'retry')
    waits.push((next.readyAt?.getTime() ?? 0) - now.getTime())
  }
  assert.deepEqual(waits, [1_000, 5_000, 30_000, 120_000, 300_000])
  assert.deepEqual(waits, RETRY_AFTER_MS)
  assert.equal(current.attempts, 6)
})

test('a channel that is away for hours kills nothing: its messages wait until they expire', () => {
  let current = row
  for (let attempt = 0; attempt < 100; attempt++) {
    const next = decideAfter(failure('retryable', 'not-connected'), current, now)
    assert.equal(next.state, 'retry')
    current = { ...current, attempts: next.attempts }
  }
  assert.equal(current.attempts, 0)
  const last = decideAfter(failure('retryable', 'not-connected'), { ...row, expiresAt: later(1_000) }, now)
  assert.equal(last.state, 'expired')
})

test('a retry that would come after the expiry is not waited for', () => {
  const next = decideAfter(failure('retryable', 'server'), { ...row, expiresAt: later(1_000) }, now)
  assert.deepEqual(next, { state: 'expired', attempts: 1, reason: 'server' })
})

test('what the platform refuses for good is dead at once; who blocked us or is gone is skipped', () => {
  assert.deepEqual(decideAfter(failure('permanent', 'refused'), row, now), {
    state: 'dead',
    attempts: 1,
    reason: 'refused',
  })
  assert.equal(decideAfter(failure('permanent', 'blocked'), row, now).state, 'skipped')
  const gone: SendOutcome = { kind: 'failed', failure: { kind: 'permanent', code: 'chat-gone', sentence: '' } }
  assert.deepEqual(decideAfter(gone, row, now), { state: 'skipped', attempts: 1, reason: 'chat-gone' })
})

const timeout = failure('unknown', 'timeout')

test('what may have arrived is held', () => {
  assert.deepEqual(decideAfter(timeout, row, now), { state: 'unknown', attempts: 1, reason: 'timeout' })
})

test('what may have arrived is sent again at once where the channel drops doubles, five times', () => {
  let current: Attempted = { ...row, idempotent: true }
  for (let time = 1; time <= 5; time++) {
    const next = decideAfter(timeout, current, now)
    assert.deepEqual(next, { state: 'ready', attempts: time, reason: IN_DOUBT })
    current = { ...current, ...next, reason: IN_DOUBT }
  }
  assert.equal(decideAfter(timeout, current, now).state, 'unknown')
})

test('what may have arrived and is urgent is sent once more, not twice', () => {
  const first = decideAfter(timeout, { ...row, resendUnknown: true }, now)
  assert.deepEqual(first, { state: 'ready', attempts: 1, reason: IN_DOUBT, resendUnknown: false })
  const second = decideAfter(timeout, { ...row, attempts: 1, reason: IN_DOUBT }, now)
  assert.equal(second.state, 'unknown')
})

test('an abandoned lease is judged like a send that was never answered', () => {
  assert.deepEqual(decideAbandoned(row), { state: 'unknown', attempts: 1, reason: 'crashed' })
  assert.equal(decideAbandoned({ ...row, idempotent: true }).state, 'ready')
  assert.equal(decideAbandoned({ ...row, resendUnknown: true }).resendUnknown, false)
})

test('what may have arrived never ends as if nobody had got it', () => {
  const doubtful = { ...row, reason: IN_DOUBT }
  assert.deepEqual(decideAfter(failure('permanent', 'blocked'), doubtful, now), {
    state: 'unknown',
    attempts: 1,
    reason: 'blocked',
  })
  assert.equal(decideAfter(failure('permanent', 'refused'), doubtful, now).state, 'unknown')
  assert.equal(decideAfter(failure('retryable', 'server'), doubtful, now).reason, IN_DOUBT)
  assert.equal(decideUnsent(doubtful, 'expired').state, 'unknown')
  assert.deepEqual(decideUnsent(doubtful, 'ready'), { state: 'ready', attempts: 0, reason: IN_DOUBT })
  assert.deepEqual(decideUnsent(row, 'skipped', 'no-contact'), { state: 'skipped', attempts: 0, reason: 'no-contact' })
  assert.equal(decideAfter({ kind: 'sent' }, doubtful, now).state, 'sent')
})

test('every outcome leads a leased message along the table, to a time that is not past and before its expiry', () => {
  const outcomes = fc.constantFrom(
    { kind: 'sent' } as const,
    { kind: 'awaiting-human', task: 't', sentence: '' } as const,
    ...(['retryable', 'permanent', 'throttled', 'unknown'] as const).flatMap((kind) =>
      (['server', 'blocked', 'timeout'] as const).map((code) => failure(kind, code)),
    ),
    failure('throttled', 'throttled', { until: later(60_000) }),
  )
  const rows = fc.record({
    reason: fc.constantFrom(null, IN_DOUBT, 'server'),
    attempts: fc.nat(8),
    resendUnknown: fc.boolean(),
    idempotent: fc.boolean(),
    expiresAt: fc.constantFrom(later(1), later(10_000), later(3_600_000)),
  })
  fc.assert(
    fc.property(outcomes, rows, (outcome, attempted) => {
      const next = decideAfter(outcome, attempted, now)
      assert.ok(mayMove('leased', next.state), next.state)
      assert.ok(next.attempts === attempted.attempts || next.attempts === attempted.attempts + 1)
      if (next.readyAt) assert.ok(next.readyAt >= now && next.readyAt < attempted.expiresAt)
      const dead = ['dead', 'skipped', 'expired'].includes(next.state)
      assert.ok(!dead || attempted.reason !== IN_DOUBT)
    }),
    { numRuns: 2_000 },
  )
})
