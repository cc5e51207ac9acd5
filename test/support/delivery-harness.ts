import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'

import { pino } from 'pino'

import { chatName, type WorkerCommand, type WorkerPlan } from '../../scripts/delivery-worker.ts'
import { createSealer } from '../../src/people/sealer.ts'
import { readSecretKey } from '../../src/people/secret-key.ts'
import { openStore } from '../../src/store/open-store.ts'
import type { Store } from '../../src/store/store.ts'
import { contact } from '../../src/store/tables/people.ts'

const program = fileURLToPath(new URL('../../scripts/delivery-worker.ts', import.meta.url))

/** Workers start often: what Node makes of our files is kept between their starts. */
const compileCache = join(tmpdir(), 'anxiao-delivery-workers')

export interface StorePlace {
  dataDir: string
  databaseUrl: string | null
}

export const quietLog = pino({ level: 'silent' })

export async function withStore<T>(place: StorePlace, work: (store: Store) => Promise<T>): Promise<T> {
  const store = await openStore(place, { log: quietLog })
  try {
    return await work(store)
  } finally {
    await store.close()
  }
}

/** Groups that a release can be sent to, all of them known. */
export async function addChats(place: StorePlace, chats: number): Promise<void> {
  const sealer = createSealer(readSecretKey(place.dataDir), 'contacts')
  await withStore(place, async ({ db }) => {
    const seenAt = new Date()
    const batch = 1_000
    for (let from = 0; from < chats; from += batch) {
      const rows = Array.from({ length: Math.min(batch, chats - from) }, (_, number) => {
        const name = chatName(from + number)
        return {
          pseudonym: name,
          kind: 'group' as const,
          channel: 'telegram',
          sealed: sealer.seal(name, { chatId: name }),
          seenAt,
        }
      })
      await db.insert(contact).values(rows).onConflictDoNothing()
    }
  })
}

/** A worker process, until it ends or is killed. */
export class DeliveryWorker {
  readonly startedAt = performance.now()
  /** Rows under way when the process before it died; rejects when this one dies before it says so. */
  readonly ready: Promise<{ leased: number }>
  readonly ended: Promise<void>
  readonly released = new Set<string>()
  #child: ChildProcessByStdio<Writable, Readable, null>
  #asked = new Map<number, { resolve: (result: unknown) => void; reject: (error: Error) => void }>()
  #count = 0

  constructor(plan: WorkerPlan, nodeFlags: readonly string[] = []) {
    this.#child = spawn(process.execPath, [...nodeFlags, program, JSON.stringify(plan)], {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { ...process.env, NODE_COMPILE_CACHE: compileCache },
    })
    // Its input breaks when it dies.
    this.#child.stdin.on('error', () => {})
    const ready = Promise.withResolvers<{ leased: number }>()
    this.ready = ready.promise
    this.ready.catch(() => {})
    const output = createInterface({ input: this.#child.stdout })
    output.on('line', (line) => {
      const said = JSON.parse(line) as {
        ready?: true
        leased?: number
        released?: string
        id?: number
        result?: unknown
        error?: string
      }
      if (said.ready) ready.resolve({ leased: said.leased ?? 0 })
      if (said.released !== undefined) this.released.add(said.released)
      if (said.id === undefined) return
      const asked = this.#asked.get(said.id)
      this.#asked.delete(said.id)
      if (said.error === undefined) asked?.resolve(said.result)
      else asked?.reject(new Error(said.error))
    })
    this.ended = new Promise((resolve) => {
      this.#child.once('close', () => {
        const gone = new Error('the worker ended')
        ready.reject(gone)
        for (const { reject } of this.#asked.values()) reject(gone)
        this.#asked.clear()
        resolve()
      })
    })
  }

  /** The answer is of the command's kind; see the worker. */
  async ask(command: WorkerCommand): Promise<unknown> {
    const id = this.#count++
    const { promise, resolve, reject } = Promise.withResolvers<unknown>()
    promise.catch(() => {})
    this.#asked.set(id, { resolve, reject })
    this.#child.stdin.write(`${JSON.stringify({ id, command })}\n`)
    return promise
  }

  get alive(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.ended
  }

  async stop(): Promise<void> {
    if (!this.alive) return
    await this.ask({ do: 'stop' }).catch(() => undefined)
    await this.ended
  }
}
