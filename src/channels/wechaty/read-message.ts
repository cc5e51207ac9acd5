import type { InboundMessage, MediaKind } from '../channel.ts'
import type { MessagePayload } from './payloads.ts'
import { looksLikeXml, readAppMessage, type AppMessage, type QuotedMessage } from './read-app-message.ts'
import { readMentions } from './read-mentions.ts'
import { readQuote } from './read-quote.ts'
import { findElement, readAttribute, readXml } from './read-xml.ts'

/** Why a message goes no further. */
export type Ignored = 'own' | 'recalled' | 'system' | 'money' | 'unknown'

/** What has to be asked of the puppet to understand a message; everything is answered in bounded time. */
export interface Surroundings {
  ourId: string
  findContact(id: string): Promise<{ name: string; type: number } | undefined>
  findTopic(roomId: string): Promise<string | undefined>
  /** How we are called in this room, or in private. */
  findOurNames(roomId: string | undefined): Promise<readonly string[]>
  findMemberNames(roomId: string): Promise<readonly string[]>
  findLink(messageId: string): Promise<{ title: string; url: string } | undefined>
  /** Whether we said this in that chat not long ago. */
  saidByUs(chatId: string, text: string): boolean
}

/** Numbers of `MessageType` of wechaty-puppet; repeated here because the package is loaded only when the channel starts. */
const TEXT = 7
const RECALLED = 13
const MONEY: readonly number[] = [11, 12]
const MEDIA: Record<number, MediaKind> = {
  1: 'file',
  2: 'voice',
  3: 'other',
  4: 'text',
  5: 'sticker',
  6: 'picture',
  [TEXT]: 'text',
  8: 'location',
  9: 'other',
  10: 'other',
  14: 'link',
  15: 'video',
  16: 'other',
}
/** Their text is what the sender wrote, not a description of a file. */
const WORDED: readonly number[] = [TEXT, 10, 16]
const CHAT_RECORD = 4

/** Numbers of `ContactType`: official and corporate accounts. */
const PROGRAMS: readonly number[] = [2, 3]
const WECHATS_OWN: readonly string[] = ['weixin', 'fmessage', 'filehelper', 'newsapp', 'notifymessage', 'medianote']

/** A message as chat takes it, or why nothing comes of it. */
export async function readMessage(payload: MessagePayload, around: Surroundings): Promise<InboundMessage | Ignored> {
  const { talkerId, roomId, type } = payload
  if (talkerId === around.ourId) return 'own'
  if (type === RECALLED) return 'recalled'
  if (MONEY.includes(type)) return 'money'
  if (WECHATS_OWN.includes(talkerId) || payload.text.includes('<sysmsg')) return 'system'
  const content = await readContent(payload, around)
  if (typeof content === 'string') return content

  const contact = await around.findContact(talkerId)
  const chatId = roomId ?? talkerId
  const title = roomId === undefined ? undefined : await around.findTopic(roomId)
  const ours = content.quoted ? await isOurs(content.quoted, chatId, roomId, around) : false
  const mentions = await readWhoIsMeant(content, payload, around)
  return {
    kind: 'message',
    id: payload.id,
    chat: { id: chatId, kind: roomId === undefined ? 'private' : 'group', ...(title ? { title } : {}) },
    sender: { id: talkerId, ...(contact?.name ? { name: contact.name } : {}), bot: isProgram(talkerId, contact?.type) },
    text: mentions.text,
    media: content.media,
    mentionsUs: mentions.us,
    mentionsEveryone: mentions.everyone,
    repliesToUs: ours,
    ...(content.quoted ? { quote: toQuote(content.quoted, ours) } : {}),
    forwarded: content.forwarded,
    sentAt: payload.timestamp,
    replyHandle: '',
  }
}

interface Content {
  media: MediaKind
  text: string
  quoted?: QuotedMessage
  forwarded: boolean
}

async function readContent(payload: MessagePayload, around: Surroundings): Promise<Content | Ignored> {
  const { type, text } = payload
  if (looksLikeXml(text)) {
    const app = readAppMessage(text)
    if (app) return fromApp(app, payload)
  } else if (type === TEXT) {
    const quote = readQuote(text)
    return quote ? { media: 'text', forwarded: false, ...quote } : said('text', text)
  }
  const media = MEDIA[type]
  switch (media) {
    case undefined:
      return 'unknown'
    case 'link': {
      const link = await around.findLink(payload.id)
      return said('link', joinLines(link?.title, link?.url))
    }
    case 'location': {
      const place = findElement(readXml(text), 'location')
      return said('location', joinLines(readAttribute(place, 'poiname'), readAttribute(place, 'label')))
    }
    case 'file':
      return said('file', payload.filename)
    default:
      return {
        media,
        text: (WORDED.includes(type) || type === CHAT_RECORD) && !looksLikeXml(text) ? text : '',
        forwarded: type === CHAT_RECORD,
      }
  }
}

function fromApp(app: AppMessage, payload: MessagePayload): Content | Ignored {
  switch (app.kind) {
    case 'quote':
      return { media: 'text', text: app.text, quoted: app.quoted, forwarded: false }
    case 'record':
      return { media: 'text', text: app.text, forwarded: true }
    case 'link':
      return said('link', joinLines(app.title, app.url))
    case 'file':
      return said('file', payload.filename || app.title)
    case 'money':
      return 'money'
    case 'text':
    case 'other':
      return said(app.kind, app.title)
  }
}

/** Mentions are looked for in what was said, not in what is quoted: puppets that search the text name whoever stands in either. */
async function readWhoIsMeant(
  { text, quoted }: Content,
  { roomId, mentionIdList }: MessagePayload,
  around: Surroundings,
): Promise<{ us: boolean; everyone: boolean; text: string }> {
  if (roomId === undefined) return { us: false, everyone: false, text: text.trim() }
  const quotesMention = quoted !== undefined && /[@＠]/u.test(quoted.text)
  const mentioned = quotesMention ? undefined : (mentionIdList ?? undefined)
  if (!/[@＠]/u.test(text) && !mentioned?.length) return { us: false, everyone: false, text: text.trim() }
  const ourNames = await around.findOurNames(roomId)
  const memberNames = () => around.findMemberNames(roomId)
  const mentions = await readMentions(text, { ourId: around.ourId, ourNames, mentioned, memberNames })
  return { ...mentions, text: mentions.text.trim() }
}

/** Puppets seldom say whose message is quoted: then its sender's name decides, or that we said these words. */
async function isOurs(
  quoted: QuotedMessage,
  chatId: string,
  roomId: string | undefined,
  around: Surroundings,
): Promise<boolean> {
  if (quoted.senderId !== undefined) return quoted.senderId === around.ourId
  if (around.saidByUs(chatId, quoted.text)) return true
  return quoted.name !== undefined && (await around.findOurNames(roomId)).includes(quoted.name)
}

function toQuote({ text, messageId }: QuotedMessage, ours: boolean): NonNullable<InboundMessage['quote']> {
  return { text, ours, ...(messageId === undefined ? {} : { messageId }) }
}

/** People who write from 企业微信 (`@openim`) count as people, whatever type their puppet gives them. */
function isProgram(id: string, type: number | undefined): boolean {
  if (id.startsWith('gh_')) return true
  return !id.endsWith('@openim') && type !== undefined && PROGRAMS.includes(type)
}

function said(media: MediaKind, text: string): Content {
  return { media, text: text.trim(), forwarded: false }
}

function joinLines(...lines: (string | undefined)[]): string {
  return lines.filter((line) => line !== undefined && line !== '').join('\n')
}
