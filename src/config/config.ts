import { resolve } from 'node:path'
import { z } from 'zod'
import { AppError } from '../base/errors.ts'
import type { Settings } from './env.ts'

const hostName = z.string().regex(/^[A-Za-z0-9.:[\]-]{1,255}$/, 'must be a host name or address')
const list = z.string().transform((text) =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== ''),
)
const httpUrl = z.url({ protocol: /^https?$/, error: 'must be a http(s) address' })
const onOff = z.enum(['on', 'off']).transform((word) => word === 'on')

const settingsSchema = z.object({
  HOST: hostName.default('127.0.0.1'),
  PORT: z.coerce.number().int().min(0).max(65_535).default(3000),
  DATA_DIR: z.string().default('./data'),
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/, error: 'must begin with postgres://' }).optional(),
  DATABASE_POOL_SIZE: z.coerce.number().int().min(1).max(200).optional(),
  RATE_LIMITS: onOff.default(true),
  REQUIRE_REVIEW: z.enum(['source-checked', 'expert-approved']).default('source-checked'),
  OPERATOR_NAME: z.string().max(60).optional(),
  OPERATOR_CONTACT: z.string().max(120).optional(),
  PUBLIC_URL: httpUrl.optional(),
  ALLOWED_HOSTS: list.optional(),
  TRUSTED_PROXIES: list.default([]),
  TIME_ZONE: z
    .string()
    .refine((zone) => isTimeZone(zone), 'must be an IANA time zone such as Asia/Shanghai')
    .default('Asia/Shanghai'),
  HOME_REGION: z
    .string()
    .regex(/^\d{6}(\d{3})?$/, 'must be a region code such as 500000')
    .default('500000'),
  METRICS_TOKEN: z.string().min(16, 'must have at least 16 characters').optional(),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('warn'),
  SEEDS_DIR: z.string().optional(),
  BUNDLE_MS: z.coerce.number().int().min(0).max(10_000).default(1_500),
  CONTACT_DAYS: z.coerce.number().int().min(1).max(3_650).default(180),
  TELEGRAM_BOT_TOKEN: z
    .string()
    .regex(/^\d+:[\w-]{20,}$/, 'is not a bot token')
    .optional(),
  TELEGRAM_API_ROOT: httpUrl.optional(),
  TELEGRAM_PROXY_URL: httpUrl.optional(),
  TELEGRAM_WEBHOOK_SECRET: z
    .string()
    .regex(/^[\w-]{16,256}$/, 'must have 16 to 256 letters, digits, - or _')
    .optional(),
  WECHATY_PUPPET: z
    .string()
    .regex(/^(@[\w-]+\/)?wechaty-puppet-[\w-]+$/, 'must be the name of a puppet package')
    .optional(),
  WECHATY_PUPPET_TOKEN: z.string().optional(),
  WECHATY_PUPPET_ENDPOINT: z.string().optional(),
  WECOM_BOT_ID: z.string().optional(),
  WECOM_BOT_SECRET: z.string().optional(),
  WECOM_BOT_NAME: z.string().max(40).optional(),
  WECOM_BOT_URL: z.url({ protocol: /^wss?$/, error: 'must be a ws(s) address' }).optional(),
  WECOM_ROBOT_KEYS: list
    .pipe(z.array(z.string().regex(/^[^=]{1,30}=[\w-]{10,}$/, 'must be written name=key,name=key')))
    .default([]),
  WECOM_CORP_ID: z.string().optional(),
  WECOM_API_ROOT: httpUrl.optional(),
  WECOM_APP_AGENT_ID: z.coerce.number().int().positive().optional(),
  WECOM_APP_SECRET: z.string().optional(),
  WECOM_MASS_SECRET: z.string().optional(),
  WECOM_MASS_SENDER: z.string().optional(),
})
type Set = z.infer<typeof settingsSchema>

/** The settings, grouped; a part that is switched off is `null`. */
export interface Config {
  http: {
    host: string
    port: number
    publicUrl: string | null
    /** Host headers that are answered; `null` derives them from `host`. */
    allowedHosts: string[] | null
    trustedProxies: string[]
    rateLimits: boolean
  }
  store: { dataDir: string; databaseUrl: string | null; poolSize: number }
  content: { seedsDir: string; requireReview: 'source-checked' | 'expert-approved' }
  place: { timeZone: string; homeRegion: string }
  operator: { name: string; contact: string | null } | null
  metrics: { token: string } | null
  log: { level: string }
  chat: { bundleMs: number; contactDays: number }
  channels: {
    telegram: TelegramSettings | null
    wechaty: { puppet: string; token?: string; endpoint?: string } | null
    wecomBot: { botId: string; secret: string; name?: string; wsUrl?: string } | null
    wecomRobots: { name: string; key: string; apiRoot?: string }[]
    wecomApp: { corpId: string; agentId: number; secret: string; apiRoot?: string } | null
    wecomMass: { corpId: string; secret: string; sender: { userId: string }; apiRoot?: string } | null
  }
}

export interface TelegramSettings {
  token: string
  apiRoot?: string
  proxyUrl?: string
  /** Where Telegram calls us; `null` = we ask. */
  webhook: { url: string; secret: string } | null
}

/** Turns flat settings into the configuration; refuses bad and half-set ones by name (`bad-setting`). */
export function loadConfig(settings: Settings, shippedSeedsDir: string): Config {
  const parsed = settingsSchema.safeParse(settings)
  if (!parsed.success) {
    const problems = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`)
    throw new AppError('bad-setting', problems.join('; '))
  }
  const set = parsed.data
  requireTogether(set, 'OPERATOR_NAME', ['OPERATOR_CONTACT'])
  requireTogether(set, 'DATABASE_URL', ['DATABASE_POOL_SIZE'])
  if (!set.RATE_LIMITS && !['127.0.0.1', '::1', 'localhost'].includes(set.HOST)) {
    throw new AppError('bad-setting', 'RATE_LIMITS: off is only for measuring on loopback, but HOST is not loopback')
  }
  return {
    http: {
      host: set.HOST,
      port: set.PORT,
      publicUrl: set.PUBLIC_URL ?? null,
      allowedHosts: set.ALLOWED_HOSTS ?? null,
      trustedProxies: set.TRUSTED_PROXIES,
      rateLimits: set.RATE_LIMITS,
    },
    store: {
      dataDir: resolve(set.DATA_DIR),
      databaseUrl: set.DATABASE_URL ?? null,
      poolSize: set.DATABASE_POOL_SIZE ?? 10,
    },
    content: { seedsDir: resolve(set.SEEDS_DIR ?? shippedSeedsDir), requireReview: set.REQUIRE_REVIEW },
    place: { timeZone: set.TIME_ZONE, homeRegion: set.HOME_REGION },
    operator:
      set.OPERATOR_NAME === undefined ? null : { name: set.OPERATOR_NAME, contact: set.OPERATOR_CONTACT ?? null },
    metrics: set.METRICS_TOKEN === undefined ? null : { token: set.METRICS_TOKEN },
    log: { level: set.LOG_LEVEL },
    chat: { bundleMs: set.BUNDLE_MS, contactDays: set.CONTACT_DAYS },
    channels: {
      telegram: readTelegram(set),
      wechaty: readWechaty(set),
      ...readWecom(set),
    },
  }
}

function readTelegram(set: Set): TelegramSettings | null {
  const { TELEGRAM_BOT_TOKEN: token, TELEGRAM_API_ROOT, TELEGRAM_PROXY_URL, TELEGRAM_WEBHOOK_SECRET: secret } = set
  requireTogether(set, 'TELEGRAM_BOT_TOKEN', ['TELEGRAM_API_ROOT', 'TELEGRAM_PROXY_URL', 'TELEGRAM_WEBHOOK_SECRET'])
  if (token === undefined) return null
  if (secret !== undefined) requireTogether(set, 'PUBLIC_URL', ['TELEGRAM_WEBHOOK_SECRET'])
  if (secret !== undefined && set.PUBLIC_URL?.startsWith('https:') !== true) {
    throw new AppError(
      'bad-setting',
      'PUBLIC_URL must be https for TELEGRAM_WEBHOOK_SECRET: Telegram calls nothing else',
    )
  }
  const webhook =
    secret === undefined || set.PUBLIC_URL === undefined
      ? null
      : { url: new URL('/hooks/telegram', set.PUBLIC_URL).href, secret }
  return {
    token,
    webhook,
    ...(TELEGRAM_API_ROOT !== undefined && { apiRoot: TELEGRAM_API_ROOT }),
    ...(TELEGRAM_PROXY_URL !== undefined && { proxyUrl: TELEGRAM_PROXY_URL }),
  }
}

function readWechaty(set: Set): Config['channels']['wechaty'] {
  const { WECHATY_PUPPET: puppet, WECHATY_PUPPET_TOKEN: token, WECHATY_PUPPET_ENDPOINT: endpoint } = set
  requireTogether(set, 'WECHATY_PUPPET', ['WECHATY_PUPPET_TOKEN', 'WECHATY_PUPPET_ENDPOINT'])
  if (puppet === undefined) return null
  return { puppet, ...(token !== undefined && { token }), ...(endpoint !== undefined && { endpoint }) }
}

function readWecom(set: Set): Pick<Config['channels'], 'wecomBot' | 'wecomRobots' | 'wecomApp' | 'wecomMass'> {
  const { WECOM_BOT_ID: botId, WECOM_BOT_SECRET: botSecret, WECOM_BOT_URL: wsUrl, WECOM_CORP_ID: corpId } = set
  const { WECOM_APP_AGENT_ID: agentId, WECOM_APP_SECRET: appSecret, WECOM_MASS_SECRET: massSecret } = set
  requireTogether(set, 'WECOM_BOT_ID', ['WECOM_BOT_SECRET', 'WECOM_BOT_URL', 'WECOM_BOT_NAME'])
  requireTogether(set, 'WECOM_BOT_SECRET', ['WECOM_BOT_ID'])
  requireTogether(set, 'WECOM_CORP_ID', ['WECOM_APP_AGENT_ID', 'WECOM_APP_SECRET', 'WECOM_MASS_SECRET'])
  requireTogether(set, 'WECOM_APP_SECRET', ['WECOM_APP_AGENT_ID'])
  requireTogether(set, 'WECOM_APP_AGENT_ID', ['WECOM_APP_SECRET'])
  requireTogether(set, 'WECOM_MASS_SECRET', ['WECOM_MASS_SENDER'])
  requireTogether(set, 'WECOM_MASS_SENDER', ['WECOM_MASS_SECRET'])
  const root = set.WECOM_API_ROOT === undefined ? {} : { apiRoot: set.WECOM_API_ROOT }
  const { WECOM_MASS_SENDER: userId, WECOM_BOT_NAME: name } = set
  return {
    wecomBot:
      botId === undefined || botSecret === undefined
        ? null
        : { botId, secret: botSecret, ...(name !== undefined && { name }), ...(wsUrl !== undefined && { wsUrl }) },
    wecomRobots: set.WECOM_ROBOT_KEYS.map((entry) => {
      const [name = '', key = ''] = entry.split('=')
      return { name, key, ...root }
    }),
    wecomApp:
      corpId === undefined || agentId === undefined || appSecret === undefined
        ? null
        : { corpId, agentId, secret: appSecret, ...root },
    wecomMass:
      corpId === undefined || massSecret === undefined || userId === undefined
        ? null
        : { corpId, secret: massSecret, sender: { userId }, ...root },
  }
}

/** Half-set pairs fail at start. */
function requireTogether(set: Set, needed: keyof Set, by: readonly (keyof Set)[]): void {
  if (set[needed] !== undefined) return
  const lonely = by.find((name) => set[name] !== undefined)
  if (lonely !== undefined) throw new AppError('bad-setting', `${lonely} is set without ${needed}`)
}

/** The configuration as it may be printed: secrets are masked. */
export function maskConfig(config: Config): Config {
  const databaseUrl = config.store.databaseUrl?.replace(/\/\/[^@/]*@/, '//***@') ?? null
  const { telegram, wechaty, wecomBot, wecomRobots, wecomApp, wecomMass } = config.channels
  const secret = '***'
  return {
    ...config,
    store: { ...config.store, databaseUrl },
    metrics: config.metrics && { token: secret },
    channels: {
      telegram: telegram && {
        token: secret,
        webhook: telegram.webhook && { ...telegram.webhook, secret },
        ...(telegram.apiRoot !== undefined && { apiRoot: telegram.apiRoot }),
        ...(telegram.proxyUrl !== undefined && { proxyUrl: telegram.proxyUrl.replace(/\/\/[^@/]*@/, '//***@') }),
      },
      wechaty: wechaty && { ...wechaty, ...(wechaty.token !== undefined && { token: secret }) },
      wecomBot: wecomBot && { ...wecomBot, secret },
      wecomRobots: wecomRobots.map((robot) => ({ ...robot, key: secret })),
      wecomApp: wecomApp && { ...wecomApp, secret },
      wecomMass: wecomMass && { ...wecomMass, secret },
    },
  }
}

function isTimeZone(zone: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: zone }).resolvedOptions().timeZone !== ''
  } catch {
    return false
  }
}
