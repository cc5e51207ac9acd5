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
  PUBLIC_URL: z.url({ protocol: /^https?$/, error: 'must be a http(s) address' }).optional(),
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
})

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
}

/** Turns flat settings into the configuration; refuses bad and half-set ones by name (`bad-setting`). */
export function loadConfig(settings: Settings, shippedSeedsDir: string): Config {
  const parsed = settingsSchema.safeParse(settings)
  if (!parsed.success) {
    const problems = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`)
    throw new AppError('bad-setting', problems.join('; '))
  }
  const set = parsed.data
  if (set.OPERATOR_CONTACT !== undefined && set.OPERATOR_NAME === undefined) {
    throw new AppError('bad-setting', 'OPERATOR_CONTACT is set without OPERATOR_NAME')
  }
  if (set.DATABASE_POOL_SIZE !== undefined && set.DATABASE_URL === undefined) {
    throw new AppError('bad-setting', 'DATABASE_POOL_SIZE is set without DATABASE_URL')
  }
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
  }
}

/** The configuration as it may be printed: secrets are masked. */
export function maskConfig(config: Config): Config {
  const databaseUrl = config.store.databaseUrl?.replace(/\/\/[^@/]*@/, '//***@') ?? null
  return {
    ...config,
    store: { ...config.store, databaseUrl },
    metrics: config.metrics && { token: '***' },
  }
}

function isTimeZone(zone: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: zone }).resolvedOptions().timeZone !== ''
  } catch {
    return false
  }
}
