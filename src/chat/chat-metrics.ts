import { Counter, Gauge, Histogram, type Registry } from 'prom-client'
import type { Channel } from '../channels/channel.ts'
import type { Silence } from './manners.ts'

/** What is counted of conversations in channels; never a word or a person. */
export interface ChatMetrics {
  heard(channel: string, kind: 'private' | 'group' | 'change'): void
  /** A message of ours left, or did not; `seconds` since the message that it answers reached us. */
  sent(channel: string, outcome: string, result: 'sent' | 'awaiting-human' | 'failed', seconds: number): void
  silent(channel: string, reason: Silence | 'duplicate' | 'limit'): void
  throttled(channel: string): void
}

export function createChatMetrics(registry: Registry, channels: () => readonly Channel[]): ChatMetrics {
  const registers = [registry]
  const heard = new Counter({
    name: 'anxiao_messages_in_total',
    help: 'Messages and events from channels',
    labelNames: ['channel', 'kind'],
    registers,
  })
  const sent = new Counter({
    name: 'anxiao_messages_out_total',
    help: 'Messages to channels by what they are and what came of them',
    labelNames: ['channel', 'outcome', 'result'],
    registers,
  })
  const seconds = new Histogram({
    name: 'anxiao_reply_seconds',
    help: 'From a message reaching us to its answer having left',
    labelNames: ['channel'],
    buckets: [0.1, 0.5, 1, 2, 3, 5, 10, 60, 300],
    registers,
  })
  const silent = new Counter({
    name: 'anxiao_silence_total',
    help: 'Messages that were not answered, by reason',
    labelNames: ['channel', 'reason'],
    registers,
  })
  const throttled = new Counter({
    name: 'anxiao_throttled_total',
    help: 'Messages that a platform asked us to send later',
    labelNames: ['channel'],
    registers,
  })
  registry.registerMetric(gaugeOfCounters(channels))
  return {
    heard: (channel, kind) => heard.inc({ channel, kind }),
    sent(channel, outcome, result, took) {
      sent.inc({ channel, outcome, result })
      if (result === 'sent') seconds.observe({ channel }, took)
    },
    silent: (channel, reason) => silent.inc({ channel, reason }),
    throttled: (channel) => throttled.inc({ channel }),
  }
}

/** What each adapter counts by itself: caps, reconnects, ignored payloads. */
function gaugeOfCounters(channels: () => readonly Channel[]): Gauge {
  return new Gauge({
    name: 'anxiao_channel_count',
    help: 'Counts of one account on a channel since it was started',
    labelNames: ['channel', 'account', 'name'],
    registers: [],
    collect() {
      this.reset()
      for (const channel of channels()) {
        for (const [name, value] of Object.entries(channel.counters())) {
          this.set({ channel: channel.name, account: channel.account, name }, value)
        }
      }
    },
  })
}
