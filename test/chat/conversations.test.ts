import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createConversations } from '../../src/chat/conversations.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { describeStores, silentLog } from '../support/open-test-store.ts'

await describeStores('conversations', (getStore) => {
  const clock = new FakeClock()
  const create = () => createConversations({ clock, log: silentLog, store: getStore })

  test('a conversation goes on in another process once it was written', async () => {
    const first = create()
    const { session } = await first.open(undefined)
    first.remember(session, { card: 'nat-heatwave' })
    await first.flush()
    assert.deepEqual(await create().open(session), { session, conversation: { card: 'nat-heatwave' } })
  })

  test('a session that was never issued starts empty under a new token', async () => {
    const made = 'A'.repeat(22)
    const opened = await create().open(made)
    assert.notEqual(opened.session, made)
    assert.deepEqual(opened.conversation, {})
    assert.match(opened.session, /^[\w-]{22}$/)
    assert.notEqual((await create().open("'; drop table conversation; --")).session, opened.session)
  })

  test('a conversation is forgotten after a day', async () => {
    const conversations = create()
    const { session } = await conversations.open(undefined)
    conversations.remember(session, { card: 'nat-heatwave' })
    await conversations.flush()
    clock.advance(25 * 3_600_000)
    assert.notEqual((await conversations.open(session)).session, session)
    assert.equal(await conversations.forgetOld(), 1)
  })
})

test('without a store a conversation lives in memory, and nothing fails', async () => {
  const conversations = createConversations({ clock: new FakeClock(), log: silentLog, store: () => null })
  const { session } = await conversations.open(undefined)
  conversations.remember(session, { card: 'nat-heatwave' })
  await conversations.flush()
  assert.equal((await conversations.open(session)).conversation.card, 'nat-heatwave')
})
