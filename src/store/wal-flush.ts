import { open, readdir } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * Flushes the write-ahead log of a cluster folder to the disk; PGlite itself never does. Callers that arrive while
 * a flush runs share the one after it, as theirs may have missed their commit.
 */
export class WalFlusher {
  readonly #folder: string
  #running: Promise<void> | undefined
  #next: Promise<void> | undefined

  constructor(clusterFolder: string) {
    this.#folder = join(clusterFolder, 'pg_wal')
  }

  flush(): Promise<void> {
    if (this.#running === undefined) {
      this.#running = flushFolder(this.#folder).finally(() => (this.#running = undefined))
      return this.#running
    }
    this.#next ??= this.#running
      .catch(() => undefined)
      .then(() => {
        this.#next = undefined
        return this.flush()
      })
    return this.#next
  }
}

async function flushFolder(folder: string): Promise<void> {
  const segments = (await readdir(folder)).filter((name) => /^[0-9A-F]{24}$/.test(name))
  await Promise.all(segments.map((name) => flushPath(join(folder, name))))
  await flushPath(folder)
}

async function flushPath(path: string): Promise<void> {
  // Segments are recycled by renaming: one that has gone since needs no flush.
  const handle = await open(path, 'r').catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  })
  if (handle === undefined) return
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
