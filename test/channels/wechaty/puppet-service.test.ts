// The gateway protocol that every hosted puppet speaks, with its real client (loaded as a deployment loads it) and its
// real server on loopback; only what stands behind the server is wechaty's mock.
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { systemClock } from '../../../src/base/clock.ts'
import { createLog } from '../../../src/base/log.ts'
import type { ChannelEvent } from '../../../src/channels/channel.ts'
import { createMockRoom, type MockRoom } from '../../../src/channels/wechaty/mock-room.ts'
import { createWechatyChannel } from '../../../src/channels/wechaty/wechaty-channel.ts'
import { findFreePort } from '../../support/find-free-port.ts'
import { ManualTimers } from '../../support/wechaty-timers.ts'

const PACKAGE = 'wechaty-puppet-service'
const TOKEN = 'insecure_11111111-2222-4333-8444-555555555555'
const ROOM = { id: 'room@chatroom', kind: 'group' } as const

interface Gateway {
  start(): Promise<void>
  stop(): Promise<void>
}
type Service = { PuppetServer: new (options: object) => Gateway }

const service = await import(PACKAGE).then(
  (loaded) => loaded as Service,
  () => undefined,
)
const skip = service ? false : `${PACKAGE} is not installed`

async function openGateway(endpoint: string): Promise<{ gateway: Gateway; behind: MockRoom }> {
  assert.ok(service)
  const behind = await createMockRoom({ bot: '安晓', room: '三组', residents: ['小王'] })
  const gateway = new service.PuppetServer({ endpoint, puppet: behind.puppet, token: TOKEN })
  await gateway.start()
  return { gateway, behind }
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setImmediate(resolve))
}

async function withChannel(
  endpoint: string,
  token: string,
  run: (parts: {
    channel: ReturnType<typeof createWechatyChannel>
    timers: ManualTimers
    events: ChannelEvent[]
    lines: string[]
  }) => Promise<void>,
): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), 'anxiao-wechaty-'))
  const timers = new ManualTimers()
  const events: ChannelEvent[] = []
  const lines: string[] = []
  const channel = createWechatyChannel(
    { puppet: PACKAGE, puppetOptions: { token, endpoint }, dir, caps: { perRoomMs: 0, jitterMs: [0, 0] } },
    { clock: systemClock, log: createLog('trace', { write: (line) => void lines.push(line) }), timers },
  )
  try {
    await channel.start(async (event) => void events.push(event))
    await run({ channel, timers, events, lines })
  } finally {
    await channel.stop()
    await rm(dir, { recursive: true, force: true })
  }
}

test(
  'messages go both ways through a gateway; one that goes away is noticed and reached again',
  { skip, timeout: 30_000 },
  async (t) => {
    const endpoint = `127.0.0.1:${await findFreePort()}`
    let { gateway, behind } = await openGateway(endpoint)
    t.after(() => gateway.stop())
    await withChannel(endpoint, TOKEN, async ({ channel, timers, events, lines }) => {
      assert.equal(channel.health().state, 'connected')
      assert.equal(channel.account, 'bot')
      behind.residents[0]?.say('@安晓 地震了怎么办', [behind.bot]).to(behind.room)
      await until(() => events.length === 1)
      const [event] = events
      assert.ok(event?.kind === 'message')
      assert.deepEqual(
        [event.chat, event.sender, event.text, event.mentionsUs],
        [{ ...ROOM, title: '三组' }, { id: 'resident-1', name: '小王', bot: false }, '地震了怎么办', true],
      )
      assert.deepEqual(await channel.send({ chat: ROOM, text: '躲好。', key: 'k-1' }), { kind: 'sent' })
      assert.equal(await channel.isGroupAdmin?.(ROOM, 'resident-1'), true)

      behind.puppet.messageSendText = async () => Promise.reject(new Error('raw words'))
      const outcome = await channel.send({ chat: ROOM, text: '躲好。', key: 'k-2' })
      assert.ok(outcome.kind === 'failed')
      assert.deepEqual([outcome.failure.kind, outcome.failure.code], ['unknown', 'server'])

      await gateway.stop()
      await until(() => channel.health().state === 'failing')
      assert.match(channel.health().sentence ?? '', /接入服务断开/)
      const refused = await channel.send({ chat: ROOM, text: '在吗', key: 'k-3' })
      assert.ok(refused.kind === 'failed')
      assert.deepEqual([refused.failure.kind, refused.failure.code], ['retryable', 'not-connected'])
      ;({ gateway, behind } = await openGateway(endpoint))
      timers.run(5_000)
      await until(() => timers.waits().includes(15_000))
      timers.run(15_000)
      await until(() => channel.health().state === 'connected')
      behind.residents[0]?.say('又来了').to(behind.bot)
      await until(() => events.length === 2)
      const { logins, reconnects, restarts } = channel.counters()
      assert.deepEqual([logins, reconnects, restarts], [2, 1, 1])
      assert.ok(!lines.join('').includes(TOKEN) && !lines.join('').includes('raw words'))
    })
  },
)

test(
  'a gateway that does not accept the token is told as failing, without the token',
  { skip, timeout: 30_000 },
  async (t) => {
    const endpoint = `127.0.0.1:${await findFreePort()}`
    const { gateway } = await openGateway(endpoint)
    t.after(() => gateway.stop())
    const wrong = TOKEN.replace('1111', '9999')
    await withChannel(endpoint, wrong, async ({ channel, timers, lines }) => {
      const { state, sentence } = channel.health()
      assert.equal(state, 'failing')
      assert.match(sentence ?? '', /令牌/)
      assert.ok(!(lines.join('') + String(sentence)).includes(wrong))
      assert.deepEqual(timers.waits(), [15_000])
    })
  },
)
