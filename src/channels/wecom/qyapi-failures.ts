import type { FailureCode, SendFailure, SendOutcome } from '../channel.ts'
import type { QyapiAnswer } from './call-qyapi.ts'

/** The access token is wrong or has expired: a new one may help. */
export const TOKEN_ERRCODES: readonly number[] = [40014, 41001, 42001]

/** 企业微信 blocks for as long as the window that was exceeded; it does not say which, the shortest is a minute. */
const RATE_BLOCK_MS = 60_000
const CONCURRENCY_BLOCK_MS = 5000

type Row = readonly [errcodes: readonly number[], code: FailureCode, sentence: string]

/** 企业微信开发者中心《全局错误码》, the ones that sending can meet and that never go away by themselves. */
const PERMANENT: readonly Row[] = [
  [
    [40001, 40091, 41004],
    'unauthorized',
    '企业微信说应用的 Secret 不对：请到管理后台的应用详情里核对 Secret，改好设置后重启。',
  ],
  [[40013, 41002], 'unauthorized', '企业微信说企业 ID（CorpID）不对：请到管理后台“我的企业”里核对，改好设置后重启。'],
  [
    TOKEN_ERRCODES,
    'unauthorized',
    '企业微信不认访问凭证，重新获取后仍被拒绝：请核对企业 ID 和 Secret 是不是同一个应用的。',
  ],
  [
    [40056, 41011, 301002],
    'unauthorized',
    '应用编号（AgentId）不对，或者 Secret 不是这个应用的：请到管理后台的应用详情里核对。',
  ],
  [[50003], 'unauthorized', '这个应用已被停用：请企业微信管理员在管理后台重新启用。'],
  [
    [48002, 48004],
    'unauthorized',
    '应用没有这个接口的权限：请企业微信管理员授权；客户群群发要把应用加进“客户联系—可调用接口的应用”。',
  ],
  [
    [60020],
    'unauthorized',
    '服务器的出口 IP 不在“企业可信IP”里：请企业微信管理员到应用详情的“企业可信IP”加上本服务器的公网 IP。',
  ],
  [
    [93000],
    'unauthorized',
    '群机器人的 Webhook 地址无效，或者机器人已被移出群：请在群里重新添加机器人，把新的地址填进设置。',
  ],
  [
    [40003, 40031, 60111, 81013, 82001],
    'chat-gone',
    '企业微信里找不到这个成员，或者他不在应用的可见范围内：请核对成员账号和应用的可见范围。',
  ],
  [[40050, 40096, 84061, 86001, 86003, 90501], 'chat-gone', '企业微信里找不到这个客户群：请核对群编号，群可能已解散。'],
  [[50002, 60011], 'refused', '对方不在应用的权限范围内：请企业微信管理员调整应用的可见范围。'],
  [[45002], 'too-long', '消息超过企业微信的长度上限，请缩短后再发。'],
  [[85002], 'refused', '企业微信说消息里有不允许的词语，请改一改再发。'],
]

const findRow = (errcode: number) => PERMANENT.find(([errcodes]) => errcodes.includes(errcode))

/** What a non-zero error code means for the message. */
export function describeErrcode(errcode: number, now: Date): SendFailure {
  if (errcode === -1 || errcode === 6000) {
    return { kind: 'retryable', code: 'server', sentence: '企业微信系统繁忙，消息没有发出，稍后可以重发。' }
  }
  if (errcode === 45009) {
    return throttled('account', RATE_BLOCK_MS, now, '发送太快，企业微信暂停接收，至少等一分钟再发。')
  }
  if (errcode === 45033) {
    return throttled('account', CONCURRENCY_BLOCK_MS, now, '同时发送的消息太多，企业微信要求慢一点，稍等几秒再发。')
  }
  const known = findRow(errcode)
  if (known) return permanent(known[1], known[2])
  return permanent('refused', `企业微信不接受这次请求（错误码 ${errcode}），请按这个错误码查企业微信的《全局错误码》。`)
}

/** Whether the table knows `errcode`; other codes belong to one interface. */
export function isGlobalErrcode(errcode: number): boolean {
  return [-1, 6000, 45009, 45033].includes(errcode) || findRow(errcode) !== undefined
}

/** What a request that brought no error code means; `sending` = it would have sent something. */
export function describeSilence(
  answer: Exclude<QyapiAnswer, { kind: 'answered' }>,
  now: Date,
  sending: boolean,
): SendFailure {
  switch (answer.kind) {
    case 'not-sent':
      return { kind: 'retryable', code: 'not-connected', sentence: '连不上企业微信（网络不通），请检查服务器的网络。' }
    case 'refused':
      if (answer.status === 429) return throttled('account', RATE_BLOCK_MS, now, '发送太快，企业微信要求等一分钟再发。')
      return permanent('refused', `企业微信的地址不对（HTTP ${answer.status}），请检查接口地址的设置。`)
    case 'timeout':
      return sending
        ? unknown('timeout', '企业微信没有及时答复，不确定消息是否已送达，请看一眼再决定要不要重发。')
        : { kind: 'retryable', code: 'timeout', sentence: '企业微信没有及时答复，稍后再试。' }
    case 'broken':
      return sending
        ? unknown('server', '企业微信的答复中断或看不懂，不确定消息是否已送达，请看一眼再决定要不要重发。')
        : { kind: 'retryable', code: 'server', sentence: '企业微信的答复中断或看不懂，稍后再试。' }
  }
}

export function permanent(code: FailureCode, sentence: string): SendFailure {
  return { kind: 'permanent', code, sentence }
}

export function throttled(scope: 'chat' | 'account', waitMs: number, now: Date, sentence: string): SendFailure {
  return { kind: 'throttled', code: 'throttled', until: new Date(now.getTime() + waitMs), scope, sentence }
}

function unknown(code: FailureCode, sentence: string): SendFailure {
  return { kind: 'unknown', code, sentence }
}

export function failed(failure: SendFailure): SendOutcome {
  return { kind: 'failed', failure }
}

/** What 企业微信 would refuse or cut off anyway. */
export function findTextRefusal(text: string, maxBytes: number): SendFailure | undefined {
  if (text.trim() === '') return permanent('refused', '消息没有文字，企业微信不会接受。')
  if (Buffer.byteLength(text) > maxBytes) {
    return permanent('too-long', `消息超过 ${maxBytes} 字节，企业微信不会完整送达，请缩短后再发。`)
  }
  return undefined
}
