// npm run bench:http: the real service with 10 000 documents under open-loop load from a second process.
// --find searches the highest rate whose p99 stays within 50 ms · --rate 300 --seconds 60 --documents 10000
// --quick shortens the wait before the memory is read · --skip-starts leaves the starts with the shipped seeds out
// --node-flags="…" in place of those of npm start · --json
import { parseArgs } from 'node:util'

import { describeMachine, quantile, readQuestions, round, shuffle } from './bench-search.ts'
import {
  insertSyntheticItems,
  measureStarts,
  printStarts,
  readMemory,
  readProcessorMs,
  readStartFlags,
  startService,
  withDataDir,
  type RunningService,
  type StartReport,
} from './bench-start.ts'
import { runLoad, type LoadReport } from './load-generator.ts'

const GOAL_P99_MS = 50
/** Long enough for every question to have been asked once, at most this. */
const WARM_UP_MAX_SECONDS = 15
const ALONE_QUESTIONS = 400
const FIND_FROM_PER_SECOND = 100
const FIND_TO_PER_SECOND = 1600
const FIND_STEP_SECONDS = 10
const FIND_MAX_STEPS = 9
/** The search ends when the rate that held and the one that did not are this near. */
const FIND_NEAR = 1.1

interface LoadedReport {
  documents: number
  readyMs: number
  readyProcessorMs: number | null
  readyRssMb: number
  /** The first questions after the start, one at a time, and the same ones again after the load. */
  aloneColdMs: { p50: number; p99: number }
  aloneWarmMs: { p50: number; p99: number }
  load: LoadReport
  /** What the service itself measured while under load, from its histogram. */
  serviceMs: { mean: number; p50: number; p99: number } | null
  /** Processor time of the whole process for one question, its store's thread included; Linux only. */
  processorMsPerQuestion: number | null
  loadedRssMb: number
  peakMb: number | null
  found: { perSecond: number | null; steps: { perSecond: number; p99: number; failed: number }[] } | null
}

async function measureLoaded(
  dataDir: string,
  set: { documents: number; perSecond: number; seconds: number; find: boolean; flags: readonly string[] },
): Promise<LoadedReport> {
  await insertSyntheticItems(dataDir, set.documents)
  const service = await startService(dataDir, set.flags)
  try {
    const { rssMb: readyRssMb } = readMemory(service.pid)
    const questions = shuffle(readQuestions())
    const documents = Number(/^anxiao_search_documents (\d+)/m.exec(await readMetrics(service))?.[1] ?? NaN)
    const aloneColdMs = await askOneByOne(service, questions.slice(0, ALONE_QUESTIONS))
    const before = { buckets: readBuckets(await readMetrics(service)), processorMs: readProcessorMs(service.pid) }
    const { perSecond, seconds } = set
    const warmUpSeconds = Math.min(WARM_UP_MAX_SECONDS, Math.ceil(questions.length / perSecond))
    const load = await runLoad({ url: service.url, perSecond, seconds, warmUpSeconds, questions })
    const processorMs = readProcessorMs(service.pid)
    const serviceMs = compareBuckets(before.buckets, readBuckets(await readMetrics(service)))
    const memory = readMemory(service.pid)
    const questionsAsked = perSecond * (seconds + warmUpSeconds)
    const aloneWarmMs = await askOneByOne(service, questions.slice(0, ALONE_QUESTIONS))
    return {
      documents,
      readyMs: round(service.readyMs, 0),
      readyProcessorMs: service.readyProcessorMs,
      readyRssMb,
      aloneColdMs,
      aloneWarmMs,
      load,
      serviceMs,
      processorMsPerQuestion:
        processorMs === null || before.processorMs === null
          ? null
          : round((processorMs - before.processorMs) / questionsAsked, 2),
      loadedRssMb: memory.rssMb,
      peakMb: memory.peakMb,
      found: set.find ? await findHighestRate(service, questions) : null,
    }
  } finally {
    await service.stop()
  }
}

async function askOneByOne(
  service: RunningService,
  questions: readonly string[],
): Promise<{ p50: number; p99: number }> {
  const times: number[] = []
  for (const text of questions) {
    const start = performance.now()
    const response = await fetch(new URL('api/ask', service.url), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ text }),
      signal: AbortSignal.timeout(10_000),
    })
    await response.text()
    if (!response.ok) throw new Error(`a single question got status ${response.status}`)
    times.push(performance.now() - start)
  }
  return { p50: round(quantile(times, 0.5), 2), p99: round(quantile(times, 0.99), 2) }
}

/** Doubles the rate until it does not hold any more, then halves the gap. */
async function findHighestRate(
  service: RunningService,
  questions: string[],
): Promise<NonNullable<LoadedReport['found']>> {
  const steps: NonNullable<LoadedReport['found']>['steps'] = []
  let held: number | null = null
  let failed: number | null = null
  let perSecond = FIND_FROM_PER_SECOND
  while (steps.length < FIND_MAX_STEPS) {
    const report = await runLoad({
      url: service.url,
      perSecond,
      seconds: FIND_STEP_SECONDS,
      warmUpSeconds: 2,
      questions,
    })
    const lost = report.sent - report.answered
    steps.push({ perSecond, p99: report.latencyMs.p99, failed: lost })
    if (lost === 0 && report.latencyMs.p99 <= GOAL_P99_MS) held = perSecond
    else failed = perSecond
    if (failed === null && perSecond >= FIND_TO_PER_SECOND) break
    if (failed !== null && held !== null && failed / held <= FIND_NEAR) break
    perSecond = failed === null ? perSecond * 2 : Math.round(held === null ? failed / 2 : (held + failed) / 2)
    if (perSecond < 10) break
  }
  return { perSecond: held, steps }
}

async function readMetrics(service: RunningService): Promise<string> {
  const response = await fetch(new URL('metrics', service.url), {
    headers: { authorization: `Bearer ${service.metricsToken}` },
  })
  if (!response.ok) throw new Error(`/metrics got status ${response.status}`)
  return response.text()
}

interface Buckets {
  /** Requests at or below each bound, by bound in seconds, the last one infinite. */
  counts: { bound: number; count: number }[]
  sumSeconds: number
}

function readBuckets(metrics: string): Buckets {
  const lines = metrics.matchAll(/^anxiao_http_request_seconds_bucket\{le="([^"]+)"\} (\d+)/gm)
  return {
    counts: [...lines].map(([, bound, count]) => ({
      bound: bound === '+Inf' ? Infinity : Number(bound),
      count: Number(count),
    })),
    sumSeconds: Number(/^anxiao_http_request_seconds_sum (\S+)/m.exec(metrics)?.[1] ?? NaN),
  }
}

/** What lies between two readings; a quantile is interpolated inside its bucket, as Prometheus does. */
function compareBuckets(before: Buckets, after: Buckets): LoadedReport['serviceMs'] {
  const counts = after.counts.map(({ bound, count }, at) => ({ bound, count: count - (before.counts[at]?.count ?? 0) }))
  const total = counts.at(-1)?.count ?? 0
  if (total === 0) return null
  const read = (share: number) => {
    let lower = { bound: 0, count: 0 }
    for (const bucket of counts) {
      if (bucket.count >= share * total) {
        if (bucket.bound === Infinity) return round(lower.bound * 1000, 1)
        const inside = (share * total - lower.count) / (bucket.count - lower.count)
        return round((lower.bound + (bucket.bound - lower.bound) * inside) * 1000, 1)
      }
      lower = bucket
    }
    return NaN
  }
  const mean = ((after.sumSeconds - before.sumSeconds) / total) * 1000
  return { mean: round(mean, 2), p50: read(0.5), p99: read(0.99) }
}

function print(report: { machine: string; starts: StartReport | null; loaded: LoadedReport }): void {
  const { starts, loaded } = report
  const { load } = loaded
  console.log(report.machine)
  if (starts) printStarts(starts)
  console.log(
    `start with ${loaded.documents} documents         ready after ${loaded.readyMs} ms (processor ${loaded.readyProcessorMs ?? 'unknown'} ms), memory ${loaded.readyRssMb} MB`,
  )
  const { aloneColdMs: cold, aloneWarmMs: warm } = loaded
  console.log(`one at a time right after the start p50 ${cold.p50} ms, p99 ${cold.p99} ms`)
  console.log(`one at a time after the load        p50 ${warm.p50} ms, p99 ${warm.p99} ms`)
  console.log(
    `${load.perSecond}/s for ${load.seconds} s                     p50 ${load.latencyMs.p50} ms, p90 ${load.latencyMs.p90} ms, p99 ${load.latencyMs.p99} ms, max ${load.latencyMs.max} ms`,
  )
  console.log(
    `                                    ${load.sent} sent, ${load.answered} answered, failures ${JSON.stringify(load.failures)}, generator late p99 ${load.sentLateP99Ms} ms`,
  )
  console.log(`                                    ${JSON.stringify(load.outcomes)}`)
  if (loaded.serviceMs)
    console.log(
      `time inside the service             mean ${loaded.serviceMs.mean} ms, p50 ${loaded.serviceMs.p50} ms, p99 ${loaded.serviceMs.p99} ms`,
    )
  if (loaded.processorMsPerQuestion !== null)
    console.log(`processor time per question         ${loaded.processorMsPerQuestion} ms`)
  console.log(`memory after the load               ${loaded.loadedRssMb} MB (peak ${loaded.peakMb ?? 'unknown'} MB)`)
  if (!loaded.found) return
  for (const { perSecond, p99, failed } of loaded.found.steps)
    console.log(`  ${String(perSecond).padStart(5)}/s  p99 ${p99} ms${failed > 0 ? `, ${failed} not answered` : ''}`)
  console.log(
    loaded.found.perSecond === null
      ? `no rate kept p99 within ${GOAL_P99_MS} ms`
      : `highest rate with p99 ≤ ${GOAL_P99_MS} ms       ${loaded.found.perSecond}/s`,
  )
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      rate: { type: 'string', default: '300' },
      seconds: { type: 'string', default: '60' },
      documents: { type: 'string', default: '10000' },
      find: { type: 'boolean', default: false },
      quick: { type: 'boolean', default: false },
      'skip-starts': { type: 'boolean', default: false },
      'node-flags': { type: 'string' },
      json: { type: 'boolean', default: false },
    },
  })
  const flags = values['node-flags']?.split(' ').filter((flag) => flag !== '') ?? readStartFlags()
  const machine = describeMachine()
  const report = await withDataDir(async (dataDir) => {
    const starts = values['skip-starts'] ? null : await measureStarts(dataDir, flags, values.quick)
    // The store has to know the shipped items before others are put beside them.
    if (!starts) await (await startService(dataDir, flags)).stop()
    const loaded = await measureLoaded(dataDir, {
      documents: Number(values.documents),
      perSecond: Number(values.rate),
      seconds: Number(values.seconds),
      find: values.find,
      flags,
    })
    return { machine, flags: flags.join(' '), starts, loaded }
  })
  if (values.json) console.log(JSON.stringify({ ...report, loadAtEnd: describeMachine() }, null, 2))
  else print(report)
}

if (import.meta.main) await main()
