import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeSync } from 'node:fs'
import { arch, cpus, platform, tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

import { like } from 'drizzle-orm'
import { pino } from 'pino'

import { appendAudit, verifyAudit } from '../src/audit/audit-log.ts'
import { AppError } from '../src/base/errors.ts'
import { openStore } from '../src/store/open-store.ts'
import type { Store } from '../src/store/store.ts'
import { conversation } from '../src/store/tables/conversations.ts'
import { inTransaction } from '../src/store/transaction.ts'

// node scripts/bench-crash.ts --kills 100
// Kills a writing process at random moments and counts what the embedded store still has of what it had promised.

export interface CrashReport {
  kills: number
  killedWhileStarting: number
  acknowledged: number
  lost: number
  /** Committed, but killed before the promise was out. */
  unacknowledged: number
  /** Rounds in which a row had no audit entry or the other way round, or the chain did not verify. */
  torn: number
  /** Second processes tried beside a live one, and those refused with its pid. */
  intruders: number
  refused: number
}

const log = pino({ level: 'silent' })
const self = fileURLToPath(import.meta.url)

export async function runCrashBench(
  kills: number,
  dataDir: string,
  onKill: (report: CrashReport) => void = () => {},
): Promise<CrashReport> {
  const report: CrashReport = {
    kills: 0,
    killedWhileStarting: 0,
    acknowledged: 0,
    lost: 0,
    unacknowledged: 0,
    torn: 0,
    intruders: 0,
    refused: 0,
  }
  const promised = new Set<string>()
  while (report.kills < kills) {
    // Every fifth one dies while it opens the store, that is, during the recovery from the kill before.
    const whileStarting = report.kills % 5 === 4
    const acknowledged = await killWriter(dataDir, report.kills, whileStarting)
    for (const name of acknowledged) promised.add(name)
    report.kills++
    report.killedWhileStarting += whileStarting ? 1 : 0
    report.acknowledged += acknowledged.length
    const store = await openStore({ dataDir, databaseUrl: null }, { log })
    try {
      await check(store, promised, report)
      if (report.kills % 10 === 1) await tryIntruder(dataDir, report)
    } finally {
      await store.close()
    }
    onKill(report)
  }
  return report
}

/** Starts a writer, kills it and returns the rows it had acknowledged. */
async function killWriter(dataDir: string, run: number, whileStarting: boolean): Promise<string[]> {
  const writer = startWriter(dataDir, run)
  const acknowledged: string[] = []
  const ended = new Promise<void>((resolve) => writer.once('close', () => resolve()))
  const ready = new Promise<void>((resolve) => {
    createInterface({ input: writer.stdout }).on('line', (line) => {
      if (line === 'ready') resolve()
      else acknowledged.push(line)
    })
  })
  if (!whileStarting) await Promise.race([ready, ended])
  await wait(Math.random() * (whileStarting ? 600 : 400))
  writer.kill('SIGKILL')
  await ended
  return acknowledged
}

function startWriter(dataDir: string, run: number): ChildProcessByStdio<null, Readable, Readable> {
  return spawn(process.execPath, [self, '--writer', dataDir, `--run=${run}`], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

async function check(store: Store, promised: Set<string>, report: CrashReport): Promise<void> {
  const rows = await store.db.select().from(conversation).where(like(conversation.sessionHash, 'crash-%'))
  const found = new Set(rows.map(({ sessionHash }) => sessionHash))
  for (const name of promised) {
    if (!found.has(name)) {
      report.lost++
      promised.delete(name)
    }
  }
  for (const name of found) {
    if (!promised.has(name)) {
      report.unacknowledged++
      promised.add(name)
    }
  }
  const verdict = await verifyAudit(store.db)
  if (!verdict.ok || verdict.count !== found.size) report.torn++
}

/** A second process must not get in, and must learn whom to look for. */
async function tryIntruder(dataDir: string, report: CrashReport): Promise<void> {
  const intruder = startWriter(dataDir, -1)
  let said = ''
  intruder.stderr.on('data', (chunk) => (said += String(chunk)))
  const code = await new Promise<number | null>((resolve) => intruder.once('close', resolve))
  report.intruders++
  if (code === 3 && said.includes(`process ${process.pid}`)) report.refused++
}

/** Writes rows until it is killed; a line on the output is the promise that the row of that name is kept. */
async function write(dataDir: string, run: number): Promise<void> {
  const store = await openStore({ dataDir, databaseUrl: null }, { log })
  writeSync(1, 'ready\n')
  async function writeRows(lane: number): Promise<void> {
    for (let number = 0; ; number++) {
      const name = `crash-${run}-${lane}-${number}`
      const at = new Date()
      await inTransaction(
        store,
        async (tx) => {
          await tx.insert(conversation).values({ sessionHash: name, state: { text: 'x'.repeat(500) }, updatedAt: at })
          await appendAudit(tx, { at, actor: 'bench', act: 'write', subject: name, detail: { number } })
        },
        { durable: true },
      )
      writeSync(1, `${name}\n`)
    }
  }
  await Promise.all([1, 2, 3].map(writeRows))
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      kills: { type: 'string', default: '100' },
      writer: { type: 'string' },
      run: { type: 'string', default: '0' },
    },
  })
  if (values.writer !== undefined) {
    await write(values.writer, Number(values.run)).catch((error: unknown) => {
      if (!(error instanceof AppError)) throw error
      process.stderr.write(`${error.code}: ${error.message}\n`)
      process.exitCode = 3
    })
    return
  }
  const dataDir = mkdtempSync(join(tmpdir(), 'anxiao-crash-'))
  const kills = Number(values.kills)
  try {
    const report = await runCrashBench(kills, dataDir, (now) => {
      if (now.kills % 10 === 0) console.log(`${now.kills}/${kills} kills, ${now.acknowledged} rows, ${now.lost} lost`)
    })
    console.log(
      `${new Date().toISOString().slice(0, 10)} ${platform()} ${arch()}, ${cpus().length} × ${cpus()[0]?.model}`,
    )
    console.log(JSON.stringify(report, null, 2))
    if (report.lost > 0 || report.torn > 0 || report.refused < report.intruders) process.exitCode = 1
  } finally {
    rmSync(dataDir, { recursive: true, force: true })
  }
}

if (import.meta.main) await main()
