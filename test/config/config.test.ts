import assert from 'node:assert/strict'
import { test } from 'node:test'
import { loadConfig, maskConfig } from '../../src/config/config.ts'
import { readEnvironment } from '../../src/config/env.ts'

test('without any setting the service is for this machine only, with limits', () => {
  const config = loadConfig({}, 'seeds')
  assert.equal(config.http.host, '127.0.0.1')
  assert.equal(config.http.port, 3000)
  assert.equal(config.http.rateLimits, true)
  assert.equal(config.store.databaseUrl, null)
  assert.equal(config.metrics, null)
})

test('a bad setting is refused by its name', () => {
  for (const [name, value] of Object.entries({
    PORT: '99999',
    HOST: 'a b',
    RATE_LIMITS: 'maybe',
    TIME_ZONE: 'Mars/Base',
    DATABASE_URL: 'mysql://x',
    METRICS_TOKEN: 'short',
    TELEGRAM_BOT_TOKEN: 'not-a-token',
    WECHATY_PUPPET: '../evil',
    WECOM_ROBOT_KEYS: 'no-key',
  })) {
    assert.throws(
      () => loadConfig({ [name]: value }, 'seeds'),
      (error: Error) => error.message.startsWith(name),
      name,
    )
  }
})

test('half-set pairs and limits off on an open address are refused', () => {
  assert.throws(() => loadConfig({ OPERATOR_CONTACT: 'x' }, 'seeds'), /OPERATOR_NAME/)
  assert.throws(() => loadConfig({ DATABASE_POOL_SIZE: '3' }, 'seeds'), /DATABASE_URL/)
  for (const [name, value] of [
    ['TELEGRAM_API_ROOT', 'https://example.org'],
    ['WECHATY_PUPPET_TOKEN', 'x'],
    ['WECOM_BOT_ID', 'x'],
    ['WECOM_BOT_SECRET', 'x'],
    ['WECOM_APP_SECRET', 'x'],
    ['WECOM_MASS_SENDER', 'x'],
  ] as const) {
    assert.throws(() => loadConfig({ [name]: value }, 'seeds'), new RegExp(`${name} is set without`), name)
  }
  const token = `123:${'a'.repeat(30)}`
  const secret = 'b'.repeat(20)
  assert.throws(
    () => loadConfig({ TELEGRAM_BOT_TOKEN: token, TELEGRAM_WEBHOOK_SECRET: secret }, 'seeds'),
    /without PUBLIC_URL/,
  )
  assert.throws(() => loadConfig({ RATE_LIMITS: 'off', HOST: '0.0.0.0' }, 'seeds'), /loopback/)
})

test('secrets are masked where the configuration is printed', () => {
  const config = loadConfig(
    {
      DATABASE_URL: 'postgres://anna:geheim@db/x',
      METRICS_TOKEN: 'geheim-sixteen-characters',
      PUBLIC_URL: 'https://anxiao.example',
      TELEGRAM_BOT_TOKEN: '123:geheim-geheim-geheim-geheim',
      TELEGRAM_WEBHOOK_SECRET: 'geheim-geheim-geheim',
      TELEGRAM_PROXY_URL: 'http://anna:geheim@proxy:3128',
      WECHATY_PUPPET: 'wechaty-puppet-service',
      WECHATY_PUPPET_TOKEN: 'geheim',
      WECOM_BOT_ID: 'bot',
      WECOM_BOT_SECRET: 'geheim',
      WECOM_ROBOT_KEYS: '值班群=geheim-geheim',
      WECOM_CORP_ID: 'corp',
      WECOM_APP_AGENT_ID: '1',
      WECOM_APP_SECRET: 'geheim',
      WECOM_MASS_SECRET: 'geheim',
      WECOM_MASS_SENDER: 'wangfang',
    },
    'seeds',
  )
  const printed = JSON.stringify(maskConfig(config))
  assert.doesNotMatch(printed, /geheim/)
  assert.match(printed, /值班群/)
})

test('an empty variable counts as not set', () => {
  assert.deepEqual(readEnvironment({ PORT: ' ', HOST: 'localhost', PATH: '/bin' }), { HOST: 'localhost' })
})
