import { AppError } from '../../base/errors.ts'
import type { Channel } from '../channel.ts'
import { createCounters } from '../counters.ts'
import { PLATFORM_LIMITS } from '../platform-limits.ts'
import { callQyapi, qyapiUrl } from './call-qyapi.ts'
import { createOutChannel, type OutChannelParts } from './out-channel.ts'
import { describeErrcode, describeSilence, failed, findTextRefusal, permanent } from './qyapi-failures.ts'
import { DEFAULT_API_ROOT, DEFAULT_TIMEOUT_MS } from './qyapi-client.ts'

/** One robot of one group; `name` is what the group is called here and the id of its chat. */
export type WecomRobotSettings = { name: string; timeoutMs?: number } & (
  | { key: string; apiRoot?: string }
  /** The address as 企业微信 shows it, with its key. */
  | { webhookUrl: string }
)

/**
 * 企业微信群机器人 (now 消息推送) by its webhook: text into one group, nothing comes back. Whether the address is right
 * shows only when something is sent.
 */
export function createWecomRobotChannel(settings: WecomRobotSettings, parts: OutChannelParts): Channel {
  const { name, timeoutMs = DEFAULT_TIMEOUT_MS } = settings
  const limits = PLATFORM_LIMITS['wecom-robot']
  const url = readAddress(settings)
  const counters = createCounters<string>(['sent', 'throttled', 'failed', 'unknown'])
  const out = createOutChannel(parts, counters)

  return {
    name: 'wecom-robot',
    account: name,
    capabilities: limits,
    start: () => out.start(),
    stop: () => out.stop(),

    send: (message) =>
      out.attempt(async () => {
        if (message.chat.id !== name)
          return failed(permanent('refused', `这个群机器人只在“${name}”群里，发不到别的群。`))
        const content = disarmMentions(message.text)
        const refusal = findTextRefusal(content, limits.maxBytes)
        if (refusal) return failed(refusal)
        const answer = await callQyapi({ url, body: { msgtype: 'text', text: { content } }, timeoutMs })
        const now = parts.clock.now()
        if (answer.kind !== 'answered') return failed(describeSilence(answer, now, true))
        if (answer.errcode === 0) return { kind: 'sent' }
        parts.log.debug({ errcode: answer.errcode }, 'refused by WeCom')
        return failed(describeErrcode(answer.errcode, now))
      }),

    health: () => out.health(),
    counters: () => counters.read(),
  }
}

function readAddress(settings: WecomRobotSettings): URL {
  if (!('webhookUrl' in settings)) {
    return qyapiUrl(settings.apiRoot ?? DEFAULT_API_ROOT, 'webhook/send', { key: settings.key })
  }
  const url = URL.parse(settings.webhookUrl)
  // The address is a secret and stays out of the error.
  if (!url?.searchParams.get('key')) throw new AppError('wecom-robot-address', '群机器人的 Webhook 地址不完整。')
  return url
}

/** `<@id>` in a text calls a member; with a sign of no width in it, it shows as it is. */
function disarmMentions(text: string): string {
  return text.replaceAll('<@', '<\u200b@')
}
