import { createLog } from '../../src/base/log.ts'
import type { Channel, ChannelEvent, Receive } from '../../src/channels/channel.ts'
import { createTelegramChannel, type TelegramSettings } from '../../src/channels/telegram/telegram-channel.ts'
import type { Wait } from '../../src/channels/telegram/wait.ts'
import { FakeClock } from './fake-clock.ts'
import { TelegramServer } from './telegram-server.ts'

/** Waits end when a test says so. */
export class ManualWait {
  readonly asked: number[] = []
  #pending: { milliseconds: number; end: () => void }[] = []
  #watchers: { milliseconds: number; resolve: () => void }[] = []

  readonly wait: Wait = (milliseconds, stop) =>
    new Promise((resolve) => {
      if (stop.aborted) return resolve()
      this.asked.push(milliseconds)
      const end = () => {
        stop.removeEventListener('abort', end)
        this.#pending = this.#pending.filter((entry) => entry.end !== end)
        resolve()
      }
      this.#pending.push({ milliseconds, end })
      stop.addEventListener('abort', end)
      for (const watcher of this.#watchers.filter((entry) => entry.milliseconds === milliseconds)) watcher.resolve()
      this.#watchers = this.#watchers.filter((entry) => entry.milliseconds !== milliseconds)
    })

  pending(): number[] {
    return this.#pending.map(({ milliseconds }) => milliseconds)
  }

  /** Resolves when such a wait is under way. */
  async asks(milliseconds: number): Promise<void> {
    if (this.pending().includes(milliseconds)) return
    await new Promise<void>((resolve) => this.#watchers.push({ milliseconds, resolve }))
  }

  /** Ends waits of that length. */
  end(milliseconds: number): void {
    for (const entry of this.#pending.filter((pending) => pending.milliseconds === milliseconds)) entry.end()
  }
}

export interface TelegramBench extends AsyncDisposable {
  server: TelegramServer
  clock: FakeClock
  waits: ManualWait
  channel: Channel
  events: ChannelEvent[]
  logged(): string
}

/** A double with three chats and a channel that is not started yet; what it receives is collected. */
export async function openTelegramBench(
  settings: Partial<TelegramSettings> = {},
): Promise<TelegramBench & { receive: Receive }> {
  const clock = new FakeClock()
  const server = new TelegramServer(clock)
  server.addChat({ id: 610000001, type: 'private' })
  server.addChat({ id: -4012345, type: 'group', title: '解放碑3栋' })
  server.addChat({
    id: -1002000000001,
    type: 'supergroup',
    title: '石马河业主群',
    members: { 610000001: 'creator', 610000002: 'member', 610000004: 'administrator' },
  })
  await server.start()
  const waits = new ManualWait()
  let logged = ''
  const log = createLog('trace', { write: (line) => void (logged += line) })
  const channel = createTelegramChannel(
    { token: server.token, apiRoot: server.url, timeoutMs: 3000, ...settings },
    { clock, log, wait: waits.wait, random: () => 0 },
  )
  const events: ChannelEvent[] = []
  return {
    server,
    clock,
    waits,
    channel,
    events,
    logged: () => logged,
    receive: async (event) => void events.push(event),
    async [Symbol.asyncDispose]() {
      await channel.stop()
      await server.stop()
    },
  }
}
