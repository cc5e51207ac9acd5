import { Api, GrammyError, HttpError } from 'grammy'
import { z } from 'zod'
import { TelegramCallError } from './call-error.ts'
import { createConnectAgent, NOT_CONNECTED } from './connect-agent.ts'

/** What we ask Telegram to tell us of; everything else stays there. */
export const UPDATE_KINDS = ['message', 'callback_query', 'my_chat_member'] as const

const botSchema = z.object({
  id: z.int(),
  username: z.string(),
  can_read_all_group_messages: z.boolean().optional(),
})
/** Our account. */
export type Bot = z.infer<typeof botSchema>

const webhookInfoSchema = z.object({
  url: z.string(),
  pending_update_count: z.int(),
  last_error_date: z.int().optional(),
})
export type WebhookInfo = z.infer<typeof webhookInfoSchema>

export interface TextMessage {
  chatId: number
  text: string
  /** The message that it answers and the topic of a forum in which it stands. */
  replyTo?: { messageId: number; threadId?: number }
  buttons: ({ text: string; callback_data: string } | { text: string; url: string })[]
}

/** The few calls of the Bot API that we make. Each one is made once and fails with a `TelegramCallError`. */
export interface BotApi {
  getMe(stop?: AbortSignal): Promise<Bot>
  /** Unread updates as they came; asks Telegram to wait up to `waitSeconds` for one. */
  getUpdates(offset: number | undefined, limit: number, waitSeconds: number, stop?: AbortSignal): Promise<unknown[]>
  setWebhook(url: string, secret: string, stop?: AbortSignal): Promise<void>
  deleteWebhook(stop?: AbortSignal): Promise<void>
  getWebhookInfo(stop?: AbortSignal): Promise<WebhookInfo>
  /** The id of the sent message, as far as the answer says it. */
  sendText(message: TextMessage): Promise<number | undefined>
  deleteMessage(chatId: number, messageId: number): Promise<void>
  answerCallback(callbackId: string): Promise<void>
  /** `creator`, `administrator`, `member` … */
  getMemberStatus(chatId: number, userId: number): Promise<string>
  leaveChat(chatId: number): Promise<void>
  close(): void
}

/** How long Telegram may take to answer a poll beyond the time it was asked to wait. */
const POLL_SLACK_MS = 10_000

export function createBotApi(settings: {
  token: string
  apiRoot: string
  proxyUrl?: string
  timeoutMs: number
}): BotApi {
  const { timeoutMs } = settings
  const agent = createConnectAgent(settings.apiRoot, settings.proxyUrl, Math.min(timeoutMs / 2, 5000))
  const { raw } = new Api(settings.token, {
    apiRoot: settings.apiRoot.replace(/\/+$/, ''),
    baseFetchConfig: { agent, compress: true },
  })

  async function call<T>(
    run: (signal: GrammySignal) => Promise<unknown>,
    schema: z.ZodType<T>,
    options: { stop?: AbortSignal | undefined; limitMs?: number } = {},
  ): Promise<T> {
    const { stop } = options
    const controller = new AbortController()
    const timer = setTimeout(() => controller.abort('timeout'), options.limitMs ?? timeoutMs)
    const halt = () => controller.abort('stopped')
    if (stop?.aborted) halt()
    stop?.addEventListener('abort', halt)
    try {
      // grammY names the signal of the abort-controller package, which is the standard one in an older type.
      const result = await run(controller.signal as unknown as GrammySignal)
      const parsed = schema.safeParse(result)
      if (!parsed.success) throw new TelegramCallError('broken')
      return parsed.data
    } catch (error) {
      throw toCallError(error, controller.signal)
    } finally {
      clearTimeout(timer)
      stop?.removeEventListener('abort', halt)
    }
  }

  return {
    getMe: (stop) => call((signal) => raw.getMe(signal), botSchema, { stop }),
    getUpdates: (offset, limit, waitSeconds, stop) =>
      call(
        (signal) =>
          raw.getUpdates(
            {
              ...(offset === undefined ? {} : { offset }),
              limit,
              timeout: waitSeconds,
              allowed_updates: UPDATE_KINDS,
            },
            signal,
          ),
        z.array(z.unknown()),
        { stop, limitMs: waitSeconds * 1000 + Math.min(POLL_SLACK_MS, timeoutMs) },
      ),
    async setWebhook(url, secret, stop) {
      const webhook = { url, secret_token: secret, allowed_updates: UPDATE_KINDS, drop_pending_updates: false }
      await call((signal) => raw.setWebhook(webhook, signal), z.unknown(), { stop })
    },
    async deleteWebhook(stop) {
      await call((signal) => raw.deleteWebhook({ drop_pending_updates: false }, signal), z.unknown(), { stop })
    },
    getWebhookInfo: (stop) => call((signal) => raw.getWebhookInfo(signal), webhookInfoSchema, { stop }),
    async sendText({ chatId, text, replyTo, buttons }) {
      const payload = {
        chat_id: chatId,
        text,
        link_preview_options: { is_disabled: true },
        ...(replyTo === undefined
          ? {}
          : {
              reply_parameters: { message_id: replyTo.messageId, allow_sending_without_reply: true },
              ...(replyTo.threadId === undefined ? {} : { message_thread_id: replyTo.threadId }),
            }),
        // One to a row: labels of twelve signs are cut side by side.
        ...(buttons.length === 0 ? {} : { reply_markup: { inline_keyboard: buttons.map((button) => [button]) } }),
      }
      const sent = await call((signal) => raw.sendMessage(payload, signal), z.unknown())
      return z.object({ message_id: z.int().positive() }).safeParse(sent).data?.message_id
    },
    async deleteMessage(chatId, messageId) {
      await call((signal) => raw.deleteMessage({ chat_id: chatId, message_id: messageId }, signal), z.unknown())
    },
    async answerCallback(callbackId) {
      await call((signal) => raw.answerCallbackQuery({ callback_query_id: callbackId }, signal), z.unknown())
    },
    async getMemberStatus(chatId, userId) {
      const member = await call(
        (signal) => raw.getChatMember({ chat_id: chatId, user_id: userId }, signal),
        z.object({ status: z.string() }),
      )
      return member.status
    },
    async leaveChat(chatId) {
      await call((signal) => raw.leaveChat({ chat_id: chatId }, signal), z.unknown())
    },
    close: () => agent.destroy(),
  }
}

type GrammySignal = NonNullable<Parameters<Api['raw']['getMe']>[0]>

function toCallError(error: unknown, signal: AbortSignal): TelegramCallError {
  if (error instanceof TelegramCallError) return error
  if (error instanceof GrammyError) {
    const { retry_after: retryAfterSeconds, migrate_to_chat_id: migratedTo } = error.parameters
    return new TelegramCallError('refused', {
      errorCode: error.error_code,
      description: error.description,
      ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
      ...(migratedTo === undefined ? {} : { migratedTo }),
    })
  }
  const cause = error instanceof HttpError ? error.error : error
  const code = typeof cause === 'object' && cause !== null && 'code' in cause ? cause.code : undefined
  if (code === NOT_CONNECTED) return new TelegramCallError('not-connected')
  if (signal.aborted) return new TelegramCallError(signal.reason === 'stopped' ? 'stopped' : 'timeout')
  return new TelegramCallError('broken')
}
