/**
 * The port between chat and the platforms on which residents write. An adapter turns a platform's events into
 * `ChannelEvent`s and sends what it is given, once, when it is told to: it decides nothing, repeats nothing, waits for no
 * quota and never sends on its own.
 */

export const CHANNEL_NAMES = ['telegram', 'wechaty', 'wecom-bot', 'wecom-robot', 'wecom-app', 'wecom-mass'] as const
export type ChannelName = (typeof CHANNEL_NAMES)[number]

/** A chat as its platform names it; unique within a channel and an account. */
export interface Chat {
  id: string
  kind: 'private' | 'group'
  /** What the group is called, as far as the platform says. */
  title?: string
}

export interface Sender {
  id: string
  name?: string
  /** Another program; never answered. */
  bot: boolean
}

export type MediaKind = 'text' | 'picture' | 'voice' | 'video' | 'file' | 'sticker' | 'link' | 'location' | 'other'

/** A message from a person. */
export interface InboundMessage {
  kind: 'message'
  /** The platform's id, unique within the chat; a redelivery carries the same one. */
  id: string
  chat: Chat
  sender: Sender
  /** What was typed (of a link: its title; of media: the caption), without the mention of our account. */
  text: string
  media: MediaKind
  /** Our account is mentioned by name. */
  mentionsUs: boolean
  mentionsEveryone: boolean
  /** The message replies to one of ours. */
  repliesToUs: boolean
  /** The message it replies to or quotes, as far as the platform shows it. */
  quote?: { text: string; ours: boolean; messageId?: string }
  forwarded: boolean
  /** Data of the button that was pressed; `text` then holds its label where the platform says it. */
  button?: string
  /** Platform time. */
  sentAt: Date
  /** What a reply needs to be tied to this message; only the adapter reads it. */
  replyHandle: string
}

/** What happens to a chat. */
export interface ChatChange {
  kind: 'joined' | 'left' | 'moved'
  chat: Chat
  /** Of `moved`: the chat's new id (a Telegram group that became a supergroup). */
  movedTo?: string
  sentAt: Date
  /** Of `joined`: where the welcome must be tied to the event (WeCom). */
  replyHandle?: string
}

export type ChannelEvent = InboundMessage | ChatChange

/** Takes an event; resolves when it may be acknowledged to the platform. Never rejects. */
export type Receive = (event: ChannelEvent) => Promise<void>

/** `data` ≤64 bytes comes back as `InboundMessage.button`, whatever the age of the message. */
export type Button = { label: string; data: string } | { label: string; url: string }

export interface OutboundMessage {
  chat: Chat
  /** Plain text, shown exactly as it is. */
  text: string
  buttons?: Button[]
  inReplyTo?: { messageId: string; replyHandle: string; sender: Sender }
  /** Tells somebody in danger what to do: caps and jitter of our own making do not hold it back. */
  urgent?: boolean
  /** Names this message for good: where the channel is `idempotent`, a second send with the same key arrives once. */
  key: string
}

export const FAILURE_CODES = [
  'too-long',
  'refused',
  'unauthorized',
  'blocked',
  'chat-gone',
  'chat-moved',
  'window-closed',
  'cap-reached',
  'switched-off',
  'throttled',
  'not-connected',
  'server',
  'timeout',
] as const
export type FailureCode = (typeof FAILURE_CODES)[number]

export interface SendFailure {
  /** retryable: it did not arrive. unknown: it may have arrived. permanent: the same message to this chat never will. */
  kind: 'retryable' | 'permanent' | 'throttled' | 'unknown'
  code: FailureCode
  /** Of throttled: not before then. */
  until?: Date
  /** Of throttled: what is throttled. */
  scope?: 'chat' | 'account'
  /** Of chat-moved: the new id. */
  movedTo?: string
  /** For the operator, in Chinese, without secrets and without the platform's raw text. */
  sentence: string
}

export type SendOutcome =
  | { kind: 'sent'; messageId?: string }
  /** A staff member has to confirm `task` before anything goes out. */
  | { kind: 'awaiting-human'; task: string; sentence: string }
  | { kind: 'failed'; failure: SendFailure }

/** How often something may be sent; `per` names what is counted. */
export interface SendRate {
  per: 'account' | 'chat' | 'group' | 'member'
  count: number
  windowMs: number
}

/** What a channel can do; every figure stands in platform-limits.ts with the day it was checked. */
export interface Capabilities {
  /** Takes part in groups. */
  groups: boolean
  /** May write without being written to. */
  proactive: boolean
  /** Inbound messages show what they quote. */
  quoteIn: boolean
  /** A reply is shown tied to its message. */
  replyTo: boolean
  buttons: { max: number; labelSigns: number } | null
  /** Markdown is rendered; texts are escaped so that they show as they are. */
  markdown: boolean
  maxBytes: number
  /** How long after a message it may be answered; `null` = no limit. */
  replyWindowMs: number | null
  repliesPerInbound: number | null
  rates: readonly SendRate[]
  idempotent: boolean
  recall: boolean
  needsHumanConfirm: boolean
}

export interface ChannelHealth {
  state: 'off' | 'connecting' | 'connected' | 'failing'
  /** Since when. */
  since: Date
  /** Why it is failing, for the operator. */
  sentence?: string
}

export interface Channel {
  readonly name: ChannelName
  /** Which of our accounts this is, e.g. the bot's user name; known after `start`. */
  readonly account: string
  /** What people write behind @ to turn to us, as far as it is known. */
  readonly mentionName?: string | undefined
  readonly capabilities: Capabilities
  /** Connects and hands over what arrives; resolves when connected or when the first attempt failed (see `health`). */
  start(receive: Receive): Promise<void>
  /** Takes nothing new up; resolves when what was begun is taken. Sending goes on. */
  pause?(): Promise<void>
  /** Stops receiving, waits for sends under way, leaves no timer behind. May be called again. */
  stop(): Promise<void>
  /** Sends once. Never rejects, never retries, never waits for a quota. */
  send(message: OutboundMessage): Promise<SendOutcome>
  /** Takes a sent message back, where `capabilities.recall`. */
  recall?(chat: Chat, messageId: string): Promise<SendOutcome>
  /** What became of a task that a member of staff has to confirm, as far as this chat is concerned. */
  checkTask?(task: string, chat: Chat): Promise<'waiting' | 'sent' | 'failed'>
  /** Whether somebody runs this group on the platform (administrator, owner). */
  isGroupAdmin?(chat: Chat, senderId: string): Promise<boolean>
  /** Silences the channel for good, urgent messages too, until `resume`; where it can be. */
  halt?(): Promise<void>
  resume?(): Promise<void>
  /** What a phone has to scan for logging in, while that is awaited. */
  loginCode?(): string | undefined
  /** Leaves a group, where the platform lets us. */
  leave?(chat: Chat): Promise<void>
  health(): ChannelHealth
  /** Counters of caps and throttles, for status and metrics; names are stable. */
  counters(): Readonly<Record<string, number>>
  /** Where the platform calls us: a path below /hooks/ and its handler. */
  readonly webhook?: { path: string; handle(request: Request): Promise<Response> }
}
