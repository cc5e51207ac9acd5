import type { FailureCode, SendFailure, SendOutcome } from '../channel.ts'

/** WeCom locks a chat for a minute when its limit for a minute is passed; it names no time itself. */
const LOCKED_MS = 60_000

export const WRONG_CREDENTIALS = 853_000
export const NOT_SUBSCRIBED = 846_609

export const SENTENCES = {
  wrongCredentials: '企业微信不认这个机器人的 ID 或 Secret，请在管理后台的智能机器人页面核对，改好设置后重启。',
  stopped: '企业微信智能机器人通道没有启动，消息没有发出。',
  notConnected: '与企业微信的连接断了，消息没有发出；正在自动重连，恢复后可以再发。',
  noAnswer: '企业微信没有确认收到，不确定消息是否已送达，请到会话里看一眼再决定要不要重发。',
  tooLong: '消息超过企业微信智能机器人的长度上限（20480 字节），请缩短后再发。',
  empty: '消息没有文字，企业微信不会接受。',
  buttons: '按钮不合企业微信的要求：最多 6 个选项、3 个链接，选项不能重复，数据不超过 64 字节。',
  welcomeLate: '欢迎语要在对方进入会话后 5 秒内发出，已经过时；等对方来信再答复即可。',
  replyLate: '距离对方那条消息已超过 24 小时，企业微信不再允许回复它；请改为主动发送。',
} as const

type Refusal = readonly [kind: 'permanent' | 'retryable', code: FailureCode, sentence: string]

const CREDENTIALS: Refusal = ['permanent', 'unauthorized', SENTENCES.wrongCredentials]
const GONE: Refusal = [
  'permanent',
  'chat-gone',
  '找不到这个会话：群已解散、机器人已被移出，或者会话编号不对；请让群里的人重新添加机器人并 @ 它一次。',
]
const MALFORMED: Refusal = ['permanent', 'refused', '企业微信不接受这条消息的格式，请检查文字和按钮。']
const LATE: Refusal = ['permanent', 'window-closed', '企业微信已不再接受对那条消息的回复，请改为主动发送。']

/**
 * Codes of an acknowledgement. Documented in 企业微信开发者中心《全局错误码》: -1, 4xxxx, 48002, 60011, 930xx. Known only from
 * answers of the platform that public repositories quote: 40201, 8466xx, 853000.
 */
const REFUSALS: Readonly<Record<number, Refusal>> = {
  [-1]: ['retryable', 'server', '企业微信系统繁忙，消息没有发出，可以稍后再发。'],
  40001: CREDENTIALS,
  40003: GONE,
  40008: MALFORMED,
  40058: MALFORMED,
  40201: ['permanent', 'refused', '企业微信的内容检查拦下了这条消息，请改写后再发。'],
  44004: ['permanent', 'refused', SENTENCES.empty],
  45002: ['permanent', 'too-long', SENTENCES.tooLong],
  48002: ['permanent', 'unauthorized', '这个机器人没有发消息的权限，请在管理后台开启“API 模式”的长连接方式。'],
  60011: ['permanent', 'unauthorized', '机器人无权给这个人或群发消息，请在管理后台检查机器人的可见范围。'],
  93001: ['permanent', 'blocked', '这个群不允许机器人发消息，请群主检查群设置和机器人是否还在群里。'],
  93006: GONE,
  93008: GONE,
  93017: ['permanent', 'refused', SENTENCES.empty],
  93019: CREDENTIALS,
  846605: LATE,
  846608: LATE,
  [NOT_SUBSCRIBED]: ['retryable', 'not-connected', SENTENCES.notConnected],
  [WRONG_CREDENTIALS]: CREDENTIALS,
}

/** 846607: the bot's limit for a chat (quoted answers); 45009, 45033: documented limits of calls. */
const THROTTLES: Readonly<Record<number, 'chat' | 'account'>> = { 846607: 'chat', 45009: 'account', 45033: 'account' }

/** What the refusal of a message means. */
export function describeRefusal(errorCode: number, now: Date): SendFailure {
  const scope = THROTTLES[errorCode]
  if (scope) {
    const sentence =
      scope === 'chat'
        ? '这个会话一分钟内发得太多，企业微信要求暂停，一分钟后可以再发。'
        : '机器人发得太快，企业微信要求暂停，一分钟后可以再发。'
    return { kind: 'throttled', code: 'throttled', until: new Date(now.getTime() + LOCKED_MS), scope, sentence }
  }
  const [kind, code, sentence] = REFUSALS[errorCode] ?? [
    'permanent',
    'refused',
    `企业微信不接受这次请求（错误码 ${errorCode}），请在其开发者文档查询该错误码。`,
  ]
  return { kind, code, sentence }
}

export function fail(kind: 'permanent' | 'retryable' | 'unknown', code: FailureCode, sentence: string): SendOutcome {
  return { kind: 'failed', failure: { kind, code, sentence } }
}
