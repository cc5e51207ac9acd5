/** Names of all settings; anything else in the environment is ignored. */
export const SETTING_NAMES = [
  'HOST',
  'PORT',
  'DATA_DIR',
  'DATABASE_URL',
  'DATABASE_POOL_SIZE',
  'RATE_LIMITS',
  'REQUIRE_REVIEW',
  'OPERATOR_NAME',
  'OPERATOR_CONTACT',
  'PUBLIC_URL',
  'ALLOWED_HOSTS',
  'TRUSTED_PROXIES',
  'TIME_ZONE',
  'HOME_REGION',
  'METRICS_TOKEN',
  'LOG_LEVEL',
  'SEEDS_DIR',
  'BUNDLE_MS',
  'CONTACT_DAYS',
  'TELEGRAM_BOT_TOKEN',
  'TELEGRAM_API_ROOT',
  'TELEGRAM_PROXY_URL',
  'TELEGRAM_WEBHOOK_SECRET',
  'WECHATY_PUPPET',
  'WECHATY_PUPPET_TOKEN',
  'WECHATY_PUPPET_ENDPOINT',
  'WECOM_BOT_ID',
  'WECOM_BOT_SECRET',
  'WECOM_BOT_NAME',
  'WECOM_BOT_URL',
  'WECOM_ROBOT_KEYS',
  'WECOM_CORP_ID',
  'WECOM_API_ROOT',
  'WECOM_APP_AGENT_ID',
  'WECOM_APP_SECRET',
  'WECOM_MASS_SECRET',
  'WECOM_MASS_SENDER',
] as const
export type SettingName = (typeof SETTING_NAMES)[number]
export type Settings = Partial<Record<SettingName, string>>

/** The only reader of the environment: flat strings, empty ones left out. */
export function readEnvironment(environment: NodeJS.ProcessEnv = process.env): Settings {
  const settings: Settings = {}
  for (const name of SETTING_NAMES) {
    const value = environment[name]?.trim()
    if (value !== undefined && value !== '') settings[name] = value
  }
  return settings
}
