import { PLATFORM_LIMITS } from '../../src/channels/platform-limits.ts'
import type {
  Capabilities,
  Channel,
  ChannelEvent,
  ChannelName,
  InboundMessage,
  OutboundMessage,
  Receive,
  SendOutcome,
} from '../../src/channels/channel.ts'
import type { Clock } from '../../src/base/clock.ts'

/** A channel at the port: records what is sent and says what it is told to. It proves nothing of any platform. */
export class FakeChannel implements Channel {
  readonly name: ChannelName
  readonly account = 'anxiao-bot'
  readonly mentionName = '安晓'
  readonly capabilities: Capabilities
  readonly sent: OutboundMessage[] = []
  readonly left: string[] = []
  /** Outcomes of the next sends, in order; afterwards everything is sent. */
  readonly outcomes: SendOutcome[] = []
  admins = new Set<string>()
  connectedSince = new Date(0)
  #receive: Receive | undefined
  #clock: Clock
  #messages = 0

  constructor(clock: Clock, capabilities: Partial<Capabilities> = {}, name: ChannelName = 'telegram') {
    this.#clock = clock
    this.name = name
    this.capabilities = { ...PLATFORM_LIMITS[name], ...capabilities }
  }

  start(receive: Receive): Promise<void> {
    this.#receive = receive
    return Promise.resolve()
  }

  stop(): Promise<void> {
    return Promise.resolve()
  }

  send(message: OutboundMessage): Promise<SendOutcome> {
    const outcome = this.outcomes.shift() ?? { kind: 'sent' as const, messageId: `out-${this.sent.length}` }
    if (outcome.kind === 'sent') this.sent.push(message)
    return Promise.resolve(outcome)
  }

  isGroupAdmin(_chat: unknown, senderId: string): Promise<boolean> {
    return Promise.resolve(this.admins.has(senderId))
  }

  leave({ id }: { id: string }): Promise<void> {
    this.left.push(id)
    return Promise.resolve()
  }

  health() {
    return { state: 'connected' as const, since: this.connectedSince }
  }

  counters() {
    return {}
  }

  async hand(event: ChannelEvent): Promise<void> {
    if (!this.#receive) throw new Error('the channel was not started')
    await this.#receive(event)
  }

  /** A typed message; in a group unless it says otherwise. */
  message(text: string, more: Partial<InboundMessage> = {}): InboundMessage {
    return {
      kind: 'message',
      id: `in-${this.#messages++}`,
      chat: { id: 'group-1', kind: 'group', title: '业主群' },
      sender: { id: 'wang', name: '小王', bot: false },
      text,
      media: 'text',
      mentionsUs: false,
      mentionsEveryone: false,
      repliesToUs: false,
      forwarded: false,
      sentAt: this.#clock.now(),
      replyHandle: '',
      ...more,
    }
  }

  texts(): string[] {
    return this.sent.map(({ text }) => text)
  }
}
