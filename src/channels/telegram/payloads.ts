import { z } from 'zod'

// Only what we read, Bot API 9.x/10.x (core.telegram.org/bots/api). A field that decorates a message is dropped when it
// has another shape than we know; the message itself still arrives.

const lenient = <T extends z.ZodType>(schema: T) => schema.optional().catch(undefined)

const userSchema = z.object({
  id: z.int(),
  is_bot: z.boolean(),
  first_name: z.string(),
  last_name: lenient(z.string()),
})

const chatSchema = z.object({
  id: z.int(),
  type: z.string(),
  title: lenient(z.string()),
})
export type TelegramChat = z.infer<typeof chatSchema>

const entitySchema = z.object({
  type: z.string(),
  /** In UTF-16 code units, as JavaScript counts. */
  offset: z.int().nonnegative(),
  length: z.int().nonnegative(),
  user: lenient(z.object({ id: z.int() })),
})
export type Entity = z.infer<typeof entitySchema>

const repliedSchema = z.object({
  message_id: z.int(),
  from: lenient(z.object({ id: z.int() })),
  text: lenient(z.string()),
  caption: lenient(z.string()),
  /** Every message of a forum topic replies to the message that opened it. */
  forum_topic_created: z.unknown().optional(),
})

const messageSchema = z.looseObject({
  message_id: z.int(),
  date: z.int(),
  chat: chatSchema,
  from: userSchema.optional(),
  sender_chat: lenient(chatSchema),
  text: z.string().optional(),
  caption: z.string().optional(),
  rich_message: z.unknown().optional(),
  entities: lenient(z.array(entitySchema)),
  caption_entities: lenient(z.array(entitySchema)),
  reply_to_message: lenient(repliedSchema),
  external_reply: lenient(z.object({ origin: lenient(z.object({ sender_user: lenient(z.object({ id: z.int() })) })) })),
  quote: lenient(z.object({ text: z.string() })),
  forward_origin: z.unknown().optional(),
  via_bot: z.unknown().optional(),
  is_topic_message: lenient(z.boolean()),
  message_thread_id: lenient(z.int()),
  new_chat_members: lenient(z.array(z.object({ id: z.int() }))),
  left_chat_member: lenient(z.object({ id: z.int() })),
  migrate_to_chat_id: lenient(z.int()),
})
export type TelegramMessage = z.infer<typeof messageSchema>

const keyboardSchema = z.object({
  inline_keyboard: z.array(z.array(z.object({ text: z.string(), callback_data: lenient(z.string()) }))),
})

const callbackSchema = z.object({
  id: z.string(),
  from: userSchema,
  data: lenient(z.string()),
  /** Of an old message only its id and chat are known (InaccessibleMessage); of an inline one nothing. */
  message: lenient(
    z.object({
      message_id: z.int(),
      chat: chatSchema,
      is_topic_message: lenient(z.boolean()),
      message_thread_id: lenient(z.int()),
      reply_markup: lenient(keyboardSchema),
    }),
  ),
})
export type Callback = z.infer<typeof callbackSchema>

const memberSchema = z.object({ status: z.string(), is_member: lenient(z.boolean()) })

const membershipSchema = z.object({
  chat: chatSchema,
  date: z.int(),
  old_chat_member: memberSchema,
  new_chat_member: memberSchema,
})
export type Membership = z.infer<typeof membershipSchema>

/** The number under which Telegram gives an update out again until it is confirmed. */
export const updateIdSchema = z.object({ update_id: z.int() })

export const updateSchema = z.object({
  message: messageSchema.optional(),
  callback_query: callbackSchema.optional(),
  my_chat_member: membershipSchema.optional(),
})
