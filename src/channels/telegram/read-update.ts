import type { Chat, ChannelEvent, ChatChange, InboundMessage, MediaKind, Sender } from '../channel.ts'
import type { Bot } from './bot-api.ts'
import type { CounterName } from './counters.ts'
import { mentionsEveryone, readMentions } from './mentions.ts'
import { updateSchema, type Callback, type Membership, type TelegramChat, type TelegramMessage } from './payloads.ts'
import { writeReplyHandle } from './reply-handle.ts'
import { readRichText } from './rich-text.ts'

/** In whose name administrators write who hide theirs (core.telegram.org/bots/api#message, sender_chat). */
export const ANONYMOUS_ADMIN_ID = '1087968824'

export interface ReadUpdate {
  event?: ChannelEvent
  /** Why nothing comes of it. */
  ignored?: CounterName
  /** A pressed button shows that it waits until this is answered. */
  callbackId?: string
}

/** What an update means to us. Never throws, whatever it is given. */
export function readUpdate(update: unknown, bot: Bot, now: Date): ReadUpdate {
  const parsed = updateSchema.safeParse(update)
  if (!parsed.success) return { ignored: 'malformed' }
  const { message, callback_query: callback, my_chat_member: membership } = parsed.data
  if (message) return readMessage(message, bot)
  if (callback) return readCallback(callback, now)
  if (membership) return readMembership(membership)
  return { ignored: 'ignored_other_kind' }
}

function readMessage(message: TelegramMessage, bot: Bot): ReadUpdate {
  const chat = readChat(message.chat)
  if (!chat) return { ignored: 'ignored_channel' }
  const change = readServiceMessage(message, chat, bot)
  if (change) return { event: change }
  const media = findMedia(message)
  if (!media) return { ignored: 'ignored_service' }
  // Shown to one member for seconds, without an id that a reply or a redelivery could name.
  if (message.message_id === 0) return { ignored: 'ignored_ephemeral' }
  const sender = readSender(message)
  if (!sender) return { ignored: 'malformed' }

  const typed = message.text ?? message.caption ?? readRichText(message.rich_message)
  const entities = (message.text === undefined ? message.caption_entities : message.entities) ?? []
  const mentions = readMentions(typed, entities, bot)
  const quote = readQuote(message, bot)
  return {
    event: {
      kind: 'message',
      id: String(message.message_id),
      chat,
      sender,
      text: mentions.text,
      media,
      mentionsUs: mentions.mentionsUs,
      mentionsEveryone: mentionsEveryone(typed),
      repliesToUs: quote?.ours ?? false,
      ...(quote ? { quote } : {}),
      forwarded: message.forward_origin !== undefined,
      sentAt: new Date(message.date * 1000),
      replyHandle: writeReplyHandle(message),
    } satisfies InboundMessage,
  }
}

/** Of a button Telegram tells no time; it hands presses over at once, so it is `now`. */
function readCallback(callback: Callback, now: Date): ReadUpdate {
  const { id: callbackId, message, data } = callback
  const chat = message && readChat(message.chat)
  if (!chat || data === undefined) return { ignored: 'ignored_button', callbackId }
  const label = message.reply_markup?.inline_keyboard.flat().find((button) => button.callback_data === data)?.text
  return {
    callbackId,
    event: {
      kind: 'message',
      id: `button-${callbackId}`,
      chat,
      sender: { id: String(callback.from.id), name: nameOf(callback.from), bot: callback.from.is_bot },
      text: label ?? '',
      media: 'text',
      mentionsUs: false,
      mentionsEveryone: false,
      repliesToUs: false,
      forwarded: false,
      button: data,
      sentAt: now,
      replyHandle: writeReplyHandle(message),
    },
  }
}

function readMembership({ chat: platformChat, date, old_chat_member, new_chat_member }: Membership): ReadUpdate {
  const chat = readChat(platformChat)
  if (!chat) return { ignored: 'ignored_channel' }
  const was = isInside(old_chat_member)
  const is = isInside(new_chat_member)
  if (was === is) return { ignored: 'ignored_membership' }
  return { event: { kind: is ? 'joined' : 'left', chat, sentAt: new Date(date * 1000) } }
}

function isInside({ status, is_member }: Membership['new_chat_member']): boolean {
  return status === 'restricted' ? is_member === true : status !== 'left' && status !== 'kicked'
}

/** Only what concerns the chat or our own account; `migrate_from_chat_id` tells the same move a second time. */
function readServiceMessage(message: TelegramMessage, chat: Chat, bot: Bot): ChatChange | undefined {
  const sentAt = new Date(message.date * 1000)
  const { migrate_to_chat_id: movedTo } = message
  if (movedTo !== undefined) return { kind: 'moved', chat, movedTo: String(movedTo), sentAt }
  if (message.new_chat_members?.some(({ id }) => id === bot.id)) return { kind: 'joined', chat, sentAt }
  if (message.left_chat_member?.id === bot.id) return { kind: 'left', chat, sentAt }
  return undefined
}

function readChat({ id, type, title }: TelegramChat): Chat | undefined {
  if (type === 'private') return { id: String(id), kind: 'private' }
  if (type !== 'group' && type !== 'supergroup') return undefined
  return { id: String(id), kind: 'group', ...(title === undefined ? {} : { title }) }
}

function readSender({ from, sender_chat: behalf, chat, via_bot: viaBot }: TelegramMessage): Sender | undefined {
  const bot = viaBot !== undefined
  if (behalf) {
    // `from` then holds a bot of Telegram's own, for old clients; a person wrote nevertheless.
    const id = behalf.id === chat.id ? ANONYMOUS_ADMIN_ID : String(behalf.id)
    return { id, ...(behalf.title === undefined ? {} : { name: behalf.title }), bot }
  }
  return from && { id: String(from.id), name: nameOf(from), bot: bot || from.is_bot }
}

function nameOf({ first_name, last_name }: Callback['from']): string {
  return last_name === undefined ? first_name : `${first_name} ${last_name}`
}

function readQuote(message: TelegramMessage, bot: Bot): InboundMessage['quote'] {
  const { reply_to_message: replied, external_reply: external, quote } = message
  if (replied && replied.forum_topic_created === undefined) {
    return {
      text: quote?.text ?? replied.text ?? replied.caption ?? '',
      ours: replied.from?.id === bot.id,
      messageId: String(replied.message_id),
    }
  }
  // Of a message in another chat only the quoted part is shown.
  return quote && { text: quote.text, ours: external?.origin?.sender_user?.id === bot.id }
}

/** An animation also carries `document`, a venue `location`: the first one that is there counts. */
const MEDIA: readonly (readonly [field: string, kind: MediaKind])[] = [
  ['text', 'text'],
  ['rich_message', 'text'],
  ['animation', 'video'],
  ['photo', 'picture'],
  ['voice', 'voice'],
  ['video', 'video'],
  ['video_note', 'video'],
  ['audio', 'file'],
  ['document', 'file'],
  ['sticker', 'sticker'],
  ['location', 'location'],
  ['contact', 'other'],
  ['poll', 'other'],
  ['dice', 'other'],
  ['game', 'other'],
  ['story', 'other'],
  ['paid_media', 'other'],
  ['checklist', 'other'],
  ['invoice', 'other'],
]

/** `undefined`: nobody wrote this (somebody joined, a title changed …). */
function findMedia(message: TelegramMessage): MediaKind | undefined {
  return MEDIA.find(([field]) => message[field] !== undefined)?.[1]
}
