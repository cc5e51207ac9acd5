import { createLog } from '../../src/base/log.ts'
import type { Channel, ChannelEvent, Receive } from '../../src/channels/channel.ts'
import { createWecomBotChannel, type WecomBotSettings } from '../../src/channels/wecom/wecom-bot-channel.ts'
import type { ChannelHarness, Fault } from '../channels/channel-contract.ts'
import { FakeClock } from './fake-clock.ts'
import { WecomBotServer } from './wecom-bot-server.ts'

export const BOT = { botId: 'AIBOT1', secret: 'geheim-9f3a' }
export const TIMEOUT_MS = 4000
export const PERSON = { id: 'zhangsan', kind: 'private' as const }
export const GROUP = { id: 'wrGROUP1', kind: 'group' as const }

export interface BotRun {
  clock: FakeClock
  server: WecomBotServer
  channel: Channel
  events: ChannelEvent[]
  logged(): string
  /** Lets the time pass until the adapter has subscribed again. */
  reconnect(ms: number): Promise<void>
  deliver(frame: unknown): Promise<void>
  /** The event that came of a frame. */
  hear(frame: unknown): Promise<ChannelEvent>
  stop(): Promise<void>
}

/** Waits for what another part of this process is about to do. */
export async function until(holds: () => boolean): Promise<void> {
  const deadline = Date.now() + 5000
  while (!holds()) {
    if (Date.now() > deadline) throw new Error('it did not happen within five seconds')
    await new Promise((resolve) => setImmediate(resolve))
  }
}

/** An adapter against the double, not started. */
export async function createBotRun(
  more: Partial<WecomBotSettings> = {},
  receive?: Receive,
): Promise<BotRun & { start(): Promise<void> }> {
  const clock = new FakeClock()
  const server = await WecomBotServer.start({ ...BOT, clock })
  server.meet(PERSON.id, GROUP.id)
  const lines: string[] = []
  const log = createLog('trace', { write: (line) => void lines.push(line) })
  const settings = { ...BOT, wsUrl: server.url, timeoutMs: TIMEOUT_MS, ...more }
  const channel = createWecomBotChannel(settings, { clock, timers: clock, log })
  const events: ChannelEvent[] = []
  const take: Receive = async (event) => {
    events.push(event)
    await receive?.(event)
  }
  const run: BotRun = {
    clock,
    server,
    channel,
    events,
    logged: () => lines.join(''),
    async reconnect(ms) {
      clock.advance(ms)
      await until(() => channel.health().state === 'connected')
    },
    async deliver(frame) {
      server.deliver(frame as Parameters<WecomBotServer['deliver']>[0])
      await server.settle()
    },
    async hear(frame) {
      const before = events.length
      await run.deliver(frame)
      const event = events[before]
      if (!event) throw new Error('nothing came of the frame')
      return event
    },
    async stop() {
      await channel.stop()
      await server.stop()
    },
  }
  return { ...run, start: () => channel.start(take) }
}

export async function startBotRun(more: Partial<WecomBotSettings> = {}, receive?: Receive): Promise<BotRun> {
  const run = await createBotRun(more, receive)
  await run.start()
  return run
}

/** For the contract: a fault is in effect when the message is sent, and over after it. */
export async function createBotHarness(): Promise<ChannelHarness> {
  const run = await startBotRun({ name: '安晓' })
  const { channel, clock, server } = run
  let fault: Fault | undefined

  async function begin(): Promise<void> {
    if (fault === 'connection-refused') {
      server.closed = true
      server.cut()
      await until(() => channel.health().state === 'failing')
    } else if (fault === 'unauthorized') {
      server.secret = 'another'
      const refused = server.next('refused')
      server.cut()
      await until(() => channel.health().state === 'failing')
      clock.advance(60_000)
      await refused
      await until(() => channel.counters().subscriptions_refused === 1)
    } else if (fault !== undefined) {
      server.fail(fault)
      // Our own patience ends; the SDK's would after five real seconds.
      if (fault === 'accepted-then-silence') void server.next('command').then(() => clock.advance(TIMEOUT_MS))
    }
  }

  async function end(): Promise<void> {
    fault = undefined
    server.closed = false
    server.secret = BOT.secret
    if (channel.health().state === 'failing') await run.reconnect(3_600_000)
  }

  return {
    channel: {
      ...channel,
      async send(message) {
        await begin()
        const outcome = await channel.send(message)
        await end()
        return outcome
      },
    },
    secrets: [BOT.secret],
    logged: run.logged,
    events: run.events,
    deliver: run.deliver,
    arrived: () => server.arrived,
    attempts: () => server.attempts,
    fail: (next) => {
      fault = next
    },
    chats: { private: PERSON, group: GROUP },
    settle: () => server.settle(),
    stop: run.stop,
  }
}
