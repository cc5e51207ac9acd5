import type { ChannelName, OutboundMessage, SendOutcome } from '../channels/channel.ts'

/** A reply that comes later than this helps nobody. */
export const REPLY_LIFE_MS = 5 * 60_000

/** A message, the channel that it leaves by and the pseudonym of the chat that it goes to. */
export interface Outgoing extends OutboundMessage {
  channel: ChannelName
  endpoint: string
}

/** Everything that leaves for a person or a group goes through here. */
export interface Delivery {
  /** Sends one reply. Resolves with what came of it, at the latest when the reply has expired. Never rejects. */
  deliver(message: Outgoing): Promise<SendOutcome>
  /** Something was released: looks at once instead of within a second. */
  wake(): void
  /** Resolves when nothing more can be sent at this moment; what waits for its time is not waited for. */
  drain(): Promise<void>
  /** Takes up nothing more; resolves when what is under way is settled. */
  stop(): Promise<void>
  /** Deletes replies of long ago. */
  forgetOld(): Promise<void>
}
