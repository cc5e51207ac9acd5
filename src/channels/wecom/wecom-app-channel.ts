import { z } from 'zod'
import type { Channel, SendFailure, SendOutcome } from '../channel.ts'
import { createCounters } from '../counters.ts'
import { PLATFORM_LIMITS } from '../platform-limits.ts'
import { createOutChannel, type OutChannelParts } from './out-channel.ts'
import { createQyapiClient, DEFAULT_API_ROOT, DEFAULT_TIMEOUT_MS, type PostResult } from './qyapi-client.ts'
import { failed, findTextRefusal, isGlobalErrcode, permanent } from './qyapi-failures.ts'
import { createMemberQuota } from './wecom-app-member-quota.ts'
import { createRepeats } from './wecom-app-repeats.ts'

export interface WecomAppSettings {
  corpId: string
  agentId: number
  secret: string
  apiRoot?: string
  /** How long one request may take. */
  timeoutMs?: number
}

/** The longest that the platform offers. */
const DUPLICATE_CHECK_SECONDS = 4 * 3600

/** As 企业微信 defines a UserID. Anything else could be `@all` or a list of members. */
const MEMBER_ID = /^[a-z0-9][a-z0-9_.@-]{0,63}$/i

const sentSchema = z.object({
  msgid: z.string().optional(),
  invaliduser: z.string().optional(),
  unlicenseduser: z.string().optional(),
})

/**
 * 企业微信应用消息: text to a member of the enterprise. What members write to the application (an encrypted callback) is
 * not read.
 *
 * `idempotent` holds for a key that is sent again with the same text to the same member within four hours of the first
 * time: 企业微信 then takes it and shows it once. It compares contents, so two messages with different keys and the same
 * text would show once too; the second is therefore sent unchecked, always arrives, and its own repetition may show
 * twice. After a restart the first use is forgotten and such a second message can be swallowed.
 */
export function createWecomAppChannel(settings: WecomAppSettings, parts: OutChannelParts): Channel {
  const { corpId, agentId, secret, apiRoot = DEFAULT_API_ROOT, timeoutMs = DEFAULT_TIMEOUT_MS } = settings
  const { clock, log } = parts
  const limits = PLATFORM_LIMITS['wecom-app']
  const counters = createCounters<string>([
    'sent',
    'recalled',
    'throttled',
    'failed',
    'unknown',
    'held_back',
    'sent_unchecked',
    'token_fetches',
  ])
  const client = createQyapiClient({ corpId, secret, apiRoot, timeoutMs }, { clock, log, counters })
  const out = createOutChannel(parts, counters, () => client.check())
  const quota = createMemberQuota(limits.rates, clock)
  const repeats = createRepeats(DUPLICATE_CHECK_SECONDS * 1000, clock)

  /** The same key, member and text give the same bytes: that is what the duplicate check compares. */
  function buildMessage(member: string, content: string, key: string): object {
    const another = repeats.isAnother(`${member.toLowerCase()}\n${content}`, key)
    if (another) counters.add('sent_unchecked')
    return {
      touser: member,
      msgtype: 'text',
      agentid: agentId,
      text: { content },
      ...(another
        ? { enable_duplicate_check: 0 }
        : { enable_duplicate_check: 1, duplicate_check_interval: DUPLICATE_CHECK_SECONDS }),
    }
  }

  async function sendText(member: string, text: string, key: string): Promise<SendOutcome> {
    if (!MEMBER_ID.test(member)) return failed(permanent('refused', '成员账号的写法不对，企业微信不会接受。'))
    const content = disarmLinks(text)
    const refusal = findTextRefusal(content, limits.maxBytes) ?? findQuotaRefusal(member)
    if (refusal) return failed(refusal)
    const takeBack = quota.count(member.toLowerCase())
    const result = await client.post('message/send', buildMessage(member, content, key), { sending: true })
    const outcome = readSent(result)
    if (outcome.kind === 'failed' && outcome.failure.kind !== 'unknown') takeBack()
    return outcome
  }

  function findQuotaRefusal(member: string): SendFailure | undefined {
    const until = quota.findWait(member.toLowerCase())
    if (!until) return undefined
    counters.add('held_back')
    const sentence =
      '发给这个成员的消息已到企业微信的上限（每分钟 30 条、每小时 1000 条），再发会被悄悄丢弃，所以先不发。'
    return { kind: 'throttled', code: 'throttled', until, scope: 'chat', sentence }
  }

  return {
    name: 'wecom-app',
    account: `${corpId}:${agentId}`,
    capabilities: limits,
    start: () => out.start(),
    stop: () => out.stop(),
    send: ({ chat, text, key }) => out.attempt(() => sendText(chat.id, text, key)),

    /** Only within 24 h and only in 企业微信 itself: those who read it in 微信 keep it. */
    recall: (_chat, messageId) =>
      out.attempt(
        async () => {
          const result = await client.post('message/recall', { msgid: messageId }, { sending: false })
          if (result.kind === 'ok') return { kind: 'sent', messageId }
          const { errcode, failure } = result
          if (errcode === undefined || isGlobalErrcode(errcode)) return failed(failure)
          return failed(permanent('window-closed', '没有撤回：多半已超过 24 小时，或者消息已不在，请改发更正。'))
        },
        { counted: 'recalled' },
      ),

    health: () => out.health(),
    counters: () => counters.read(),
  }
}

function readSent(result: PostResult): SendOutcome {
  if (result.kind === 'failed') return failed(result.failure)
  const { msgid, invaliduser = '', unlicenseduser = '' } = sentSchema.safeParse(result.body).data ?? {}
  if (invaliduser !== '') {
    return failed(permanent('chat-gone', '企业微信里没有这个成员，或者他不在应用的可见范围内，消息没有送达。'))
  }
  if (unlicenseduser !== '') {
    return failed(permanent('blocked', '这个成员没有企业微信的基础接口许可（或已过期），请企业微信管理员为他开通。'))
  }
  return { kind: 'sent', ...(msgid === undefined ? {} : { messageId: msgid }) }
}

/** `<a href=…>` in a text becomes a link; with a sign of no width in it, it shows as it is. */
function disarmLinks(text: string): string {
  return text.replace(/<(?=\/?a[\s>])/gi, '<\u200b')
}
