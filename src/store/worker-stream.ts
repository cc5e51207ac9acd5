import { Duplex } from 'node:stream'
import { callbackify } from 'node:util'

import type { FromWorker, ToWorker } from './embedded-protocol.ts'

/** The thread as a stream sees it: whole requests in, whole replies out, in order. */
export interface WorkerLink {
  open(): Promise<void>
  request(message: ToWorker): Promise<FromWorker>
}

const terminate = 'X'.charCodeAt(0)

/**
 * The socket that pg talks to in place of a network one. One wire protocol for both engines means one driver,
 * one set of type parsers and one kind of error.
 */
export class WorkerStream extends Duplex {
  readonly #link: WorkerLink
  readonly #write = callbackify((bytes: Buffer) => this.#exchange(bytes))

  constructor(link: WorkerLink) {
    super()
    this.#link = link
  }

  // pg calls these on its socket; port and host mean nothing here.
  connect(): this {
    this.#link.open().then(
      () => this.emit('connect'),
      (error: Error) => this.destroy(error),
    )
    return this
  }

  setNoDelay(): this {
    return this
  }

  setKeepAlive(): this {
    return this
  }

  ref(): this {
    return this
  }

  unref(): this {
    return this
  }

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#write(chunk, done)
  }

  /** pg corks a query's messages up to Sync: they arrive here together and cross the thread border once. */
  override _writev(chunks: { chunk: Buffer }[], done: (error?: Error | null) => void): void {
    this.#write(Buffer.concat(chunks.map(({ chunk }) => chunk)), done)
  }

  override _final(done: (error?: Error | null) => void): void {
    this.push(null)
    done()
  }

  async #exchange(bytes: Buffer): Promise<void> {
    if (bytes[0] === terminate) return
    // A copy: cloning a pooled Buffer across threads would take its whole pool along.
    const reply = await this.#link.request({ kind: 'bytes', bytes: new Uint8Array(bytes) })
    if (reply.kind === 'bytes') this.push(reply.bytes)
  }
}
