// node scripts/bench-start.ts: how long the real service takes until its ready line and how much memory it holds,
// with the shipped seeds, at the first start and at a second one.
// --quick reads the memory 10 s after ready instead of 60 s · --node-flags="…" in place of those of npm start · --json
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { randomBytes, randomUUID } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { platform, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { parseArgs } from 'node:util'

import { max } from 'drizzle-orm'
import { pino } from 'pino'

import packageJson from '../package.json' with { type: 'json' }
import { CONTENT_SCHEMAS, hashContent } from '../src/knowledge/item.ts'
import { openStore } from '../src/store/open-store.ts'
import { knowledgeItem, knowledgeVersion } from '../src/store/tables/knowledge.ts'
import { inTransaction } from '../src/store/transaction.ts'
import { buildSyntheticItems, describeMachine, round } from './bench-search.ts'

const ROOT = join(import.meta.dirname, '..')
const START_CAP_MS = 120_000
const ROWS_PER_INSERT = 500

export interface RunningService {
  pid: number
  url: string
  metricsToken: string
  /** From spawning the process to its ready line. */
  readyMs: number
  readyProcessorMs: number | null
  stop(): Promise<void>
}

/** The flags that npm start gives to Node. */
export function readStartFlags(): string[] {
  const [, flags = ''] = /\bnode (.*?)\s*src\/main\.ts$/.exec(packageJson.scripts.start) ?? []
  return flags.split(' ').filter((flag) => flag !== '')
}

/** Starts the service on a free port of loopback with its limits off. Throws with its output when it does not come up. */
export async function startService(dataDir: string, flags: readonly string[]): Promise<RunningService> {
  return start(process.execPath, [...flags, 'src/main.ts'], dataDir)
}

async function start(command: string, args: readonly string[], dataDir: string): Promise<RunningService> {
  const metricsToken = randomBytes(16).toString('hex')
  const started = performance.now()
  const child = spawn(command, args, {
    cwd: ROOT,
    env: {
      PATH: process.env['PATH'],
      HOME: process.env['HOME'],
      TZ: 'UTC',
      PORT: '0',
      RATE_LIMITS: 'off',
      DATA_DIR: dataDir,
      METRICS_TOKEN: metricsToken,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  const url = await new Promise<string>((resolve, reject) => {
    const giveUp = setTimeout(() => child.kill('SIGKILL'), START_CAP_MS)
    const read = (part: Buffer) => {
      // What comes later is only kept from filling the pipe.
      if (output.length < 10_000) output += part.toString()
      const found = /安晓已就绪：.*?(http:\/\/\S+\/)/.exec(output)?.[1]
      if (found === undefined) return
      clearTimeout(giveUp)
      resolve(found)
    }
    child.stdout.on('data', read)
    child.stderr.on('data', read)
    child.once('error', reject)
    child.once('close', (code) => reject(new Error(`the service ended with ${code} before it was ready: ${output}`)))
  })
  const readyMs = performance.now() - started
  const pid = child.pid ?? 0
  return { pid, url, metricsToken, readyMs, readyProcessorMs: readProcessorMs(pid), stop: () => stop(child) }
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()))
  child.kill('SIGTERM')
  const giveUp = setTimeout(() => child.kill('SIGKILL'), 20_000)
  await ended
  clearTimeout(giveUp)
}

/** Resident memory now and its highest value so far, in MB; the latter is known on Linux only. */
export function readMemory(pid: number): { rssMb: number; peakMb: number | null } {
  if (platform() !== 'linux') {
    const kilobytes = Number(execFileSync('ps', ['-o', 'rss=', '-p', String(pid)]).toString())
    return { rssMb: round(kilobytes / 1024, 0), peakMb: null }
  }
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const read = (name: string) => round(Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1]) / 1024, 0)
  return { rssMb: read('VmRSS'), peakMb: read('VmHWM') }
}

/** User and system time of all threads; known on Linux only. */
export function readProcessorMs(pid: number): number | null {
  if (platform() !== 'linux') return null
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  const ticksPerSecond = Number(execFileSync('getconf', ['CLK_TCK']).toString())
  return ((Number(fields[11]) + Number(fields[12])) / ticksPerSecond) * 1000
}

/** Adds published local versions with synthetic texts to the store of a service that has run and does not run now. */
export async function insertSyntheticItems(dataDir: string, documents: number): Promise<void> {
  const items = await buildSyntheticItems(documents)
  const log = pino({ level: 'error' })
  const store = await openStore({ dataDir, databaseUrl: null }, { log })
  try {
    const used = await store.db
      .select({ kind: knowledgeItem.kind, last: max(knowledgeItem.number) })
      .from(knowledgeItem)
      .groupBy(knowledgeItem.kind)
    const numbers = new Map<string, number>(used.map(({ kind, last }) => [kind, last ?? 0]))
    const now = new Date()
    const rows = items.map(({ kind, slug, content: unchecked }) => {
      const content = CONTENT_SCHEMAS[kind].parse(unchecked)
      const number = (numbers.get(kind) ?? 0) + 1
      numbers.set(kind, number)
      return {
        item: { kind, slug, number, createdAt: now },
        version: {
          id: randomUUID(),
          kind,
          slug,
          version: 1,
          origin: 'local' as const,
          state: 'published' as const,
          content,
          contentHash: hashContent(content),
          review: 'source-checked',
          region: content.region ?? null,
          validUntil: 'validUntil' in content ? content.validUntil : '9999-12-31',
          createdAt: now,
          publishedAt: now,
        },
      }
    })
    await inTransaction(
      store,
      async (tx) => {
        for (let at = 0; at < rows.length; at += ROWS_PER_INSERT) {
          const part = rows.slice(at, at + ROWS_PER_INSERT)
          await tx.insert(knowledgeItem).values(part.map(({ item }) => item))
          await tx.insert(knowledgeVersion).values(part.map(({ version }) => version))
        }
      },
      { durable: true },
    )
  } finally {
    await store.close()
  }
}

export interface StartReport {
  flags: string
  firstReadyMs: number
  firstPeakMb: number | null
  secondReadyMs: number
  /** Processor time of all threads until then. */
  secondReadyProcessorMs: number | null
  /** The same start again through npm. */
  npmStartReadyMs: number
  idleSeconds: number
  secondRssMb: number
  secondPeakMb: number | null
}

/** Starts the service with the shipped seeds in an empty data directory, again, and again through npm. */
export async function measureStarts(dataDir: string, flags: readonly string[], quick: boolean): Promise<StartReport> {
  const first = await startService(dataDir, flags)
  await wait(1_000)
  const { peakMb: firstPeakMb } = readMemory(first.pid)
  await first.stop()
  const second = await startService(dataDir, flags)
  const idleSeconds = quick ? 10 : 60
  await wait(idleSeconds * 1_000)
  const memory = readMemory(second.pid)
  await second.stop()
  const viaNpm = await start('npm', ['start', '--silent'], dataDir)
  await viaNpm.stop()
  return {
    flags: flags.join(' '),
    firstReadyMs: round(first.readyMs, 0),
    firstPeakMb,
    secondReadyMs: round(second.readyMs, 0),
    secondReadyProcessorMs: second.readyProcessorMs,
    npmStartReadyMs: round(viaNpm.readyMs, 0),
    idleSeconds,
    secondRssMb: memory.rssMb,
    secondPeakMb: memory.peakMb,
  }
}

export function printStarts(report: StartReport): void {
  console.log(`Node flags                          ${report.flags || 'none'}`)
  console.log(
    `first start, empty data directory   ready after ${report.firstReadyMs} ms, peak memory ${report.firstPeakMb ?? 'unknown'} MB`,
  )
  console.log(
    `second start                        ready after ${report.secondReadyMs} ms (processor ${report.secondReadyProcessorMs ?? 'unknown'} ms), memory ${report.idleSeconds} s later ${report.secondRssMb} MB (peak ${report.secondPeakMb ?? 'unknown'} MB)`,
  )
  console.log(`the same through npm start          ready after ${report.npmStartReadyMs} ms`)
}

/** Runs `work` with a data directory that exists only as long. */
export async function withDataDir<T>(work: (dataDir: string) => Promise<T>): Promise<T> {
  const dataDir = mkdtempSync(join(tmpdir(), 'anxiao-bench-'))
  try {
    return await work(dataDir)
  } finally {
    rmSync(dataDir, { recursive: true, force: true })
  }
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      quick: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      'node-flags': { type: 'string' },
    },
  })
  const flags = values['node-flags']?.split(' ').filter((flag) => flag !== '') ?? readStartFlags()
  const machine = describeMachine()
  const report = await withDataDir((dataDir) => measureStarts(dataDir, flags, values.quick))
  if (values.json) return console.log(JSON.stringify({ machine, ...report }, null, 2))
  console.log(machine)
  printStarts(report)
}

if (import.meta.main) await main()
