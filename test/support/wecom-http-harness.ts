import { createLog } from '../../src/base/log.ts'
import type { Channel, ChannelEvent, Chat } from '../../src/channels/channel.ts'
import type { ChannelHarness, Fault } from '../channels/channel-contract.ts'
import { FakeClock } from './fake-clock.ts'
import {
  startWecomHttpServer,
  type WecomFault,
  type WecomHttpOptions,
  type WecomHttpServer,
} from './wecom-http-server.ts'

export const CORP_ID = 'ww0123456789abcdef'
export const SECRET = 'secret-of-the-application'
export const AGENT_ID = 1_000_002
export const ROBOT_KEY = '11111111-2222-3333-4444-555555555555'

/** A silent platform must not make the tests slow; long enough for a busy machine to answer. */
export const TIMEOUT_MS = 1000

export interface WecomHttpSetup {
  clock: FakeClock
  server: WecomHttpServer
  parts: { clock: FakeClock; timers: FakeClock; log: ReturnType<typeof createLog> }
  logged(): string
  /** Resolves when the next log line holds `part`. */
  whenLogged(part: string): Promise<void>
}

/** A double with two members, two robots' groups and groups of customers, and the parts for a channel. */
export async function setUpWecomHttp(options: Partial<WecomHttpOptions> = {}): Promise<WecomHttpSetup> {
  const clock = new FakeClock('2026-11-22T01:00:00Z')
  const server = await startWecomHttpServer({
    corpId: CORP_ID,
    secret: SECRET,
    agentId: AGENT_ID,
    members: ['WangFang', 'li.na'],
    robots: { [ROBOT_KEY]: '渝中值班群' },
    groups: { wrGroupA: 'wang', wrGroupB: 'wang', wrGroupC: 'chen' },
    clock,
    ...options,
  })
  const lines: string[] = []
  let waiting: { part: string; resolve: () => void }[] = []
  const write = (line: string) => {
    lines.push(line)
    for (const { part, resolve } of waiting) if (line.includes(part)) resolve()
    waiting = waiting.filter(({ part }) => !line.includes(part))
  }
  const whenLogged = (part: string) => new Promise<void>((resolve) => waiting.push({ part, resolve }))
  const parts = { clock, timers: clock, log: createLog('debug', { write }) }
  return { clock, server, parts, logged: () => lines.join(''), whenLogged }
}

/** The harness of the channel contract; `channel` sends to `chat` and answers each `fault` as its interface does. */
export function wrapWecomHttp(
  setup: WecomHttpSetup,
  channel: Channel,
  chats: { private: Chat; group?: Chat },
  faults: Partial<Record<Fault, WecomFault>>,
): ChannelHarness {
  const { server, logged } = setup
  const events: ChannelEvent[] = []
  let refuseNext = false
  return {
    channel: {
      ...channel,
      async send(message) {
        if (!refuseNext) return channel.send(message)
        refuseNext = false
        await server.shut()
        try {
          return await channel.send(message)
        } finally {
          await server.open()
        }
      },
    },
    secrets: [SECRET, ROBOT_KEY, 'access-token-'],
    logged,
    events,
    deliver: async () => {},
    arrived: () => server.arrived(),
    attempts: () => server.attempts(),
    fail(fault) {
      if (fault === 'connection-refused') {
        refuseNext = true
        return
      }
      const known = faults[fault]
      if (known === undefined) throw new Error(`no such fault here: ${fault}`)
      server.failSend(known)
    },
    chats,
    settle: async () => {},
    async stop() {
      await channel.stop()
      await server.stop()
    },
  }
}

/** An outcome in a few words. */
export function inShort(outcome: Awaited<ReturnType<Channel['send']>>): string {
  return outcome.kind === 'failed' ? `${outcome.failure.kind} ${outcome.failure.code}` : outcome.kind
}
