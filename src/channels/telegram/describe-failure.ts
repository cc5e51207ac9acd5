import type { Chat, FailureCode, SendFailure } from '../channel.ts'
import type { TelegramCallError } from './call-error.ts'

/** How long to hold back where Telegram does not say it. */
const DEFAULT_RETRY_AFTER_SECONDS = 5

export const SENTENCES = {
  unauthorized: '机器人令牌无效或已被撤销，请在 @BotFather 核对令牌，更新设置后重启。',
  notConnected: '连不上 Telegram（网络或代理不通），消息没有发出，请检查网络和代理设置。',
  stopped: 'Telegram 通道没有启动，消息没有发出。',
  tooLong: '消息超过 Telegram 的长度上限，请缩短后再发。',
  badButton: '按钮的数据超过 64 字节或为空，Telegram 不会接受，请改短。',
  badChat: '会话编号不是 Telegram 的数字编号，无法发送。',
  empty: '消息没有文字，Telegram 不会接受。',
} as const

/**
 * What the Bot API says when it refuses, by its description; the wording is that of tdlib/telegram-bot-api
 * (telegram-bot-api/Client.cpp) and of the errors it passes on. The first line that fits counts.
 */
const REFUSALS: readonly (readonly [says: RegExp, code: FailureCode, sentence: string])[] = [
  [/message is too long|MESSAGE_TOO_LONG/i, 'too-long', SENTENCES.tooLong],
  [/blocked by the user|USER_IS_BLOCKED/i, 'blocked', '对方屏蔽了机器人，消息发不过去；对方重新启用机器人后才能再发。'],
  [
    /initiate conversation/i,
    'blocked',
    '对方还没有和机器人说过话，Telegram 不允许机器人先开口；请对方先给机器人发一条消息。',
  ],
  [/deactivated|INPUT_USER_DEACTIVATED/i, 'chat-gone', '对方的 Telegram 账号已注销，以后不必再发。'],
  [
    /was kicked|not a member|chat was deleted|CHANNEL_PRIVATE/i,
    'chat-gone',
    '机器人已不在这个群里，或者群已解散；需要的话请群管理员重新把它拉进群。',
  ],
  [
    /chat not found|PEER_ID_INVALID|CHAT_ID_INVALID/i,
    'chat-gone',
    '找不到这个会话：可能已经不存在，或者对方从没和机器人说过话。',
  ],
  [
    /rights|WRITE_FORBIDDEN|CHAT_SEND_\w+_FORBIDDEN|CHAT_RESTRICTED|TOPIC_CLOSED|CHAT_GUEST_SEND_FORBIDDEN|CHAT_ADMIN_REQUIRED/i,
    'blocked',
    '机器人在这个群里没有发言权限，请群管理员允许它发言。',
  ],
  [/upgraded to a supergroup/i, 'chat-gone', '这个群已升级为超级群，但 Telegram 没有给出新编号；等群里来新消息即可。'],
  [
    /message to delete not found|message identifier is not specified|MESSAGE_ID_INVALID/i,
    'refused',
    '要撤回的消息已经不在了。',
  ],
  [/message can't be deleted/i, 'window-closed', 'Telegram 不让撤回这条消息：多半已超过 48 小时，请改发更正。'],
]

/** The outcome of a call about `chat` that brought no result. */
export function describeFailure(error: TelegramCallError, chat: Chat, now: Date): SendFailure {
  if (error.reason === 'not-connected' || error.reason === 'stopped') {
    return { kind: 'retryable', code: 'not-connected', sentence: SENTENCES.notConnected }
  }
  if (error.reason === 'timeout') {
    const sentence = 'Telegram 没有及时答复，不确定消息是否已送达，请到会话里看一眼再决定要不要重发。'
    return { kind: 'unknown', code: 'timeout', sentence }
  }
  if (error.reason === 'broken') return serverFailure
  return describeRefusal(error, chat, now)
}

/** The Bot API's server waits for Telegram to confirm each message: an error of its own says nothing of the message. */
const serverFailure: SendFailure = {
  kind: 'unknown',
  code: 'server',
  sentence: 'Telegram 服务器出错，不确定消息是否已送达，请到会话里看一眼再决定要不要重发。',
}

function describeRefusal(error: TelegramCallError, chat: Chat, now: Date): SendFailure {
  const { errorCode = 0, description } = error
  if (errorCode === 429) {
    const seconds = error.retryAfterSeconds ?? DEFAULT_RETRY_AFTER_SECONDS
    return {
      kind: 'throttled',
      code: 'throttled',
      until: new Date(now.getTime() + seconds * 1000),
      scope: chat.kind === 'group' || /chat|group/i.test(description) ? 'chat' : 'account',
      sentence: `发送太快，Telegram 要求等 ${seconds} 秒后再发。`,
    }
  }
  // 404 is the answer to a token that is not even one.
  if (errorCode === 401 || errorCode === 404) return permanent('unauthorized', SENTENCES.unauthorized)
  if (errorCode >= 500) return serverFailure
  if (error.migratedTo !== undefined) {
    return {
      ...permanent('chat-moved', '这个群已升级为超级群，编号变了，请改用新编号发送。'),
      movedTo: String(error.migratedTo),
    }
  }
  if (errorCode === 413) return permanent('too-long', SENTENCES.tooLong)
  const known = REFUSALS.find(([says]) => says.test(description))
  if (known) return permanent(known[1], known[2])
  if (errorCode === 403) return permanent('blocked', 'Telegram 不允许机器人给这个会话发消息。')
  return permanent('refused', 'Telegram 不接受这次请求，请检查文字、按钮和会话。')
}

export function permanent(code: FailureCode, sentence: string): SendFailure {
  return { kind: 'permanent', code, sentence }
}
