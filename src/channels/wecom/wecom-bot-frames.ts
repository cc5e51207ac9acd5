import { z } from 'zod'
import type { ChannelEvent, Chat, InboundMessage, MediaKind } from '../channel.ts'
import type { WecomBotCounter } from './wecom-bot-counters.ts'
import { readMentions } from './wecom-bot-mentions.ts'
import { writeReplyHandle } from './wecom-bot-reply-handle.ts'

const wordsSchema = z.object({ content: z.string() })
/** What a message and a quote have in common; fields of media are not read. */
const contentSchema = z.object({
  msgtype: z.string(),
  text: wordsSchema.optional(),
  voice: wordsSchema.optional(),
  mixed: z.object({ msg_item: z.array(z.object({ msgtype: z.string(), text: wordsSchema.optional() })) }).optional(),
})
type Content = z.infer<typeof contentSchema>

const placeShape = {
  msgid: z.string().min(1),
  chatid: z.string().min(1).optional(),
  chattype: z.enum(['single', 'group']).default('single'),
  from: z.object({ userid: z.string().min(1) }),
  // Seconds.
  create_time: z.number().positive().max(1e11).optional().catch(undefined),
}
const headersSchema = z.object({ req_id: z.string().min(1) })

const messageSchema = z.object({
  headers: headersSchema,
  body: contentSchema.extend({ ...placeShape, quote: contentSchema.optional().catch(undefined) }),
})

const eventSchema = z.object({
  headers: headersSchema,
  body: z.object({
    ...placeShape,
    event: z.object({
      eventtype: z.string(),
      template_card_event: z.object({ event_key: z.string().min(1) }).optional(),
    }),
  }),
})
type Place = z.infer<typeof eventSchema>['body']

const kindSchema = z.object({ body: z.object({ event: z.object({ eventtype: z.string() }) }) })

const MEDIA: Readonly<Record<string, MediaKind>> = {
  text: 'text',
  image: 'picture',
  mixed: 'picture',
  voice: 'voice',
  file: 'file',
  video: 'video',
}

export interface FrameContext {
  connection: string
  now: Date
  /** What our bot is called, if known. */
  name: string | undefined
}

export type ReadFrame = { event: ChannelEvent } | { ignored: WecomBotCounter }

/** Which event a frame tells of; `undefined`: none. */
export function findEventType(frame: unknown): string | undefined {
  return kindSchema.safeParse(frame).data?.body.event.eventtype
}

/** Reads `aibot_msg_callback`. */
export function readMessageFrame(frame: unknown, context: FrameContext): ReadFrame {
  const parsed = messageSchema.safeParse(frame)
  if (!parsed.success) return { ignored: 'malformed' }
  const { body, headers } = parsed.data
  const media = MEDIA[body.msgtype]
  if (!media) return { ignored: 'ignored_kind' }
  const chat = findChat(body)
  const words = findWords(body)
  if (!chat || words === undefined) return { ignored: 'malformed' }
  const mentions =
    chat.kind === 'group' ? readMentions(words, context.name) : { text: words.trim(), us: false, everyone: false }
  const event: InboundMessage = {
    kind: 'message',
    id: body.msgid,
    chat,
    sender: { id: body.from.userid, bot: false },
    text: mentions.text,
    media: body.msgtype === 'mixed' && !hasPicture(body) ? 'text' : media,
    mentionsUs: mentions.us,
    mentionsEveryone: mentions.everyone,
    // Whose message is quoted is not told.
    repliesToUs: false,
    ...(body.quote ? { quote: { text: findWords(body.quote) ?? '', ours: false } } : {}),
    forwarded: false,
    sentAt: findTime(body, context.now),
    replyHandle: writeReplyHandle(handleOf('message', headers.req_id, context)),
  }
  return { event }
}

/** Reads `aibot_event_callback`: somebody opened the chat with us, or pressed a button. */
export function readEventFrame(frame: unknown, context: FrameContext): ReadFrame {
  const type = findEventType(frame)
  if (type !== undefined && type !== 'enter_chat' && type !== 'template_card_event') return { ignored: 'ignored_event' }
  const parsed = eventSchema.safeParse(frame)
  if (!parsed.success) return { ignored: 'malformed' }
  const { body, headers } = parsed.data
  const chat = findChat(body)
  if (!chat) return { ignored: 'malformed' }
  const sentAt = findTime(body, context.now)
  if (body.event.eventtype === 'enter_chat') {
    const replyHandle = writeReplyHandle(handleOf('enter', headers.req_id, context))
    return { event: { kind: 'joined', chat, sentAt, replyHandle } }
  }
  const button = body.event.template_card_event?.event_key
  if (button === undefined) return { ignored: 'malformed' }
  const event: InboundMessage = {
    kind: 'message',
    id: body.msgid,
    chat,
    sender: { id: body.from.userid, bot: false },
    text: '',
    media: 'other',
    mentionsUs: false,
    mentionsEveryone: false,
    repliesToUs: true,
    forwarded: false,
    button,
    sentAt,
    replyHandle: writeReplyHandle(handleOf('press', headers.req_id, context)),
  }
  return { event }
}

const handleOf = (to: 'message' | 'enter' | 'press', request: string, { connection, now }: FrameContext) => ({
  to,
  request,
  connection,
  at: now.getTime(),
})

function findChat({ chattype, chatid, from }: Pick<Place, 'chattype' | 'chatid' | 'from'>): Chat | undefined {
  if (chattype === 'single') return { id: from.userid, kind: 'private' }
  return chatid === undefined ? undefined : { id: chatid, kind: 'group' }
}

/** The words of a message, '' where it has none; `undefined`: they are missing. */
function findWords(content: Content): string | undefined {
  if (content.msgtype === 'text') return content.text?.content
  if (content.msgtype === 'voice') return content.voice?.content
  if (content.msgtype !== 'mixed') return ''
  return content.mixed?.msg_item.flatMap(({ text }) => (text ? [text.content] : [])).join('\n')
}

const hasPicture = (content: Content): boolean =>
  content.mixed?.msg_item.some(({ msgtype }) => msgtype !== 'text') ?? false

const findTime = ({ create_time }: Pick<Place, 'create_time'>, now: Date): Date =>
  create_time === undefined ? now : new Date(create_time * 1000)
