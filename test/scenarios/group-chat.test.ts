import assert from 'node:assert/strict'
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, afterEach, before, beforeEach, test } from 'node:test'
import { sql } from 'drizzle-orm'
import { countSigns } from '../../src/base/signs.ts'
import type { InboundMessage } from '../../src/channels/channel.ts'
import { helpGroup, welcomeGroup } from '../../src/chat/chat-words.ts'
import { createHandledMessages } from '../../src/chat/handled-messages.ts'
import { pendingQuestion } from '../../src/store/tables/chat.ts'
import { createTestDataDir, silentLog } from '../support/open-test-store.ts'
import { addStaff, issueStaffCode, listStaff, revokeBinding } from '../../src/people/staff.ts'
import { FakeChannel } from '../support/fake-channel.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { startApp, type TestApp } from '../support/start-app.ts'

const DAY = '2026-07-18T06:00:00Z'
const clock = new FakeClock(DAY)
const channel = new FakeChannel(clock)
const plain = new FakeChannel(clock, { buttons: null }, 'wecom-bot')
let running: TestApp
let groups = 0
let chat: InboundMessage['chat']

before(async () => {
  running = await startApp({ OPERATOR_NAME: '北碚区科协' }, { clock, timers: clock, channels: [channel, plain] })
})
after(() => running.close())
beforeEach(() => {
  clock.set(DAY)
  clock.advance(groups * 5 * 60_000)
  chat = { id: `group-${groups++}`, kind: 'group', title: '业主群' }
})
afterEach(() => {
  channel.sent.length = 0
  plain.sent.length = 0
  channel.admins.clear()
})

const store = () => {
  const opened = running.app.parts.store()
  assert.ok(opened)
  return opened
}

/** Hands a message over and lets the bundle close. */
async function say(text: string, more: Partial<InboundMessage> = {}, on = channel): Promise<string[]> {
  // Platforms take one message a second for a chat.
  clock.advance(1_500)
  const before = on.sent.length
  await on.hand(on.message(text, { chat, ...more }))
  await running.app.drain()
  return on.sent.slice(before).map((message) => message.text)
}
const mention = (text: string, more: Partial<InboundMessage> = {}) => say(text, { mentionsUs: true, ...more })
const privately = (text: string, more: Partial<InboundMessage> = {}) =>
  say(text, { chat: { id: 'wang', kind: 'private' }, ...more })

test('a mention gets the group form with its source in the last line, tied to the question', async () => {
  const [text = ''] = await mention('燃气泄漏了怎么办')
  assert.ok(countSigns(text) <= 120 && text.split('\n').length <= 6)
  assert.match(text.split('\n').at(-1) ?? '', /^来源：/)
  assert.equal(channel.sent[0]?.inReplyTo?.sender.id, 'wang')
})

test('talk among neighbors is not answered and leaves no trace of its words', async () => {
  assert.deepEqual(await say('今天的菜好贵哦，三斤番茄要十五块'), [])
  const tables = await store().db.execute<{ found: number }>(
    sql`select (select count(*) from handled_message)::int as found`,
  )
  const before = tables.rows[0]?.found
  await say('明天哪个一起去爬缙云山')
  const after = await store().db.execute<{ found: number }>(
    sql`select (select count(*) from handled_message)::int as found`,
  )
  assert.equal(after.rows[0]?.found, before)
})

test('lines sent within seconds are one question with one answer', async () => {
  await channel.hand(channel.message('娃儿得了流感', { chat, mentionsUs: true }))
  clock.advance(1_000)
  await channel.hand(channel.message('在家怎么护理', { chat }))
  assert.deepEqual(channel.texts(), [])
  clock.advance(1_600)
  await running.app.drain()
  assert.equal(channel.sent.length, 1)
  assert.match(channel.texts()[0] ?? '', /流感/)
})

test('a message that the platform delivers three times is answered once, also after a restart', async () => {
  const message = channel.message('被狗咬了怎么办', { chat, mentionsUs: true })
  for (let time = 0; time < 3; time++) {
    await channel.hand(message)
    await running.app.drain()
  }
  assert.equal(channel.sent.length, 1)
})

test('somebody in danger is answered at once, past a muted group and the night', async () => {
  channel.admins.add('li')
  await mention('静音', { sender: { id: 'li', bot: false } })
  clock.set('2026-07-17T18:00:00Z')
  channel.sent.length = 0
  await channel.hand(channel.message('我家着火了，门口全是烟出不去', { chat, mentionsUs: true }))
  await running.app.drain()
  assert.match(channel.texts()[0] ?? '', /119/)
  assert.equal(channel.sent[0]?.urgent, true)
})

test('danger in a second line is heard, whatever the first one was about', async () => {
  for (const [first, second] of [
    ['请问地震演练怎么做', '我爸没呼吸了'],
    ['如果下雨', '有人落水了，快来人'],
    ['昨天那个事', '我家着火了，门口全是烟出不去'],
  ] as const) {
    clock.advance(1_500)
    await channel.hand(channel.message(first, { chat, mentionsUs: true }))
    await channel.hand(channel.message(second, { chat }))
    await running.app.drain()
    assert.match(channel.texts().at(-1) ?? '', /^(.*\n)?1(10|19|20)/, second)
  }
})

test('danger behind the word of a command, or at the end of a long message, is heard', async () => {
  for (const text of ['人群 发生踩踏了，有人被压在下面', '地区 北碚区 房子着火了我被困在屋里']) {
    assert.match((await mention(text))[0] ?? '', /1(10|19|20)/, text)
  }
  const story = '今天跟大家说一件事。'.repeat(115)
  assert.match((await mention(`${story}现在我家着火了，我被困在屋里出不去！`))[0] ?? '', /119/)
})

test('with a store that hangs, somebody in danger is answered all the same', async () => {
  const hanging = new FakeChannel(clock)
  const stuck = await startApp({}, { clock, timers: clock, channels: [hanging] })
  const opened = stuck.app.parts.store()
  assert.ok(opened)
  const release = Promise.withResolvers<void>()
  const blocking = opened.db.transaction(async () => release.promise)
  try {
    const handed = hanging.hand(hanging.message('我家着火了，门口全是烟出不去', { chat, mentionsUs: true }))
    const cry = '救命，我家厨房着火了，火好大，快来人'
    const unasked = hanging.hand(hanging.message(cry, { chat: { ...chat, id: 'other' } }))
    for (let step = 0; step < 20 && hanging.sent.length < 2; step++) {
      clock.advance(500)
      await new Promise(setImmediate)
    }
    assert.equal(hanging.texts().filter((text) => text.includes('119')).length, 2)
    release.resolve()
    await Promise.all([handed, unasked, blocking])
  } finally {
    release.resolve()
    await stuck.close()
  }
})

test('a cry for help that was not meant for us is answered once in half an hour', async () => {
  const cry = '救命，我家厨房着火了，火好大，快来人'
  assert.match((await say(cry))[0] ?? '', /119/)
  assert.deepEqual(await say(cry, { sender: { id: 'zhang', bot: false } }), [])
  clock.advance(31 * 60_000)
  assert.equal((await say(cry)).length, 1)
})

test('bots, notices to everybody and old messages are left alone', async () => {
  assert.deepEqual(await mention('地震怎么办', { sender: { id: 'other', bot: true } }), [])
  assert.deepEqual(await say('@所有人 明天停水', { mentionsEveryone: true }), [])
  channel.connectedSince = clock.now()
  const old = new Date(clock.now().getTime() - 6 * 60_000)
  assert.deepEqual(await mention('地震怎么办', { sentAt: old }), [])
})

test('only an administrator mutes a group; everybody reads what was changed and how to end it', async () => {
  assert.match((await mention('静音'))[0] ?? '', /群主|管理员/)
  channel.admins.add('wang')
  assert.match((await mention('静音'))[0] ?? '', /静音到7月19日1/)
  assert.deepEqual(await mention('流感怎么预防'), [])
  assert.match((await mention('恢复'))[0] ?? '', /恢复/)
  assert.equal((await mention('流感怎么预防')).length, 1)
  const acts = await store().db.execute<{ act: string }>(sql`select act from audit_entry where act like 'group-%'`)
  assert.ok(acts.rows.some(({ act }) => act === 'group-mute'))
})

test('settings are shown and changed by words', async () => {
  channel.admins.add('wang')
  await mention('地区 北碚区')
  await mention('订阅 气象、火灾')
  const [shown = ''] = await mention('设置')
  assert.match(shown, /北碚区/)
  assert.match(shown, /气象、火灾/)
  assert.match((await mention('退订 火灾'))[0] ?? '', /还订阅气象/)
  assert.match((await mention('订阅 天上'))[0] ?? '', /可以订阅/)
  assert.match((await mention('地区 火星区'))[0] ?? '', /没找到/)
})

test('a rumor is answered unasked only where the administrator wants it, and not twice', async () => {
  const rumor = '被毒蛇咬了，马上用嘴把毒液吸出来就没事'
  assert.deepEqual(await say(rumor), [])
  channel.admins.add('wang')
  await mention('主动辟谣 开')
  assert.match((await say(rumor))[0] ?? '', /【不实】/)
  clock.advance(3 * 3_600_000)
  assert.deepEqual(await say(rumor), [])
})

test('the same answer within ten minutes points at the one above', async () => {
  await mention('被狗咬了怎么办')
  clock.advance(8 * 60_000)
  assert.match(
    (await mention('遭狗咬了啷个办', { sender: { id: 'zhang', bot: false } }))[0] ?? '',
    /^8分钟前答过，见上面 K-\d{3}。$/,
  )
})

test('a quoted forward is checked, whoever sent it', async () => {
  const [text = ''] = await mention('是真的吗', {
    quote: { text: '紧急通知！今晚三点重庆有7级大地震，速转家人！', ours: false },
  })
  assert.match(text, /【不实】/)
})

test('choices are buttons that still answer when everything is forgotten', async () => {
  const gone = await privately('', { button: 'card:nat-earthquake:99', text: '地震' })
  assert.match(gone[0] ?? '', /^内容已更新/)
  assert.match((await privately('', { button: 'card:no-such-card:1' }))[0] ?? '', /撤下/)
  assert.match((await privately('', { button: 'approve:alert:1' }))[0] ?? '', /撤下/)
})

test('in private the card comes with what can be done next; 详细, 为什么 and 没解决 are about it', async () => {
  await privately('流感怎么预防')
  assert.deepEqual(
    channel.sent[0]?.buttons?.map(({ label }) => label),
    ['看全文', '没解决'],
  )
  assert.match((await privately('详细'))[0] ?? '', /^《/)
  assert.match((await privately('为什么'))[0] ?? '', /因为/)
  assert.match((await privately('没解决'))[0] ?? '', /编号T-\d{4}/)
})

test('where there are no buttons the way on is a line of text', async () => {
  const [text = ''] = await say('流感怎么预防', { chat: { id: 'zhao', kind: 'private' } }, plain)
  assert.match(text, /回“详细”看全文/)
})

test('region and audience are kept for the person and shown by 我的数据, and 忘记我 deletes all of it', async () => {
  assert.match((await privately('地区 北碚区'))[0] ?? '', /北碚区/)
  assert.match((await privately('人群 老人'))[0] ?? '', /老年人/)
  assert.match((await privately('我的数据'))[0] ?? '', /北碚区；人群：老年人/)
  await privately('没有卡片的问题：台风天给鸡舍的饲料保险怎么理赔')
  assert.match((await privately('忘记我'))[0] ?? '', /删掉/)
  const shown = (await privately('我的数据'))[0] ?? ''
  assert.match(shown, /没设；人群：居民/)
  assert.match(shown, /等回答的问题：0个/)
})

test('what is asked of us without words, or in a picture, is answered kindly', async () => {
  assert.match((await mention(''))[0] ?? '', /我在/)
  assert.match((await mention('', { media: 'voice' }))[0] ?? '', /只看得懂文字/)
})

test('who asks too fast is told so once, and somebody in danger never', async () => {
  const busy = new FakeChannel(clock, { rates: [] })
  const limited = await startApp({ RATE_LIMITS: 'on' }, { clock, timers: clock, channels: [busy] })
  try {
    const direct = { id: 'wang', kind: 'private' } as const
    for (let time = 0; time < 20; time++) {
      await busy.hand(busy.message('流感怎么预防', { chat: direct }))
      await limited.app.drain()
    }
    assert.equal(busy.texts().filter((text) => text.startsWith('问得太快')).length, 1)
    assert.equal(busy.sent.length, 11)
    await busy.hand(busy.message('我家着火了，门口全是烟出不去', { chat: direct }))
    await limited.app.drain()
    assert.match(busy.texts().at(-1) ?? '', /119/)
  } finally {
    await limited.close()
  }
})

test('one person who floods a group leaves the others their share', async () => {
  const busy = new FakeChannel(clock, { rates: [] })
  const limited = await startApp({ RATE_LIMITS: 'on' }, { clock, timers: clock, channels: [busy] })
  try {
    for (let time = 0; time < 60; time++) await busy.hand(busy.message('帮助', { chat, mentionsUs: true }))
    await limited.app.drain()
    assert.equal(busy.texts().filter((text) => text.startsWith('问得太快')).length, 1)
    await busy.hand(busy.message('流感怎么预防', { chat, mentionsUs: true, sender: { id: 'zhang', bot: false } }))
    await limited.app.drain()
    assert.match(busy.texts().at(-1) ?? '', /流感/)
  } finally {
    await limited.close()
  }
})

test('who did not ask is not told off, and their words are not kept', async () => {
  channel.admins.add('wang')
  await mention('主动辟谣 开')
  const sender = { id: 'zhao', bot: false }
  assert.match((await say('被毒蛇咬了，马上用嘴把毒液吸出来就没事', { sender }))[0] ?? '', /【不实】/)
  assert.match((await mention('没解决', { sender }))[0] ?? '', /没有留着/)
})

test('a slash that is not said to us is another bot’s', async () => {
  channel.admins.add('wang')
  assert.deepEqual(await say('/mute'), [])
  assert.deepEqual(await say('/静音 张三 60'), [])
  assert.match((await mention('/mute'))[0] ?? '', /静音到/)
})

test('忘记我 leaves no way back to the account', async () => {
  const direct = { chat: { id: 'forgotten', kind: 'private' as const }, sender: { id: 'forgotten', bot: false } }
  await say('地区 北碚区', direct)
  await say('忘记我', direct)
  const { rows } = await store().db.execute<{ found: number }>(
    sql`select count(*)::int as found from contact where kind = 'person'`,
  )
  const known = rows[0]?.found
  await say('忘记我', direct)
  const { rows: after } = await store().db.execute<{ found: number }>(
    sql`select count(*)::int as found from contact where kind = 'person'`,
  )
  assert.equal(after[0]?.found, known)
  assert.match((await say('我的数据', direct))[0] ?? '', /账号：没有存/)
})

test('nothing that we say in a group is longer than a bubble', async () => {
  channel.admins.add('wang')
  for (const text of [
    '帮助',
    '设置',
    '订阅 全部',
    '设置',
    '详细',
    '为什么',
    '隐私',
    '没解决',
    '人群 老人',
    '绑定 AAAA',
    '主动辟谣',
    '退订',
  ])
    for (const said of await mention(text))
      assert.ok(countSigns(said) <= 120 && said.split('\n').length <= 6, `${text}: ${said}`)
  for (const operator of [
    null,
    { name: '北碚区科学技术协会', contact: null },
    { name: '长'.repeat(60), contact: null },
  ])
    for (const name of [undefined, '安晓', 'cq_beibei_emergency_science_helper_bot'])
      for (const said of [welcomeGroup(operator, name), helpGroup(name)])
        assert.ok(countSigns(said) <= 120 && said.split('\n').length <= 6, said)
})

test('with the key of another deployment the channels stay off, and the page answers', async () => {
  const dataDir = await createTestDataDir()
  const first = await startApp({}, { clock, timers: clock, channels: [new FakeChannel(clock)], dataDir })
  await first.app.stop()
  writeFileSync(join(dataDir, 'secret.key'), 'ab'.repeat(32))
  const silent = new FakeChannel(clock)
  const second = await startApp({}, { clock, timers: clock, channels: [silent], dataDir })
  try {
    await assert.rejects(silent.hand(silent.message('流感怎么预防', { mentionsUs: true })), /not started/)
    assert.equal((await second.ask({ text: '流感怎么预防' })).outcome, 'card')
  } finally {
    await second.close()
  }
})

test('a question that was taken up by a process that died is answered after the restart', async () => {
  const message = channel.message('被猫抓了怎么办', { chat, mentionsUs: true })
  const key = { channel: channel.name, account: channel.account, chat: chat.id, id: message.id }
  await createHandledMessages({ ...running.app.parts, clock, timers: clock, log: silentLog }).take(key)
  await channel.hand(message)
  await running.app.drain()
  assert.equal(channel.sent.length, 1)
})

test('nothing of a question is kept once it is answered', async () => {
  await channel.hand(channel.message('被猫抓了怎么办', { chat, mentionsUs: true }))
  const kept = () => store().db.select().from(pendingQuestion)
  assert.equal((await kept()).length, 1)
  clock.advance(2_000)
  await running.app.drain()
  assert.equal(channel.sent.length, 1)
  assert.deepEqual(await kept(), [])
})

test('joining a group, we say who we are and what we store; leaving, we forget the way there', async () => {
  await channel.hand({ kind: 'joined', chat, sentAt: clock.now() })
  await running.app.drain()
  const [welcome = ''] = channel.texts()
  assert.match(welcome, /北碚区科协/)
  assert.match(welcome, /不是报警电话/)
  assert.ok(countSigns(welcome) <= 120 && welcome.split('\n').length <= 6)
  channel.admins.add('wang')
  await mention('退出')
  assert.deepEqual(channel.left, [chat.id])
})

test('a group that moves keeps what it had set', async () => {
  channel.admins.add('wang')
  await mention('地区 北碚区')
  const movedTo = `${chat.id}-super`
  await channel.hand({ kind: 'moved', chat, movedTo, sentAt: clock.now() })
  chat = { ...chat, id: movedTo }
  assert.match((await mention('设置'))[0] ?? '', /北碚区/)
})

test('staff bind an account with a code that works once, and lose it when it is revoked', async () => {
  const parts = { store: store(), clock }
  const id = await addStaff(parts, '王芳', 'test')
  const shown = await issueStaffCode(parts, id, 'test')
  assert.match((await mention(`绑定 ${shown}`))[0] ?? '', /已作废/)
  assert.match((await privately(`绑定 ${shown}`))[0] ?? '', /不对/)
  const code = await issueStaffCode(parts, id, 'test')
  assert.match((await privately('绑定 AAAAAAAAAA'))[0] ?? '', /不对/)
  assert.match((await privately(`绑定 ${code.toLowerCase()}`))[0] ?? '', /王芳/)
  assert.match((await privately(`绑定 ${code}`, { sender: { id: 'zhang', bot: false } }))[0] ?? '', /不对/)
  assert.match((await mention('静音'))[0] ?? '', /静音到/)
  const [binding] = (await listStaff(store().db)).flatMap(({ bindings }) => bindings)
  assert.ok(binding)
  await revokeBinding(parts, binding.id, 'test')
  assert.match((await mention('恢复'))[0] ?? '', /群主|管理员/)
})

test('after five wrong codes an account waits', async () => {
  const sender = { id: 'guesser', bot: false }
  const guess = () => privately('绑定 BBBBBBBBBB', { sender, chat: { id: 'guesser', kind: 'private' } })
  for (let time = 0; time < 5; time++) assert.match((await guess())[0] ?? '', /不对/)
  assert.match((await guess())[0] ?? '', /10分钟后/)
  clock.advance(10 * 60_000 + 1)
  assert.match((await guess())[0] ?? '', /不对/)
})

test('a code older than ten minutes binds nobody', async () => {
  const parts = { store: store(), clock }
  const code = await issueStaffCode(parts, await addStaff(parts, '李强', 'test'), 'test')
  clock.advance(10 * 60_000 + 1)
  assert.match((await privately(`绑定 ${code}`))[0] ?? '', /过了10分钟/)
})

test('a reply waits out a throttle, follows a moved chat and is not sent again where it may have arrived', async () => {
  const failure = {
    kind: 'failed' as const,
    failure: { sentence: '', code: 'throttled' as const, kind: 'throttled' as const },
  }
  channel.outcomes.push({ ...failure, failure: { ...failure.failure, until: new Date(clock.now().getTime() + 3_000) } })
  await mention('地震怎么办')
  assert.equal(channel.sent.length, 0)
  clock.advance(3_001)
  await running.app.drain()
  assert.equal(channel.sent.length, 1)
  channel.outcomes.push({ kind: 'failed', failure: { kind: 'unknown', code: 'timeout', sentence: '' } })
  assert.deepEqual(await mention('被狗咬了怎么办'), [])
})

test('platform ids stand nowhere in the store but encrypted, and the key can be read by its owner only', async () => {
  await privately('地震怎么办', {
    sender: { id: 'secret-person-id', bot: false },
    chat: { id: 'secret-person-id', kind: 'private' },
  })
  const { rows } = await store().db.execute<{ name: string }>(
    sql`select table_name::text as name from information_schema.tables where table_schema = 'public'`,
  )
  for (const { name } of rows) {
    const { rows: content } = await store().db.execute<{ row: string }>(
      sql`select ${sql.identifier(name)}::text as row from ${sql.identifier(name)}`,
    )
    assert.ok(!content.some(({ row }) => row.includes('secret-person-id')), name)
  }
  const key = join(running.dataDir, 'secret.key')
  assert.ok(existsSync(key))
  assert.equal(statSync(key).mode & 0o077, 0)
  assert.match(readFileSync(key, 'utf8'), /^[0-9a-f]{64}$/)
})
