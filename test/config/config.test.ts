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
  assert.throws(() => loadConfig({ RATE_LIMITS: 'off', HOST: '0.0.0.0' }, 'seeds'), /loopback/)
})

test('secrets are masked where the configuration is printed', () => {
  const config = loadConfig(
    { DATABASE_URL: 'postgres://anna:geheim@db/x', METRICS_TOKEN: 'sixteen-characters' },
    'seeds',
  )
  const printed = JSON.stringify(maskConfig(config))
  assert.doesNotMatch(printed, /geheim|sixteen/)
})

test('an empty variable counts as not set', () => {
  assert.deepEqual(readEnvironment({ PORT: ' ', HOST: 'localhost', PATH: '/bin' }), { HOST: 'localhost' })
})
