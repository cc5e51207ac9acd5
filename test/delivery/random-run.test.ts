import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { DeliverySimulation } from '../support/delivery-model.ts'
import { StoreBackend } from '../support/delivery-model-store.ts'
import { describeStores } from '../support/open-test-store.ts'

const STEPS = 300
const LIMIT_MS = 15_000

await describeStores('the store under random events', (getStore) => {
  test('keeps what the model promises', async (context) => {
    const started = performance.now()
    const seed = Number(process.env['DELIVERY_SEED'] ?? Math.floor(Math.random() * 2 ** 31))
    const [numbers = []] = fc.sample(fc.array(fc.noBias(fc.nat(2 ** 31 - 1)), { minLength: STEPS, maxLength: STEPS }), {
      numRuns: 1,
      seed,
    })
    const simulation = new DeliverySimulation(new StoreBackend(getStore()))
    let steps = 0
    try {
      for (const number of numbers) {
        if (performance.now() - started > LIMIT_MS) break
        await simulation.step(number)
        steps++
      }
      await simulation.finish()
    } catch (error) {
      assert.fail(`DELIVERY_SEED=${seed}, step ${steps}: ${String(error)}`)
    }
    const seconds = ((performance.now() - started) / 1_000).toFixed(1)
    context.diagnostic(`${steps} steps in ${seconds} s, seed ${seed}: ${JSON.stringify(simulation.seen)}`)
    assert.ok(simulation.seen.sends > 0)
  })
})
