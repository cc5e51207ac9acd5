import { readFileSync, readdirSync } from 'node:fs'
import { test } from 'node:test'
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { z } from 'zod'
import { detectLifeThreat } from '../../src/answering/life-threat.ts'
import { readLifeThreatLexicon, type LifeThreatLexicon } from '../../src/answering/life-threat-lexicon.ts'
import { findTerm, readTermList } from '../../src/answering/term-list.ts'

const SEEDS = new URL('../../seeds/', import.meta.url)
const FIXTURES = new URL('../fixtures/answering/', import.meta.url)

const lexicon = readSeedLexicon()

const rowSchema = z.strictObject({ text: z.string(), topic: z.string().nullable(), note: z.string() })
type Row = z.infer<typeof rowSchema>

function readSeedLexicon(): LifeThreatLexicon {
  const file = 'lexicons/life-threats.yaml'
  const read = readLifeThreatLexicon(file, readFileSync(new URL(file, SEEDS), 'utf8'))
  assert.ok(read.ok, JSON.stringify(read))
  return read.value
}

function readRows(file: string): Row[] {
  const lines = readFileSync(new URL(file, FIXTURES), 'utf8').trim().split('\n')
  return lines.map((line) => rowSchema.parse(JSON.parse(line)))
}

function topicOf(text: string): string | undefined {
  return detectLifeThreat(text, lexicon)?.topic
}

function measure(rows: Row[]) {
  const danger = rows.filter(({ topic }) => topic !== null)
  const harmless = rows.filter(({ topic }) => topic === null)
  const missed = danger.filter(({ text }) => topicOf(text) === undefined)
  const found = danger.filter(({ text }) => topicOf(text) !== undefined)
  const mistaken = found.filter(({ text, topic }) => topicOf(text) !== topic)
  const alarms = harmless.filter(({ text }) => topicOf(text) !== undefined)
  return {
    danger: danger.length,
    harmless: harmless.length,
    recall: 1 - missed.length / danger.length,
    falseAlarms: alarms.length / harmless.length,
    topicAccuracy: 1 - mistaken.length / found.length,
    wrong: [...missed, ...mistaken, ...alarms].map(
      ({ text, topic }) => `${text} → ${topicOf(text) ?? '-'}, not ${topic ?? '-'}`,
    ),
  }
}

function describe(
  name: string,
  { danger, harmless, recall, falseAlarms, topicAccuracy }: ReturnType<typeof measure>,
): string {
  const percent = (share: number) => `${(100 * share).toFixed(1)} %`
  return `${name}: recall ${percent(recall)} of ${danger}, false alarms ${percent(falseAlarms)} of ${harmless}, right topic ${percent(topicAccuracy)}`
}

test('every life-threat text has phrases and every topic with phrases has a text', () => {
  const texts = readdirSync(new URL('life-threats/', SEEDS)).map((name) => name.replace('.yaml', ''))
  assert.deepEqual(lexicon.topics.map(({ topic }) => topic).toSorted(), texts.toSorted())
})

for (const { topic, must, mustNot } of lexicon.topics) {
  test(`${topic} is found in its own examples and not in their harmless twins`, () => {
    const missed = must.filter((text) => topicOf(text) !== topic).map((text) => `${text} → ${topicOf(text) ?? '-'}`)
    assert.deepEqual(missed, [])
    assert.deepEqual(
      mustNot.filter((text) => topicOf(text) !== undefined),
      [],
    )
  })
}

test('the set used for tuning keeps its recall and its false alarms', (t) => {
  const figures = measure(readRows('danger-tune.jsonl'))
  t.diagnostic(describe('tune', figures))
  assert.ok(figures.recall >= 0.99, figures.wrong.join('\n'))
  assert.ok(figures.falseAlarms <= 0.02, figures.wrong.join('\n'))
  assert.ok(figures.topicAccuracy >= 0.97, figures.wrong.join('\n'))
})

// Written before it was measured; the first measurement gave recall 70.6 %, false alarms 6.9 %, right topic 91.2 %.
// Mechanisms were mended on it since, so its figures now guard against going back and predict nothing.
test('the second set keeps what the mechanisms reached', (t) => {
  const figures = measure(readRows('danger-report.jsonl'))
  t.diagnostic(describe('report', figures))
  assert.ok(figures.recall >= 0.98, figures.wrong.join('\n'))
  assert.ok(figures.falseAlarms <= 0.02, figures.wrong.join('\n'))
  assert.ok(figures.topicAccuracy >= 0.96, figures.wrong.join('\n'))
})

test('a negated, past, supposed, heard or rehearsed danger is none', () => {
  for (const text of [
    '屋头没着火',
    '昨天屋头着火了',
    '如果屋头着火了怎么办',
    '听说大坪着火了',
    '今天消防演练着火了要跑',
  ]) {
    assert.equal(topicOf(text), undefined, text)
  }
  assert.equal(topicOf('屋头着火了'), 'acc-home-fire')
})

test('danger in a later sentence counts although an earlier one tells of the past', () => {
  assert.equal(topicOf('上次也晃过。现在楼又在摇，晃得站不稳'), 'nat-earthquake')
})

test('the same danger is found in traditional signs, full width and with fillers of dictation', () => {
  for (const text of ['廚房著火了！', '厨房　着火了', '嗯…那个那个厨房呃着火了', '厨房🔥着火了']) {
    assert.equal(topicOf(text), 'acc-home-fire', text)
  }
})

test('any text is read without throwing and the finding does not depend on when it is asked', () => {
  const signs = fc.constantFrom(...'着火地震煤气味了没不是怎么办人我家救命血电梯困触落水噎到晕喊应时如果昨天,。! 0a…')
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 200 }),
    fc.array(signs, { maxLength: 120 }).map((list) => list.join('')),
  )
  fc.assert(
    fc.property(text, (message) => {
      assert.deepEqual(detectLifeThreat(message, lexicon), detectLifeThreat(message, lexicon))
    }),
    { numRuns: 150, interruptAfterTimeLimit: 20_000 },
  )
})

test('time grows with the length of the message, not faster', (t) => {
  const spent = (text: string) => {
    const start = performance.now()
    detectLifeThreat(text, lexicon)
    return performance.now() - start
  }
  for (const seed of ['我家', '火', '水里有人', '没有', '被', '喝了药', '昨天听说的时候，']) {
    const short = seed.repeat(Math.ceil(1_000 / seed.length))
    spent(short)
    const shortMs = Math.min(spent(short), spent(short), spent(short))
    const longMs = Math.min(spent(short.repeat(4)), spent(short.repeat(4)))
    t.diagnostic(`“${seed}”: ${shortMs.toFixed(1)} ms for 1 000 signs, ${longMs.toFixed(1)} ms for 4 000`)
    assert.ok(longMs <= 64 * shortMs + 200, `${seed}: ${shortMs} ms → ${longMs} ms`)
  }
})

test('a phrase with an unknown group or unmatched brackets is refused with its words', () => {
  const file = (phrase: string) =>
    `rewrites: []\nwords: {}\nmarks: { done: [了], present: [现在], asks: [怎么] }\nguards: []\ntopics:\n  - topic: a-b\n    rules: [{ say: ["${phrase}"], weight: 1 }]\n    must: [x]\n    mustNot: [y]\n`
  for (const phrase of ['(着火', '<nobody>着火']) {
    const read = readLifeThreatLexicon('x.yaml', file(phrase))
    assert.ok(!read.ok)
    assert.match(read.problems[0]?.message ?? '', /着火/u)
  }
  assert.ok(readLifeThreatLexicon('x.yaml', file('着火')).ok)
})

test('questions of the field are told from talk about money, films and everyday things', () => {
  const file = 'lexicons/field-terms.yaml'
  const read = readTermList(file, readFileSync(new URL(file, SEEDS), 'utf8'))
  assert.ok(read.ok, JSON.stringify(read))
  for (const text of [
    '泥石流有哪些前兆',
    '这个是谣言吗',
    '网传自来水停了',
    '十四五科普规划讲了什么',
    '被蛇咬怎么处理',
    '98度的火锅烫伤怎么办',
    'aed在哪里',
  ]) {
    assert.notEqual(findTerm(text, read.value), undefined, text)
  }
  for (const text of [
    '火锅店推荐',
    '水电费怎么交',
    '天气真好',
    '地铁几点收班',
    '信用卡怎么还款',
    '今天吃什么',
    '电脑中毒了',
    '贪吃蛇怎么玩',
  ]) {
    assert.equal(findTerm(text, read.value), undefined, text)
  }
})
