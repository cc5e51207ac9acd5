import { parentPort, workerData } from 'node:worker_threads'

import { PGlite } from '@electric-sql/pglite'

import type { EmbeddedWorkerData, FromWorker, ToWorker } from './embedded-protocol.ts'
import { pgliteOptions } from './embedded-settings.ts'

async function serve(): Promise<void> {
  // Typed by the only caller, embedded-engine.ts.
  const { folder } = workerData as EmbeddedWorkerData
  const lite = await PGlite.create(folder, pgliteOptions)
  const { rows } = await lite.query<{ version: string }>('select version()')

  let queue = Promise.resolve()
  parentPort?.on('message', (message: ToWorker) => {
    queue = queue.then(() => handle(lite, message)).catch(fail)
  })
  send({ kind: 'ready', version: rows[0]?.version ?? '' })
}

async function handle(lite: PGlite, message: ToWorker): Promise<void> {
  switch (message.kind) {
    case 'open-session':
      // All connections share one backend: a new one must not inherit an open transaction or settings.
      if (lite.isInTransaction()) await lite.exec('rollback')
      await lite.exec('discard all')
      return send({ kind: 'session-open' })
    case 'bytes':
      return send({ kind: 'bytes', bytes: await lite.execProtocolRaw(message.bytes, { syncToFs: false }) })
    case 'shut-down':
      await lite.close()
      return send({ kind: 'shut-down' })
  }
}

function send(message: FromWorker): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- threads have no origin
  parentPort?.postMessage(message)
}

/** A WebAssembly trap leaves the engine's memory in an unknown state: nothing may run on it any more. */
function fail(error: unknown): void {
  send({ kind: 'failed', message: error instanceof Error ? error.message : String(error) })
  process.exit(1)
}

await serve().catch(fail)
