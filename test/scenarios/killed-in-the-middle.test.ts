import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { systemClock } from '../../src/base/clock.ts'
import { createTestDataDir } from '../support/open-test-store.ts'
import { startService } from '../support/run-program.ts'
import { TelegramServer } from '../support/telegram-server.ts'

const WANG = { id: 610_000_001, is_bot: false, first_name: '小王' }

test('a question that Telegram was told arrived is answered once, though the process is killed before it could', async () => {
  const server = new TelegramServer(systemClock)
  await server.start()
  server.addChat({ id: WANG.id, type: 'private' })
  const ask = (id: number, text: string) =>
    server.push({
      message: {
        message_id: id,
        date: Math.floor(Date.now() / 1000),
        from: WANG,
        chat: { id: WANG.id, type: 'private', first_name: WANG.first_name },
        text,
      },
    })
  const arrived = async (count: number) => {
    while (server.arrived.length < count) await server.sent()
    return server.arrived.map(({ text }) => text)
  }
  const start = async (bundleMs: string) =>
    startService({
      DATA_DIR: dataDir,
      TELEGRAM_BOT_TOKEN: server.token,
      TELEGRAM_API_ROOT: server.url,
      BUNDLE_MS: bundleMs,
    })
  const dataDir = await createTestDataDir()
  const patient = await start('10000')
  try {
    await server.confirmed(ask(1, '流感怎么预防'))
    patient.child.kill('SIGKILL')
    await once(patient.child, 'close')
    assert.deepEqual(server.arrived, [])

    const second = await start('50')
    assert.match((await arrived(1))[0] ?? '', /流感/)
    assert.equal(await second.stop(), 0)

    const third = await start('50')
    await server.confirmed(ask(2, '停电了要准备什么'))
    assert.match((await arrived(2))[1] ?? '', /停电/)
    assert.equal(await third.stop(), 0)
    assert.equal(server.arrived.length, 2)
  } finally {
    patient.child.kill('SIGKILL')
    await server.stop()
  }
})
