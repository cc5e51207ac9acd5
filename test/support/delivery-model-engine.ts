import { eq } from 'drizzle-orm'
import type { Capabilities, ChannelName, OutboundMessage, SendOutcome } from '../../src/channels/channel.ts'
import { createDelivery } from '../../src/delivery/deliver.ts'
import type { Delivery, Outgoing } from '../../src/delivery/delivery.ts'
import { releaseFanOut, type Release } from '../../src/delivery/fan-out.ts'
import { LANES } from '../../src/delivery/lanes.ts'
import { pauseUntil } from '../../src/delivery/settle.ts'
import { createContacts, type Contacts } from '../../src/people/contacts.ts'
import { createSealer } from '../../src/people/sealer.ts'
import type { Store } from '../../src/store/store.ts'
import { delivery } from '../../src/store/tables/delivery.ts'
import { inTransaction } from '../../src/store/transaction.ts'
import { FakeChannel } from './fake-channel.ts'
import { FakeClock } from './fake-clock.ts'
import { silentLog } from './open-test-store.ts'

const DAY = '2026-07-18T06:00:00Z'
const secret = Buffer.alloc(32, 7)

/** A fake channel whose every attempt is seen and can be answered by the test. */
export class ScriptedChannel extends FakeChannel {
  readonly attempts: { at: number; message: OutboundMessage }[] = []
  /** What the next sends come to; undefined = sent. */
  answer: (message: OutboundMessage) => SendOutcome | Promise<SendOutcome> | undefined = () => undefined
  readonly #time: FakeClock

  constructor(clock: FakeClock, capabilities: Partial<Capabilities> = {}, name: ChannelName = 'telegram') {
    super(clock, capabilities, name)
    this.#time = clock
  }

  override async send(message: OutboundMessage): Promise<SendOutcome> {
    this.attempts.push({ at: this.#time.now().getTime(), message })
    const outcome = (await this.answer(message)) ?? { kind: 'sent', messageId: `out-${this.attempts.length}` }
    if (outcome.kind === 'sent') this.sent.push(message)
    return outcome
  }
}

export const failure = (
  kind: 'retryable' | 'permanent' | 'throttled' | 'unknown',
  code: 'server' | 'refused' | 'throttled' | 'timeout' | 'blocked' | 'chat-moved' | 'not-connected',
  more: { until?: Date; scope?: 'chat' | 'account'; movedTo?: string } = {},
): SendOutcome => ({ kind: 'failed', failure: { kind, code, sentence: '测试', ...more } })

/** The delivery engine on a test's store with a clock that the test moves; one process of it at a time. */
export class TestEngine {
  readonly clock: FakeClock
  readonly channel: ScriptedChannel
  readonly contacts: Contacts
  readonly sealer = createSealer(secret, 'deliveries')
  /** Null = the store is away. */
  store: Store | null
  readonly #opened: Store
  #delivery: Delivery | undefined
  #replies = 0

  constructor(store: Store, capabilities: Partial<Capabilities> = {}) {
    this.clock = new FakeClock(DAY)
    this.channel = new ScriptedChannel(this.clock, { rates: [], ...capabilities })
    this.contacts = createContacts(secret)
    this.store = store
    this.#opened = store
  }

  get delivery(): Delivery {
    this.#delivery ??= this.#create()
    return this.#delivery
  }

  #create(): Delivery {
    const { clock, channel, contacts, sealer } = this
    const parts = { clock, timers: clock, log: silentLog, contacts, sealer, channels: [channel] }
    return createDelivery({ ...parts, store: () => this.store })
  }

  /** The process ends and another one begins. */
  async restart(): Promise<void> {
    await this.stop()
    this.#delivery = this.#create()
  }

  async stop(): Promise<void> {
    await this.#delivery?.stop()
    this.#delivery = undefined
  }

  /** Hands a reply over and waits until it is written down; `outcome` resolves when it has left. */
  async hand(reply: Outgoing): Promise<{ outcome: Promise<SendOutcome> }> {
    const outcome = this.delivery.deliver(reply)
    for (let look = 0; look < 1_000; look++) {
      const written = await this.#opened.db.$count(delivery, eq(delivery.version, reply.key))
      if (written === 0) continue
      // The engine hears of it in the meantime.
      await this.delivery.drain()
      return { outcome }
    }
    throw new Error('the reply was not written')
  }

  /** Nothing leaves for a moment, so that everything waits when it begins. */
  async holdBack(ms: number): Promise<void> {
    await pauseUntil(this.#opened.db, this.channel.name, this.in(ms))
  }

  /** Lets the time pass in small steps, with everything that becomes possible on the way. */
  async run(ms: number, stepMs = 50): Promise<void> {
    for (let passed = 0; passed < ms; passed += stepMs) {
      this.clock.advance(stepMs)
      await this.delivery.drain()
    }
  }

  now(): Date {
    return this.clock.now()
  }

  in(ms: number): Date {
    return new Date(this.clock.now().getTime() + ms)
  }

  /** Makes as many chats known; answers their pseudonyms. */
  async meet(count: number, kind: 'group' | 'person' = 'group', name: string = kind): Promise<string[]> {
    const chats = Array.from({ length: count }, (_, at) => `${name}-${at}`)
    await inTransaction(this.#opened, async (tx) => {
      for (const chat of chats) {
        await this.contacts.remember(tx, chat, { kind, channel: this.channel.name, chatId: `id-${chat}` }, this.now())
      }
    })
    return chats
  }

  /** Releases a message to chats, in force for an hour from now unless it says otherwise. */
  async release(endpoints: readonly string[], more: Partial<Release> = {}): Promise<string> {
    const release = this.describe(endpoints, more)
    await inTransaction(this.#opened, (tx) => releaseFanOut(tx, release, this.now()))
    return release.version
  }

  describe(endpoints: readonly string[], more: Partial<Release> = {}): Release {
    return {
      version: 'alert-1/1',
      lane: LANES.notice,
      message: { group: { text: '群里的话' }, private: { text: '单独的话' } },
      recipients: endpoints.map((endpoint) => ({ endpoint, channel: this.channel.name, region: null })),
      effectiveAt: this.now(),
      expiresAt: this.in(3_600_000),
      resendUnknown: false,
      ...more,
    }
  }

  reply(endpoint: string, more: Partial<Outgoing> = {}): Outgoing {
    const key = `reply-${this.#replies++}`
    const chat = { id: `id-${endpoint}`, kind: 'private' as const }
    return { channel: this.channel.name, endpoint, chat, text: `答 ${key}`, key, ...more }
  }

  async rows() {
    return this.#opened.db.select().from(delivery).orderBy(delivery.id)
  }

  /** How many rows are in each state. */
  async states(): Promise<Record<string, number>> {
    const counts: Record<string, number> = {}
    for (const { state } of await this.rows()) counts[state] = (counts[state] ?? 0) + 1
    return counts
  }
}
