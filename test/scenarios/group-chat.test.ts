import assert from 'node:assert/strict'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { after, afterEach, before, beforeEach, test } from 'node:test'
import { sql } from 'drizzle-orm'
import { countSigns } from '../../src/base/signs.ts'
import type { InboundMessage } from '../../src/channels/channel.ts'
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
  const code = await issueStaffCode(parts, id, 'test')
  assert.match((await mention(`绑定 ${code}`))[0] ?? '', /私聊/)
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
