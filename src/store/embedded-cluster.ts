import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

import type { Logger } from 'pino'
import { z } from 'zod'

import { newToken } from '../base/ids.ts'
import { lockDataDir } from './data-dir-lock.ts'
import { EmbeddedEngine } from './embedded-engine.ts'
import { finishSwap } from './restore-swap.ts'
import { storeError } from './store-errors.ts'
import { WalFlusher } from './wal-flush.ts'
import type { WorkerStream } from './worker-stream.ts'

export interface EmbeddedCluster {
  /** Whether another engine version wrote this cluster last. */
  readonly engineChanged: boolean
  connect(): WorkerStream
  flush(): Promise<void>
  confirmVersion(version: string): void
  close(): Promise<void>
}

/** Locks `dataDir` and starts the engine on `dataDir/store/cluster`, creating it the first time. */
export async function openEmbeddedCluster(dataDir: string, log: Logger): Promise<EmbeddedCluster> {
  const lock = lockDataDir(dataDir)
  try {
    finishSwap(dataDir)
    const folder = join(dataDir, 'store')
    const clusterFolder = join(folder, 'cluster')
    const noteFile = join(folder, 'engine.json')
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    removeDrafts(folder)
    const noted = findNotedVersion(noteFile)
    if (!existsSync(join(clusterFolder, 'PG_VERSION'))) {
      if (existsSync(clusterFolder)) throw broken(clusterFolder, noted, new Error('PG_VERSION is missing'))
      log.info('creating the embedded database, which takes a few seconds')
      await createCluster(folder, clusterFolder)
    }
    const engine = new EmbeddedEngine(clusterFolder)
    await engine.start().catch((error: unknown) => {
      throw broken(clusterFolder, noted, error)
    })
    const wal = new WalFlusher(clusterFolder)
    return {
      engineChanged: noted !== undefined && noted !== engine.version,
      connect: () => engine.connect(),
      flush: () => wal.flush(),
      confirmVersion: (version) => writeFileSync(noteFile, JSON.stringify({ version }), { mode: 0o600 }),
      close: () => engine.close().finally(() => lock.release()),
    }
  } catch (error) {
    lock.release()
    throw error
  }
}

const draftPrefix = 'new-'

function removeDrafts(folder: string): void {
  for (const name of readdirSync(folder)) {
    if (name.startsWith(draftPrefix)) rmSync(join(folder, name), { recursive: true, force: true })
  }
}

const clusterScript = fileURLToPath(new URL('./create-cluster.ts', import.meta.url))

/**
 * Makes the cluster beside its place and moves it there, so that a killed first start leaves nothing half made.
 * A process of its own, as this needs 0.5 GB for two seconds; --liftoff-only keeps it from needing 1 GB for three.
 */
async function createCluster(folder: string, clusterFolder: string): Promise<void> {
  const draft = join(folder, `${draftPrefix}${newToken()}`)
  try {
    await promisify(execFile)(process.execPath, ['--liftoff-only', clusterScript, draft], { timeout: 120_000 })
  } catch (cause) {
    throw storeError('store-unavailable', `the embedded database cannot be created in ${folder}`, { cause })
  }
  renameSync(draft, clusterFolder)
}

const engineNote = z.object({ version: z.string() })

function findNotedVersion(noteFile: string): string | undefined {
  if (!existsSync(noteFile)) return undefined
  try {
    return engineNote.parse(JSON.parse(readFileSync(noteFile, 'utf8'))).version
  } catch {
    return 'a version that cannot be read any more'
  }
}

function broken(folder: string, noted: string | undefined, cause: unknown): Error {
  const writer = noted === undefined ? '' : ` (last written by ${noted})`
  const why = cause instanceof Error ? cause.message : String(cause)
  return storeError('store-unavailable', `the embedded database in ${folder} cannot be opened${writer}: ${why}`, {
    cause,
  })
}
