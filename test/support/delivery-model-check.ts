import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import * as fc from 'fast-check'
import { DeliverySimulation, MemoryBackend, type BrokenRule } from './delivery-model.ts'

/** How much is simulated; `broken`: with one rule switched off. */
interface ModelCheck {
  runs: number
  stepsPerRun: number
  limitMs: number
  broken?: BrokenRule
}

interface ModelReport {
  /** What went wrong first, with the events that lead to it. */
  fault: string | null
  runs: number
  steps: number
  seconds: number
  seen: DeliverySimulation['seen']
}

/** Checks the model in a thread of its own: inside a test every promise is tracked, which is five times slower. */
export function checkModel(check: ModelCheck): Promise<ModelReport> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL(import.meta.url), { workerData: check })
    worker.once('message', resolve)
    worker.once('error', reject)
  })
}

async function runCheck({ runs, stepsPerRun, limitMs, broken }: ModelCheck): Promise<ModelReport> {
  const started = performance.now()
  const seen: ModelReport['seen'] = { sends: 0, doubles: 0, crashes: 0, calledOff: 0, expired: 0, inDoubt: 0 }
  let steps = 0
  // Each number is one event; those that a counterexample does not need become 0, which is none.
  const events = fc.array(fc.noBias(fc.nat(2 ** 31 - 1)), { minLength: stepsPerRun, maxLength: stepsPerRun })
  const property = fc.asyncProperty(events, async (numbers) => {
    const simulation = new DeliverySimulation(new MemoryBackend(broken))
    for (const number of numbers) await simulation.step(number)
    await simulation.finish()
    steps += numbers.length
    seen.sends += simulation.seen.sends
    seen.doubles += simulation.seen.doubles
    seen.crashes += simulation.seen.crashes
    seen.calledOff += simulation.seen.calledOff
    seen.expired += simulation.seen.expired
    seen.inDoubt += simulation.seen.inDoubt
  })
  const result = await fc.check(property, {
    numRuns: runs,
    interruptAfterTimeLimit: limitMs,
    endOnFailure: broken !== undefined,
  })
  const numbers = result.counterexample?.[0].filter((number) => number !== 0)
  const fault = `seed ${result.seed}, events ${JSON.stringify(numbers)}: ${String(result.errorInstance)}`
  return {
    fault: result.failed && numbers ? fault : null,
    runs: result.numRuns,
    steps,
    seconds: (performance.now() - started) / 1_000,
    seen,
  }
}

if (!isMainThread) {
  const report = await runCheck(workerData as ModelCheck)
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
  parentPort?.postMessage(report)
}
