import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createAccessTokens } from '../../../src/channels/wecom/access-token.ts'
import { CORP_ID, SECRET, setUpWecomHttp } from '../../support/wecom-http-harness.ts'

test('a refusal of an old token does not cost the new one', async (t) => {
  const { server, clock } = await setUpWecomHttp()
  t.after(() => server.stop())
  const account = { corpId: CORP_ID, secret: SECRET, apiRoot: server.apiRoot, timeoutMs: 2000 }
  const tokens = createAccessTokens(account, clock, () => {})
  const old = await tokens.get()
  assert.ok(old.kind === 'token')
  tokens.drop(old.token)
  const fresh = await tokens.get()
  assert.ok(fresh.kind === 'token')
  tokens.drop(old.token)
  assert.deepEqual(await tokens.get(), fresh)
  assert.equal(server.tokenFetches(), 2)
})

test('a token that says it is short-lived is used for nine tenths of its life', async (t) => {
  const { server, clock } = await setUpWecomHttp({ expiresIn: 100 })
  t.after(() => server.stop())
  const account = { corpId: CORP_ID, secret: SECRET, apiRoot: server.apiRoot, timeoutMs: 2000 }
  const tokens = createAccessTokens(account, clock, () => {})
  await tokens.get()
  clock.advance(89_000)
  await tokens.get()
  assert.equal(server.tokenFetches(), 1)
  clock.advance(1000)
  await tokens.get()
  assert.equal(server.tokenFetches(), 2)
})
