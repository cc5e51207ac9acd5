import assert from 'node:assert/strict'
import { rmSync } from 'node:fs'
import { test } from 'node:test'

import { readQuestions } from '../../scripts/bench-search.ts'
import { readStartFlags, startService } from '../../scripts/bench-start.ts'
import { runLoad } from '../../scripts/load-generator.ts'
import { createTestDataDir } from '../support/open-test-store.ts'

test('the service started as users start it answers every question of a steady stream, and none of them twice', async () => {
  const dataDir = await createTestDataDir()
  const service = await startService(dataDir, readStartFlags())
  try {
    const report = await runLoad({
      url: service.url,
      perSecond: 20,
      seconds: 4,
      warmUpSeconds: 1,
      questions: readQuestions().slice(0, 60),
    })
    assert.equal(report.sent, 80)
    assert.deepEqual(report.failures, {})
    assert.equal(report.answered, report.sent)
    const outcomes = Object.values(report.outcomes).reduce((sum, count) => sum + count, 0)
    assert.equal(outcomes, report.answered)
    const metrics = await fetch(new URL('metrics', service.url), {
      headers: { authorization: `Bearer ${service.metricsToken}` },
    })
    // Those of the warm-up are counted by the service too.
    const served = /^anxiao_http_requests_total\{method="POST",status="200"\} (\d+)$/m.exec(await metrics.text())?.[1]
    assert.equal(Number(served), 100)
  } finally {
    await service.stop()
    rmSync(dataDir, { recursive: true, force: true })
  }
})
