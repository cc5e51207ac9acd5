import assert from 'node:assert/strict'
import { rmSync } from 'node:fs'
import { test } from 'node:test'

import { runCrashBench } from '../../scripts/bench-crash.ts'
import { createTestDataDir } from '../support/open-test-store.ts'

test('a process killed at any moment loses no acknowledged row, and only the next one may take its place', async () => {
  const dataDir = await createTestDataDir()
  const report = await runCrashBench(8, dataDir)
  rmSync(dataDir, { recursive: true, force: true })
  assert.equal(report.lost, 0)
  assert.equal(report.torn, 0)
  assert.ok(report.acknowledged > 0)
  assert.equal(report.intruders, 1)
  assert.equal(report.refused, report.intruders)
})
