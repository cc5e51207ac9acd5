import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createPendingQuestions, forgetPendingOf, type PendingQuestion } from '../../src/chat/pending-questions.ts'
import { createSealer } from '../../src/people/sealer.ts'
import { pendingQuestion } from '../../src/store/tables/chat.ts'
import { FakeChannel } from '../support/fake-channel.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { describeStores, silentLog } from '../support/open-test-store.ts'

const clock = new FakeClock('2026-07-18T06:00:00Z')
const channel = new FakeChannel(clock)
const secret = Buffer.alloc(32, 7)

await describeStores('a question that waits for its answer', (getStore) => {
  const openWith = (key = secret) =>
    createPendingQuestions({
      clock,
      timers: clock,
      log: silentLog,
      sealer: createSealer(key, 'questions'),
      store: getStore,
    })
  const ask = (key: string, text: string): PendingQuestion => ({
    key,
    message: channel.message(text, { quote: { text: '听说要断水', ours: false }, mentionsUs: true }),
    trigger: 'mention',
    at: clock.now(),
  })
  const from = { channel: 'telegram', person: 'wang' }

  test('is found by the next process as it was, in the order of asking, and its words only with the key', async () => {
    const questions = [ask('reply:1', '停水了怎么办'), ask('reply:2', '要存多少水')]
    for (const question of questions) {
      await openWith().keep(question, from)
      clock.advance(100)
    }
    assert.deepEqual(await openWith().findLeft('telegram'), questions)
    assert.deepEqual(await openWith().findLeft('wechaty'), [])
    assert.deepEqual(await openWith(Buffer.alloc(32, 8)).findLeft('telegram'), [])
    const rows = JSON.stringify(await getStore().db.select().from(pendingQuestion))
    for (const words of ['停水', '断水', '存多少']) assert.ok(!rows.includes(words), words)
  })

  test('is gone when it is answered, when its author wants to be forgotten, and when an answer would come too late', async () => {
    const pending = openWith()
    await pending.keep(ask('reply:1', '一'), from)
    await pending.keep(ask('reply:2', '二'), { ...from, person: 'li' })
    await pending.keep(ask('reply:3', '三'), from)
    await pending.done(['reply:1'])
    await forgetPendingOf(getStore().db, 'li')
    const left = async () => (await getStore().db.select().from(pendingQuestion)).map(({ key }) => key)
    assert.deepEqual(await left(), ['reply:3'])
    clock.advance(5 * 60_000 + 1)
    assert.deepEqual(await pending.findLeft('telegram'), [])
    await pending.forgetOld()
    assert.deepEqual(await left(), [])
  })
})
