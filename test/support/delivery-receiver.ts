import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { z } from 'zod'

const postedSchema = z.object({ key: z.string(), chat: z.string(), text: z.string() })
type Posted = z.infer<typeof postedSchema>

/** A message that reached its chat. */
export interface Arrival extends Posted {
  /** Milliseconds of this process's own clock, which nothing sets. */
  at: number
}

/** What a platform does instead of delivering and saying so. */
export type Fault =
  | { kind: 'throttle'; retryAfterSeconds: number }
  /** Delivers, and never answers. */
  | { kind: 'silence' }
  /** Delivers, and answers late. */
  | { kind: 'slow'; ms: number }
  /** Fails before it delivers. */
  | { kind: 'server' }
  | { kind: 'blocked' }
  | { kind: 'refusal' }

export interface ReceiverRules {
  /** Delivers one key once. */
  idempotent: boolean
  /** Messages that are taken within any second; more are throttled. */
  perSecond: number
  answerMs: number
  faultOf: (message: Posted) => Fault | undefined
}

/** A platform as far as delivery sees it: records every message that arrives, throttles and fails as it is told to. */
export class DeliveryReceiver {
  readonly arrivals: Arrival[] = []
  readonly counts = { requests: 0, throttled: 0, repeated: 0 }
  rules: ReceiverRules
  #server: Server
  #port = 0
  #accepted: number[] = []
  #keys = new Set<string>()
  #waiting = new Set<{ holds: () => boolean; resolve: () => void }>()

  constructor(rules: Partial<ReceiverRules> = {}) {
    this.rules = { idempotent: false, perSecond: Infinity, answerMs: 0, faultOf: () => undefined, ...rules }
    this.#server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => void this.#take(request, response))
  }

  async start(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#server.listen(0, '127.0.0.1', resolve)
    })
    const address = this.#server.address()
    if (typeof address !== 'object' || address === null) throw new Error('the receiver has no address')
    this.#port = address.port
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}/`
  }

  async stop(): Promise<void> {
    const closed = new Promise<void>((resolve) => {
      this.#server.close(() => resolve())
    })
    this.#server.closeAllConnections()
    await closed
  }

  /** Resolves at the first arrival after which `holds`, or now when it does. */
  async until(holds: () => boolean): Promise<void> {
    if (holds()) return
    await new Promise<void>((resolve) => {
      this.#waiting.add({ holds, resolve })
    })
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = ''
    try {
      for await (const piece of request) body += String(piece)
    } catch {
      // The sender died in the middle of its request.
      return
    }
    this.counts.requests++
    const message = postedSchema.parse(JSON.parse(body))
    const fault = this.rules.faultOf(message)
    if (fault?.kind === 'server') return answer(response, 503, {})
    if (fault?.kind === 'blocked') return answer(response, 403, {})
    if (fault?.kind === 'refusal') return answer(response, 400, {})
    const repeated = this.rules.idempotent && this.#keys.has(message.key)
    if (fault?.kind === 'throttle' || (!repeated && !this.#hasRoom())) {
      this.counts.throttled++
      return answer(response, 429, { retryAfterSeconds: fault?.kind === 'throttle' ? fault.retryAfterSeconds : 1 })
    }
    if (repeated) this.counts.repeated++
    else this.#deliver(message)
    if (fault?.kind === 'silence') return
    const waitMs = fault?.kind === 'slow' ? fault.ms : this.rules.answerMs
    if (waitMs === 0) return answer(response, 200, {})
    setTimeout(() => answer(response, 200, {}), waitMs)
  }

  #hasRoom(): boolean {
    if (this.rules.perSecond === Infinity) return true
    const now = performance.now()
    while ((this.#accepted[0] ?? Infinity) <= now - 1_000) this.#accepted.shift()
    if (this.#accepted.length >= this.rules.perSecond) return false
    this.#accepted.push(now)
    return true
  }

  #deliver(message: Posted): void {
    this.#keys.add(message.key)
    this.arrivals.push({ ...message, at: performance.now() })
    for (const waiting of this.#waiting) {
      if (!waiting.holds()) continue
      this.#waiting.delete(waiting)
      waiting.resolve()
    }
  }
}

function answer(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}
