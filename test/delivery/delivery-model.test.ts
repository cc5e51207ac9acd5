import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkModel } from '../support/delivery-model-check.ts'

test('whatever happens in whatever order: nothing is lost, hidden, stuck or sent against a rule', async (context) => {
  const report = await checkModel({ runs: 2_000, stepsPerRun: 500, limitMs: 20_000 })
  const { steps, seconds, seen } = report
  context.diagnostic(`${steps} steps in ${seconds.toFixed(1)} s: ${JSON.stringify(seen)}`)
  assert.equal(report.fault, null)
  // On a machine that is busy with other things the time ends before the steps do.
  assert.ok(steps >= 50_000, `only ${steps} steps`)
  for (const [name, number] of Object.entries(seen)) assert.ok(number > steps / 10_000, `${name}: ${number}`)
})

for (const broken of ['expiry', 'halt', 'call-off', 'chunks', 'token', 'doubt', 'attempts', 'table'] as const) {
  test(`a rule that is broken is found: ${broken}`, async () => {
    const { fault, runs } = await checkModel({ runs: 300, stepsPerRun: 500, limitMs: 10_000, broken })
    assert.notEqual(fault, null, `not found in ${runs} runs`)
  })
}
