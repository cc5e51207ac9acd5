import { Worker } from 'node:worker_threads'

import type { EmbeddedWorkerData, FromWorker, ToWorker } from './embedded-protocol.ts'
import { storeError } from './store-errors.ts'
import { WorkerStream } from './worker-stream.ts'

/** No statement of ours comes near; the engine cannot cancel one, so a hung thread is ended and the next query starts anew. */
const replyTimeoutMs = 60_000

interface Waiting {
  resolve: (message: FromWorker) => void
  reject: (error: Error) => void
  timer: NodeJS.Timeout
}

/** PGlite in its own thread. When the thread dies, queries are refused and the next connection starts another one. */
export class EmbeddedEngine {
  readonly #folder: string
  #current: Worker | undefined
  #running: Promise<Worker> | undefined
  #waiting: Waiting[] = []
  #closed = false
  version = ''

  constructor(folder: string) {
    this.#folder = folder
  }

  async start(): Promise<void> {
    await this.#worker()
  }

  connect(): WorkerStream {
    // A session lives in one thread: only a new connection may start the next one.
    let session: Worker | undefined
    return new WorkerStream({
      open: async () => {
        if (this.#closed) throw storeError('store-unavailable', 'the store is closed')
        session = await this.#worker()
        await this.#ask(session, { kind: 'open-session' })
      },
      request: (message) => this.#ask(session, message),
    })
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    const worker = await this.#running?.catch(() => undefined)
    if (worker === undefined) return
    // A failed shutdown is what crash recovery is for.
    await this.#ask(worker, { kind: 'shut-down' }).catch(() => undefined)
    await worker.terminate()
  }

  #worker(): Promise<Worker> {
    this.#running ??= this.#startWorker()
    return this.#running
  }

  async #startWorker(): Promise<Worker> {
    const workerData: EmbeddedWorkerData = { folder: this.#folder }
    const worker = new Worker(new URL('./embedded-worker.ts', import.meta.url), { workerData, execArgv: [] })
    this.#current = worker
    worker.on('message', (message: FromWorker) => {
      if (message.kind === 'failed') this.#end(worker, message.message)
      else this.#settle(worker, message)
    })
    worker.on('error', (error: Error) => this.#end(worker, error.message))
    worker.on('exit', () => this.#end(worker, 'its thread stopped'))
    const message = await this.#await(worker)
    if (message.kind === 'ready') this.version = message.version
    // The thread must not keep a process alive that has nothing else to do.
    worker.unref()
    return worker
  }

  async #ask(worker: Worker | undefined, message: ToWorker): Promise<FromWorker> {
    if (worker === undefined || worker !== this.#current) throw engineFailed('its thread stopped')
    const reply = this.#await(worker)
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- threads have no origin
    worker.postMessage(message)
    return reply
  }

  /** The thread answers in order, so the oldest waiter gets the next message. */
  #await(worker: Worker): Promise<FromWorker> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.#end(worker, `no answer within ${replyTimeoutMs / 1000} s`), replyTimeoutMs)
      this.#waiting.push({ resolve, reject, timer })
    })
  }

  #settle(worker: Worker, message: FromWorker): void {
    if (worker !== this.#current) return
    const waiting = this.#waiting.shift()
    if (waiting === undefined) return
    clearTimeout(waiting.timer)
    waiting.resolve(message)
  }

  /** Gives the thread up; whatever it still says or does afterwards (its own exit, too) concerns nobody. */
  #end(worker: Worker, why: string): void {
    if (worker !== this.#current) return
    this.#current = undefined
    this.#running = undefined
    void worker.terminate()
    const waiting = this.#waiting
    this.#waiting = []
    for (const { reject, timer } of waiting) {
      clearTimeout(timer)
      reject(engineFailed(why))
    }
  }
}

function engineFailed(why: string): Error {
  return storeError('store-unavailable', `the embedded database failed: ${why}`, { retryable: true })
}
