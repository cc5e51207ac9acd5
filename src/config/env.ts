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
