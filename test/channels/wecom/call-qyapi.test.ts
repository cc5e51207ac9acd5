import assert from 'node:assert/strict'
import { test } from 'node:test'
import { callQyapi, qyapiUrl } from '../../../src/channels/wecom/call-qyapi.ts'
import { setUpWecomHttp } from '../../support/wecom-http-harness.ts'

test('a request to a closed port never left; one that is cut off may have arrived', async () => {
  const { server } = await setUpWecomHttp()
  const url = qyapiUrl(server.apiRoot, 'webhook/send', { key: 'a key & more' })
  const request = { url, body: { msgtype: 'text', text: { content: '一' } }, timeoutMs: 2000 }
  server.failSend('cut')
  assert.deepEqual(await callQyapi(request), { kind: 'broken' })
  assert.equal((await callQyapi(request)).kind, 'answered')
  await server.stop()
  assert.deepEqual(await callQyapi(request), { kind: 'not-sent' })
})

test('no connection is kept, since one that was closed meanwhile would leave a doubt', async (t) => {
  const { server } = await setUpWecomHttp()
  t.after(() => server.stop())
  const url = qyapiUrl(server.apiRoot, 'webhook/send', { key: 'none' })
  for (let i = 0; i < 3; i++)
    await callQyapi({ url, body: { msgtype: 'text', text: { content: '一' } }, timeoutMs: 2000 })
  assert.equal(server.connections(), 3)
})

test('an address keeps its query and bears a slash at the end of its root', () => {
  assert.equal(
    String(qyapiUrl('https://proxy.example.org/wecom/', 'message/send', { access_token: 'a+b' })),
    'https://proxy.example.org/wecom/cgi-bin/message/send?access_token=a%2Bb',
  )
})
