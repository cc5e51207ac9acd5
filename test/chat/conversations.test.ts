import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createConversations } from '../../src/chat/conversations.ts'
import { conversation } from '../../src/store/tables/conversations.ts'
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

  test('a session with nothing to remember takes no row, but its row follows when there is nothing left', async () => {
    const conversations = create()
    const countRows = () => getStore().db.$count(conversation)
    const before = await countRows()
    const { session } = await conversations.open(undefined)
    conversations.remember(session, { card: undefined })
    await conversations.flush()
    assert.equal(await countRows(), before)
    assert.equal((await conversations.open(session)).session, session)
    conversations.remember(session, { card: 'nat-heatwave' })
    await conversations.flush()
    conversations.remember(session, {})
    await conversations.flush()
    assert.equal(await countRows(), before + 1)
    assert.deepEqual(await create().open(session), { session, conversation: {} })
  })

  test('many conversations are written at once, choices and all', async () => {
    const first = create()
    const choices = [{ label: '“引号”\\与\n换行', kind: 'card' as const, slug: 'nat-heatwave' }]
    const sessions = await Promise.all(Array.from({ length: 1_200 }, async () => (await first.open(undefined)).session))
    for (const session of sessions) first.remember(session, { choices, clarified: true })
    await first.flush()
    const second = create()
    for (const session of [sessions[0], sessions.at(-1)])
      assert.deepEqual((await second.open(session)).conversation, { choices, clarified: true })
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
