import assert from 'node:assert/strict'
import { rmSync } from 'node:fs'
import { test } from 'node:test'

import { CRASH_POINTS, MOST_IN_FLIGHT, runCrashes, type CrashReport } from '../support/delivery-crashes.ts'
import { createTestDataDir } from '../support/open-test-store.ts'

async function crash(idempotent: boolean): Promise<CrashReport> {
  const dataDir = await createTestDataDir()
  try {
    const points = idempotent ? CRASH_POINTS.slice(3) : CRASH_POINTS.slice(0, 3)
    return await runCrashes({ points, kills: 3, rows: 300, idempotent, place: { dataDir, databaseUrl: null }, seed: 3 })
  } finally {
    rmSync(dataDir, { recursive: true, force: true })
  }
}

test('a process killed at a named point loses no message, and doubles at most what was under way', async () => {
  const report = await crash(false)
  assert.deepEqual(Object.keys(report.killedAt), ['leased', 'before-send', 'after-send'])
  assert.equal(report.lost, 0)
  assert.ok(report.conserved)
  assert.ok(report.duplicated <= report.inFlight)
  assert.ok(report.mostOfOne <= 2)
  assert.ok(report.mostInFlight <= MOST_IN_FLIGHT)
})

test('where the channel drops keys that come again, a killed process neither loses nor doubles', async () => {
  const report = await crash(true)
  assert.deepEqual(Object.keys(report.killedAt), ['before-settle', 'settled', 'chunk-planned'])
  assert.equal(report.lost, 0)
  assert.ok(report.conserved)
  assert.equal(report.duplicated, 0)
  assert.deepEqual(Object.keys(report.byState), ['sent'])
})
