import assert from 'node:assert/strict'
import { rmSync } from 'node:fs'
import { after, before, describe, test } from 'node:test'
import { countSigns } from '../../src/base/signs.ts'
import { readDeliveryStatus } from '../../src/delivery/delivery-status.ts'
import { addStaff, issueStaffCode } from '../../src/people/staff.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { FAULT_GROUP, placeOf, until, type Said, type Shown, type Stage } from '../support/group-day-stage.ts'
import { inPortions, listOrdinary, QUESTIONS, type Question } from '../support/group-day-talk.ts'
import { openTelegramStage } from '../support/group-day-telegram.ts'
import { openWechatyStage } from '../support/group-day-wechaty.ts'
import { openWecomStage } from '../support/group-day-wecom.ts'
import { startApp, type TestApp } from '../support/start-app.ts'

// One day in groups through the whole product and the real adapters, each against its double. Telegram: its Bot API by long
// polling; wechaty: its own mock puppet; wecom-bot: its WebSocket. WeCom hands a bot only what mentions it.

/** Six in the morning in Chongqing. */
const MORNING = '2026-07-17T22:00:00Z'
const MINUTE_MS = 60_000
const ORDINARY = 1_000
const CHANNELS = ['telegram', 'wechaty', 'wecom-bot']
const METRICS_TOKEN = 'token-of-the-day-1234'

const clock = new FakeClock(MORNING)
let stages: Stage[]
let running: TestApp
let ids = 100_000
const latencies = new Map<string, number[]>()

const stageOf = (name: string): Stage => {
  const found = stages.find((stage) => stage.name === name)
  assert.ok(found, name)
  return found
}
const store = () => {
  const opened = running.app.parts.store()
  assert.ok(opened)
  return opened
}

async function start(dataDir?: string): Promise<void> {
  const channels = stages.map((stage) => stage.openChannel())
  const settings = { BUNDLE_MS: '0', RATE_LIMITS: 'on', METRICS_TOKEN }
  running = await startApp(settings, { clock, timers: clock, channels, ...(dataDir !== undefined && { dataDir }) })
  await Promise.all(stages.map((stage) => stage.ready()))
}

before(async () => {
  stages = [
    await openTelegramStage({ clock }),
    await openWechatyStage({ clock, caps: { perRoomMs: 0, perDay: 100_000, jitterMs: [0, 0] } }),
    await openWecomStage({ clock }),
  ]
  await start()
})
after(async () => {
  await running.app.stop()
  await Promise.all(stages.map((stage) => stage.close()))
  rmSync(running.dataDir, { recursive: true, force: true })
})

/** Everything that was taken up is answered as far as it can be now, and a reply that was just written has left. */
async function settle(): Promise<void> {
  await running.app.drain()
  await running.app.drain()
}

/** Says it `times` times, as a platform that delivers again, and returns what is shown for it. */
async function say(stage: Stage, said: Omit<Said, 'id' | 'at'>, times = 1): Promise<Shown[]> {
  // A chat gets one message a second.
  clock.advance(1_600)
  const shownBefore = stage.shown().length
  const message = { ...said, id: ids++, at: clock.now() }
  const startedAt = performance.now()
  await stage.hand(...Array.from({ length: times }, () => message))
  await running.app.drain()
  if (stage.shown().length > shownBefore) note(stage.name, performance.now() - startedAt)
  await running.app.drain()
  const shown = stage.shown().slice(shownBefore)
  for (const { place } of shown) assert.equal(place, placeOf(said))
  // On WeCom the buttons of a text are a card of their own below it.
  return shown.filter(({ raw }) => !isCard(raw))
}
const inOrder = (one: string, other: string): number => one.localeCompare(other)
const isCard = (raw: unknown): boolean =>
  typeof raw === 'object' && raw !== null && JSON.stringify(raw).includes('"msgtype":"template_card"')

function note(name: string, milliseconds: number): void {
  latencies.set(name, [...(latencies.get(name) ?? []), milliseconds])
}

const ask = (stage: Stage, question: Question, group: number, person: number, times = 1) => {
  const { text, quote, media } = question
  const more = { ...(quote !== undefined && { quote }), ...(media && { media }) }
  return say(stage, { group, person, text, mention: true, ...more }, times)
}

/** What no answer in a group may be. */
function assertFitForGroup({ text }: Shown, about: string): void {
  assert.ok(countSigns(text) <= 120, `${about}: ${countSigns(text)} signs: ${text}`)
  assert.ok(text.split('\n').length <= 6, `${about}: ${text}`)
  const foreign = text.replaceAll(/@?anxiao_bot|AED|[KRLPTA]-\d+/g, '')
  assert.doesNotMatch(foreign, /[A-Za-z]{2,}/, about)
}
const hasSource = ({ text }: Shown) => /^来源：.+·[KRLP]-\d{3}/.test(text.split('\n').at(-1) ?? '')

describe('a day in eight groups', () => {
  interface Answered {
    question: Question
    shown: Shown[]
    picked?: Shown[]
  }
  const answers = new Map<string, Answered[]>()
  /** How much was shown after the last question. */
  const seen = new Map<string, number>(CHANNELS.map((name) => [name, 0]))
  const hearing = () => stages.filter(({ name }) => name !== 'wecom-bot')
  const unasked: { on: string; heard: string[]; text: string }[] = []
  const ordinary = listOrdinary(ORDINARY)
  const told: Said[] = []

  before(async () => {
    const portions = inPortions(ordinary)
    let heardSince: Said[] = []
    let asked = 0
    for (const [at, portion] of portions.entries()) {
      clock.set(new Date(Date.parse(MORNING) + (at * 24 * 60 * MINUTE_MS) / portions.length).toISOString())
      const messages = portion.map((each) => ({ ...each, at: clock.now() }))
      told.push(...messages)
      heardSince.push(...messages)
      await Promise.all(hearing().map((stage) => stage.hand(...messages, ...messages, ...messages)))
      while (asked < Math.min(QUESTIONS.length, ((at + 1) * QUESTIONS.length) / portions.length)) {
        const question = QUESTIONS[asked]
        assert.ok(question)
        await noteUnasked(heardSince)
        heardSince = []
        await askOnTheDay(question, asked)
        asked += 1
      }
    }
    await noteUnasked(heardSince)
  })

  /** What was shown since the last question was not asked for. */
  async function noteUnasked(since: readonly Said[]): Promise<void> {
    await settle()
    for (const stage of hearing()) {
      for (const { place, text } of stage.shown().slice(seen.get(stage.name))) {
        const heard = since.filter((each) => placeOf(each) === place).map((each) => each.text)
        unasked.push({ on: stage.name, heard, text })
      }
    }
  }

  /** On every platform at once, three times each. */
  async function askOnTheDay(question: Question, number: number): Promise<void> {
    const [group, person] = [number % 7, 1 + (number % 9)]
    const { text, quote } = question
    clock.advance(1_600)
    const said = {
      id: ids++,
      group,
      person,
      text,
      mention: true,
      ...(quote !== undefined && { quote }),
      at: clock.now(),
    }
    const before = stages.map((stage) => stage.shown().length)
    await Promise.all(stages.map((stage) => stage.hand(said, said, said)))
    await settle()
    for (const [index, stage] of stages.entries()) {
      const shown = stage.shown().slice(before[index])
      const entry: Answered = { question, shown: shown.filter(({ raw }) => !isCard(raw)) }
      const kept = answers.get(stage.name) ?? []
      answers.set(stage.name, kept)
      kept.push(entry)
      if (question.choices) entry.picked = await pickFirst(stage, shown, { group, person })
    }
    for (const stage of stages) seen.set(stage.name, stage.shown().length)
  }

  /** By its button where there is one, else by its number. */
  async function pickFirst(stage: Stage, shown: Shown[], by: Pick<Said, 'group' | 'person'>): Promise<Shown[]> {
    const offered = shown.find(({ buttons }) => buttons.length > 0)
    const label = offered?.buttons[0]
    return offered && label !== undefined
      ? say(stage, { ...by, text: '', press: { shown: offered, label } }, 3)
      : say(stage, { ...by, text: '1' }, 3)
  }

  test('1 000 ordinary messages, each delivered three times, get no answer on Telegram and WeChat', async (context) => {
    assert.equal(told.length, ORDINARY)
    for (const each of unasked) context.diagnostic(JSON.stringify(each))
    assert.deepEqual(unasked, [])
    // What was prepared and came too late would not have been shown.
    const { replies } = await readDeliveryStatus(store().db, () => undefined)
    assert.deepEqual([...new Set(replies.map(({ state }) => state))], ['sent'])
  })

  for (const name of CHANNELS) {
    const where = name === 'wecom-bot' ? ', where nothing else of a group arrives' : ''
    test(`40 mentions among them, each delivered three times, are answered once on ${name}${where}`, () => {
      const kept = answers.get(name) ?? []
      assert.equal(kept.length, QUESTIONS.length)
      for (const { question, shown, picked } of kept) {
        const about = `${question.text}${question.quote ?? ''}`
        assert.equal(shown.length, 1, about)
        const [answer] = shown
        assert.ok(answer)
        assertFitForGroup(answer, about)
        if (question.sourced) assert.ok(hasSource(answer), `${about}: ${answer.text}`)
        if (question.says) assert.match(answer.text, question.says, about)
        if (!question.choices) continue
        assert.equal(picked?.length, 1, about)
        assert.ok(picked?.[0] && hasSource(picked[0]), `${about}: ${picked?.[0]?.text}`)
      }
    })
  }

  test('after a restart nothing is answered again, nothing older than five minutes is, and what is new is', async () => {
    const fresh = new Map<string, Said>()
    for (const stage of stages) {
      const shown = stage.shown().length
      const said = { id: ids++, group: 7, person: 3, text: '流感怎么预防', mention: true, at: clock.now() }
      await stage.hand(said)
      await settle()
      assert.equal(stage.shown().length, shown + 1, stage.name)
      fresh.set(stage.name, said)
    }
    await running.app.stop()
    await start(running.dataDir)
    const old = new Date(clock.now().getTime() - 6 * MINUTE_MS)
    for (const stage of stages) {
      const shown = stage.shown().length
      const again = fresh.get(stage.name)
      assert.ok(again)
      if (stage.name !== 'wecom-bot') for (const portion of inPortions(told)) await stage.hand(...portion)
      await stage.hand(again)
      await stage.hand({ id: ids++, group: 7, person: 4, text: '停电了怎么办', mention: true, at: old })
      await stage.hand({ id: ids++, person: 4, text: '停电了怎么办', at: old })
      await settle()
      assert.equal(stage.shown().length, shown, stage.name)
      const [answer] = await say(stage, { person: 4, text: '停电了怎么办' })
      assert.match(answer?.text ?? '', /停电/)
    }
    const metrics = await readMetrics()
    for (const { name } of stages) {
      assert.match(metrics, new RegExp(`anxiao_silence_total\\{channel="${name}",reason="duplicate"\\} 1\\b`))
      assert.match(metrics, new RegExp(`anxiao_silence_total\\{channel="${name}",reason="old"\\} [1-9]`))
    }
  })
})

describe('when a platform fails', () => {
  for (const name of CHANNELS) {
    test(`on ${name} what can be sent later is sent once, the rest is named in the status, and no chat sees an error`, async () => {
      const stage = stageOf(name)
      const expected: string[] = []
      for (const [number, fault] of stage.faults.entries()) {
        clock.advance(2 * MINUTE_MS)
        const group = FAULT_GROUP + number
        const inPlace = () => stage.shown().filter(({ place }) => place === `group ${group}`)
        await stage.hand({ id: ids++, group, person: 2, text: '被狗咬了怎么办', mention: true, at: clock.now() })
        const attempts = stage.attempts()
        await fault.begin()
        const drained = settle()
        if (fault.unansweredMs !== undefined) {
          await until(`${fault.name}: sent`, () => stage.attempts() > attempts)
          clock.advance(fault.unansweredMs)
        }
        await drained
        await fault.end?.()
        for (let step = 0; step < 6 && (step === 0 || fault.expected === 'sent once'); step++) {
          clock.advance(fault.laterMs)
          await settle()
          if (inPlace().length > 0) break
        }
        clock.advance(MINUTE_MS)
        await settle()
        const shown = inPlace()
        assert.equal(shown.length, fault.expected === 'given up' ? 0 : 1, `${fault.name}: ${JSON.stringify(shown)}`)
        for (const answer of shown) assert.ok(hasSource(answer), answer.text)
        if (fault.reason !== undefined) expected.push(fault.reason)
        // The next one is answered as if nothing had been.
        const [next] = await say(stage, { group: group + 10, person: 2, text: '被狗咬了怎么办', mention: true })
        assert.ok(next && hasSource(next), `after ${fault.name}: ${next?.text}`)
      }
      const { replies } = await readDeliveryStatus(store().db, () => undefined)
      const failed = replies.filter(({ channel, state }) => channel === name && state !== 'sent')
      assert.deepEqual(
        failed.flatMap(({ reason, count }) => Array.from({ length: count }, () => reason ?? '')).toSorted(inOrder),
        expected.toSorted(inOrder),
      )
    })
  }

  for (const name of CHANNELS) {
    test(`payloads that mean nothing leave ${name} as it was`, async () => {
      const stage = stageOf(name)
      const shown = stage.shown().length
      await stage.sendMalformed()
      await settle()
      assert.equal(stage.shown().length, shown)
      const [answer] = await say(stage, { group: 6, person: 8, text: '停水了怎么办', mention: true })
      assert.ok(answer && hasSource(answer))
    })
  }
})

describe('at two in the morning', () => {
  for (const name of CHANNELS) {
    test(`somebody in danger is answered in a muted group on ${name}`, async () => {
      const stage = stageOf(name)
      clock.set('2026-07-20T18:00:00Z')
      if (name === 'wecom-bot') {
        // WeCom does not tell who runs a group: staff do it.
        const parts = { store: store(), clock }
        const code = await issueStaffCode(parts, await addStaff(parts, '王芳', 'test'), 'test')
        await say(stage, { person: 0, text: `绑定 ${code}` })
      }
      const [muted] = await say(stage, { group: 2, person: 0, text: '静音', mention: true })
      assert.match(muted?.text ?? '', /静音到7月22日02:00/)
      assert.deepEqual(await ask(stage, { text: '流感怎么预防' }, 2, 5), [])
      const [answer] = await ask(stage, { text: '屋头好大一股煤气味，脑壳都昏了' }, 2, 5)
      assert.match(answer?.text ?? '', /^119$/m)
      assert.ok(answer && hasSource(answer))
      if (name === 'wecom-bot') return
      const cry = { group: 2, person: 6, text: '救命，我家厨房着火了，火好大，快来人' }
      assert.match((await say(stage, cry))[0]?.text ?? '', /^119$/m)
      clock.advance(20 * MINUTE_MS)
      assert.deepEqual(await say(stage, { ...cry, person: 7 }), [])
      clock.advance(11 * MINUTE_MS)
      assert.equal((await say(stage, { ...cry, person: 7 })).length, 1)
    })
  }
})

test('in a group where much is asked somebody in danger does not wait for the others', async () => {
  const stage = stageOf('telegram')
  clock.set('2026-07-21T02:00:00Z')
  for (let number = 0; number < 20; number++) {
    const person = 1 + (number % 20)
    await stage.hand({ id: ids++, group: 5, person, text: '停电了怎么办', mention: true, at: clock.now() })
    await running.app.drain()
    clock.advance(1_100)
  }
  const [answer] = await ask(stage, { text: '我家厨房着火了，火好大' }, 5, 21)
  assert.match(answer?.text ?? '', /^119$/m)
})

test('what only points at another message, a picture, or a choice that is not there is asked back for', async () => {
  clock.set('2026-07-21T04:00:00Z')
  for (const stage of stages) {
    const privately = async (text: string, more: Partial<Said> = {}) =>
      (await say(stage, { person: 11, text, ...more }))[0]?.text ?? ''
    assert.match(await privately('这条消息是真的吗'), /转发或者粘贴给我/)
    assert.match(await privately('2'), /现在没有要选的/)
    assert.match(await privately('/abc'), /没有这个命令/)
    assert.match(await privately('https://mp.weixin.qq.com/s/abc'), /链接我打不开/)
    assert.match(await privately('这个是真的吗', { media: 'picture' }), /打成字发来/)
    // The words around a quoted text are not looked up beside it.
    assert.doesNotMatch(await privately('是不是真的', { quote: '吃大蒜可以预防流感，大家多吃' }), /转钱|96110/)
    assert.match(await privately('停电了怎么办'), /停电/)
    const why = await privately('为什么')
    assert.match(why, /因为/)
    assert.doesNotMatch(why, /%|来文/)
    assert.match(await privately('说错了'), /编号T-\d{4}/)
  }
})

test('the caps of WeChat hold back what nobody asked for and what is too much for a day, and nobody in danger', async () => {
  const own = new FakeClock(MORNING)
  const stage = await openWechatyStage({ clock: own, caps: { perDay: 3, jitterMs: [0, 0] } })
  const capped = await startApp({ BUNDLE_MS: '0' }, { clock: own, timers: own, channels: [stage.openChannel()] })
  const mention = async (text: string, person: number) => {
    const shown = stage.shown().length
    await stage.hand({ id: ids++, group: 1, person, text, mention: true, at: own.now() })
    await capped.app.drain()
    await capped.app.drain()
    return stage.shown().slice(shown)
  }
  const sendUnasked = () =>
    stage.channel().send({ chat: { id: 'group-1@chatroom', kind: 'group' }, text: '提醒', key: `${ids++}` })
  try {
    await stage.ready()
    assert.equal((await mention('停电了怎么办', 1)).length, 1)
    assert.equal((await mention('被狗咬了怎么办', 2)).length, 1)
    assert.equal((await sendUnasked()).kind, 'sent')
    const refused = await sendUnasked()
    assert.match(refused.kind === 'failed' ? refused.failure.sentence : '', /24 小时内已发满 3 条/)
    assert.deepEqual(await mention('流感怎么预防', 3), [])
    assert.match((await mention('我家厨房着火了，火好大', 4))[0]?.text ?? '', /^119$/m)
    own.advance(6 * MINUTE_MS)
    await capped.app.drain()
    const opened = capped.app.parts.store()
    assert.ok(opened)
    const { replies } = await readDeliveryStatus(opened.db, () => undefined)
    const held = replies.filter(({ state }) => state !== 'sent')
    assert.deepEqual(
      held.map(({ state, reason }) => [state, reason]),
      [['expired', 'cap-reached']],
    )
  } finally {
    await capped.close()
    await stage.close()
  }
})

test('from a question to its answer', (context) => {
  for (const [name, all] of latencies) {
    const sorted = all.toSorted((one, other) => one - other)
    const at = (share: number) => `${Math.round(sorted[Math.floor(sorted.length * share)] ?? 0)} ms`
    context.diagnostic(`${name}: ${sorted.length} answers, p50 ${at(0.5)}, p95 ${at(0.95)}`)
  }
})

async function readMetrics(): Promise<string> {
  const headers = { host: 'localhost', authorization: `Bearer ${METRICS_TOKEN}` }
  return (await running.app.fetch(new Request('http://localhost/metrics', { headers }))).text()
}
