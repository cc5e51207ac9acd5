import type { MiddlewareHandler } from 'hono'
import { timingSafeEqual } from 'node:crypto'
import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import { AppError } from '../base/errors.ts'

export interface Metrics {
  registry: Registry
  /** Counts requests and their time by route and status. */
  measure: MiddlewareHandler
}

export function createMetrics(readDocuments: () => number): Metrics {
  const registry = new Registry()
  const requests = new Counter({
    name: 'anxiao_http_requests_total',
    help: 'HTTP requests by method and status',
    labelNames: ['method', 'status'],
    registers: [registry],
  })
  const seconds = new Histogram({
    name: 'anxiao_http_request_seconds',
    help: 'Time to answer an HTTP request',
    buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 2],
    registers: [registry],
  })
  const documents = new Gauge({
    registers: [],
    name: 'anxiao_search_documents',
    help: 'Documents that can be found',
    collect() {
      this.set(readDocuments())
    },
  })
  registry.registerMetric(documents)
  return {
    registry,
    measure: async (context, next) => {
      const stop = seconds.startTimer()
      await next()
      stop()
      requests.inc({ method: context.req.method, status: context.res.status })
    },
  }
}

/** Requires `Authorization: Bearer <token>`. */
export function requireToken(token: string): MiddlewareHandler {
  const expected = Buffer.from(`Bearer ${token}`)
  return async (context, next) => {
    const given = Buffer.from(context.req.header('authorization') ?? '')
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
      throw new AppError('unauthorized', 'a token is needed')
    }
    await next()
  }
}
