import { Counter, Gauge, type Registry } from 'prom-client'
import type { Clock } from '../base/clock.ts'
import type { Channel } from '../channels/channel.ts'
import type { Store } from '../store/store.ts'
import { readDeliveryStatus } from './delivery-status.ts'
import { countAllowed } from './lease.ts'
import { routeOf } from './pump.ts'

/** What waits, since when, and how much each channel may send at this moment. */
export function registerDeliveryMetrics(
  registry: Registry,
  parts: { store: () => Store | null; channels: readonly Channel[]; clock: Clock },
): void {
  const rows = new Gauge({
    name: 'anxiao_delivery_rows',
    help: 'Messages to chats by state and lane',
    labelNames: ['state', 'lane'],
    registers: [],
    async collect() {
      this.reset()
      const store = parts.store()
      if (!store) return
      const status = await readDeliveryStatus(store.db, () => undefined, 0).catch(() => undefined)
      reads.inc({ result: status ? 'read' : 'failed' })
      if (!status) return
      const { byState, oldestWaitingSince, haltedSince } = status
      for (const { state, lane, count } of byState) this.set({ state, lane }, count)
      const waitedMs = oldestWaitingSince === null ? 0 : parts.clock.now().getTime() - oldestWaitingSince.getTime()
      oldest.set(Math.max(0, waitedMs / 1000))
      halted.set(haltedSince === null ? 0 : 1)
    },
  })
  const oldest = new Gauge({
    name: 'anxiao_delivery_oldest_waiting_seconds',
    help: 'How long the oldest waiting message could have left',
    registers: [],
  })
  const halted = new Gauge({ name: 'anxiao_delivery_halted', help: '1 while sending is stopped', registers: [] })
  const room = new Gauge({
    name: 'anxiao_delivery_rate_room',
    help: 'How many messages the account may send at this moment by its platform’s rates',
    labelNames: ['channel'],
    registers: [],
    async collect() {
      this.reset()
      const store = parts.store()
      if (!store) return
      for (const channel of parts.channels) {
        const { rates } = channel.capabilities
        const request = { channel: routeOf(channel), rates, now: parts.clock.now() }
        const allowed = await countAllowed(store.db, request).catch(() => undefined)
        if (allowed !== undefined && Number.isFinite(allowed)) this.set({ channel: routeOf(channel) }, allowed)
      }
    },
  })
  const reads = new Counter({
    name: 'anxiao_delivery_reads_total',
    help: 'How often the figures of delivery could be read from the store, and how often not',
    labelNames: ['result'],
    registers: [registry],
  })
  for (const gauge of [rows, oldest, halted, room]) registry.registerMetric(gauge)
}
