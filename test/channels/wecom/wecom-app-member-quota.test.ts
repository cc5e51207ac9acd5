import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createMemberQuota } from '../../../src/channels/wecom/wecom-app-member-quota.ts'
import { PLATFORM_LIMITS } from '../../../src/channels/platform-limits.ts'
import { FakeClock } from '../../support/fake-clock.ts'

const start = '2026-11-22T01:00:00Z'

test('a thousand messages an hour are let through, the next one waits for the first to be an hour old', () => {
  const clock = new FakeClock(start)
  const quota = createMemberQuota(PLATFORM_LIMITS['wecom-app'].rates, clock)
  for (let i = 0; i < 1000; i++) {
    assert.equal(quota.findWait('wang'), undefined)
    quota.count('wang')
    clock.advance(3000)
  }
  assert.deepEqual(quota.findWait('wang'), new Date('2026-11-22T02:00:00Z'))
  assert.equal(quota.findWait('li'), undefined)
  clock.set('2026-11-22T02:00:00Z')
  assert.equal(quota.findWait('wang'), undefined)
})

test('one that is taken back makes room', () => {
  const clock = new FakeClock(start)
  const quota = createMemberQuota([{ per: 'member', count: 2, windowMs: 60_000 }], clock)
  quota.count('wang')
  const takeBack = quota.count('wang')
  assert.deepEqual(quota.findWait('wang'), new Date('2026-11-22T01:01:00Z'))
  takeBack()
  assert.equal(quota.findWait('wang'), undefined)
})
