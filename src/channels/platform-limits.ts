import type { Capabilities, ChannelName } from './channel.ts'

/** What the platforms allow, in one place. `verifiedOn`: the day somebody read it in the platform's own documentation. */
export interface PlatformLimits extends Capabilities {
  verifiedOn: string | null
  /** Where it stands. */
  source: string
}

const MINUTE_MS = 60_000
const HOUR_MS = 3_600_000
const DAY_MS = 86_400_000

export const PLATFORM_LIMITS: Record<ChannelName, PlatformLimits> = {
  telegram: {
    groups: true,
    proactive: true,
    quoteIn: true,
    replyTo: true,
    buttons: { max: 3, labelSigns: 12 },
    markdown: false,
    // Telegram counts 4096 UTF-16 units; as many bytes of UTF-8 are the stricter measure.
    maxBytes: 4096,
    replyWindowMs: null,
    repliesPerInbound: null,
    rates: [
      { per: 'account', count: 30, windowMs: 1000 },
      { per: 'chat', count: 1, windowMs: 1000 },
      { per: 'group', count: 20, windowMs: MINUTE_MS },
    ],
    idempotent: false,
    recall: true,
    needsHumanConfirm: false,
    verifiedOn: '2026-11-22',
    source: 'Telegram Bots FAQ, Broadcasting to Users; Bot API, sendMessage',
  },
  wechaty: {
    groups: true,
    proactive: true,
    quoteIn: true,
    replyTo: false,
    buttons: null,
    markdown: false,
    maxBytes: 2048,
    replyWindowMs: null,
    repliesPerInbound: null,
    // Our own caps, for what nobody asked for: personal accounts that send more get banned. Answers count for the day.
    rates: [
      { per: 'group', count: 1, windowMs: 30 * MINUTE_MS },
      { per: 'account', count: 200, windowMs: DAY_MS },
    ],
    idempotent: false,
    recall: false,
    needsHumanConfirm: false,
    verifiedOn: null,
    source: 'own caps, no published limits',
  },
  'wecom-bot': {
    groups: true,
    proactive: true,
    quoteIn: true,
    replyTo: true,
    buttons: { max: 6, labelSigns: 10 },
    markdown: true,
    maxBytes: 20_480,
    replyWindowMs: DAY_MS,
    repliesPerInbound: null,
    rates: [
      { per: 'chat', count: 30, windowMs: MINUTE_MS },
      { per: 'chat', count: 1000, windowMs: HOUR_MS },
    ],
    idempotent: false,
    recall: false,
    needsHumanConfirm: false,
    verifiedOn: null,
    source: '企业微信开发者中心《智能机器人长连接》',
  },
  'wecom-robot': {
    groups: true,
    proactive: true,
    quoteIn: false,
    replyTo: false,
    buttons: null,
    markdown: false,
    maxBytes: 2048,
    replyWindowMs: null,
    repliesPerInbound: null,
    rates: [{ per: 'account', count: 20, windowMs: MINUTE_MS }],
    idempotent: false,
    recall: false,
    needsHumanConfirm: false,
    verifiedOn: null,
    source: '企业微信开发者中心《群机器人配置说明》',
  },
  'wecom-app': {
    groups: false,
    proactive: true,
    quoteIn: false,
    replyTo: false,
    buttons: null,
    markdown: false,
    maxBytes: 2048,
    replyWindowMs: null,
    repliesPerInbound: null,
    rates: [
      { per: 'member', count: 30, windowMs: MINUTE_MS },
      { per: 'member', count: 1000, windowMs: HOUR_MS },
    ],
    // Of the same key with the same text within four hours; see wecom-app-channel.ts.
    idempotent: true,
    recall: true,
    needsHumanConfirm: false,
    verifiedOn: null,
    source: '企业微信开发者中心《发送应用消息》《撤回应用消息》《访问频率限制》（path/90236、96460、90454）',
  },
  'wecom-mass': {
    groups: true,
    proactive: true,
    quoteIn: false,
    replyTo: false,
    buttons: null,
    markdown: false,
    maxBytes: 4000,
    replyWindowMs: null,
    repliesPerInbound: null,
    // A group may get as many a month as the month has days, what members send on their own included.
    rates: [{ per: 'group', count: 28, windowMs: 31 * DAY_MS }],
    idempotent: false,
    recall: false,
    needsHumanConfirm: true,
    verifiedOn: null,
    source: '企业微信开发者中心《创建企业群发》（path/92135）',
  },
}
