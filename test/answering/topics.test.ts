import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { readTopicLexicon } from '../../src/answering/topics/topic-lexicon.ts'
import { buildTopicRecognizer } from '../../src/answering/topics/topic-recognizer.ts'
import { readTopicVotes, shareVotes } from '../../src/answering/topics/topic-votes.ts'
import { TOPIC_THRESHOLDS } from '../../src/answering/topics/topic-model.ts'
import { readLifeThreatLexicon } from '../../src/answering/life-threat-lexicon.ts'
import { SHIPPED_SEEDS } from '../../src/cli/shipped-seeds.ts'
import { emptySnapshot } from '../../src/knowledge/knowledge-base.ts'
import type { Published } from '../../src/knowledge/item.ts'
import { readSeeds } from '../../src/knowledge/read-seeds.ts'
import type { SeedResult } from '../../src/knowledge/seed-file.ts'
import { createAnalyzer } from '../../src/retrieval/analysis.ts'
import { loadLexicon } from '../../src/retrieval/lexicon.ts'

interface Line {
  text: string
  kind: string
  topic: string | null
}

const lexicons = join(SHIPPED_SEEDS, 'lexicons')
const lexicon = take(readTopicLexicon('topics.yaml', readFileSync(join(lexicons, 'topics.yaml'), 'utf8')))
const threats = take(
  readLifeThreatLexicon('life-threats.yaml', readFileSync(join(lexicons, 'life-threats.yaml'), 'utf8')),
)
const analyzer = createAnalyzer(loadLexicon(lexicons))
const { items } = await readSeeds(SHIPPED_SEEDS, ['card'])
const cards = new Map(
  items.flatMap((item): [string, Published<'card'>][] =>
    item.kind === 'card' ? [[item.slug, { ...item, number: '', version: 1, origin: 'shipped' }]] : [],
  ),
)
const snapshot = { ...emptySnapshot(), items: { ...emptySnapshot().items, card: cards }, complete: true }
const votes = readTopicVotes('topic-votes.json', readFileSync(join(lexicons, 'topic-votes.json'), 'utf8'))
const wordings = { lexicon, normalize: (text: string) => analyzer.analyzeBody(text), slips: threats.rewrites, votes }
const recognizer = buildTopicRecognizer(wordings, snapshot)

test('a question belongs to its topic although no stored question is alike', () => {
  assert.equal(firstTopic('车库要倒灌了 要不要跑下去挪车嘛'), 'nat-rainstorm-waterlogging')
  assert.equal(firstTopic('一坨人挤在电梯里头会不会把氧气吸完'), 'acc-elevator')
  assert.equal(firstTopic('农村烤疙蔸火,晚上睡觉门留条缝缝够不够'), 'acc-co')
  assert.equal(firstTopic('洋芋长芽芽了 抠了芽削皮吃要得噻'), 'ph-foodpoison')
})

test('words of a topic do not answer a question about prices, jobs, songs or shares', () => {
  for (const text of [
    '灭火器回收一个几块钱',
    '消防员一个月工资好多',
    '暴雨那首歌是哪个唱的',
    '燃气股票能买不',
    '蛇果甜不甜',
  ]) {
    assert.ok(confidence(text) < TOPIC_THRESHOLDS.answer, text)
  }
})

test('whether an emergency call costs money is a question about emergency calls', () => {
  assert.equal(firstTopic('打119灭火收不收钱哟'), 'ge-phones')
})

test('a word that means something else in its place does not count', () => {
  assert.equal(lexicon.listen('这家店太踩雷了').topics.get('nat-lightning'), undefined)
  assert.ok(lexicon.listen('打雷能不能洗澡').topics.get('nat-lightning'))
})

test('a slip of dictation is recognized by what it was meant to be', () => {
  assert.equal(recognizer.recognize('轻微中属 要不要送医院', [])[0]?.topic, 'fa-heatstroke')
})

test('small talk and other fields have no topic', () => {
  for (const text of ['今天吃啥子', '帮我写篇作文', '农村商业银行周末开门不', '你好呀', '']) {
    assert.ok(confidence(text) < TOPIC_THRESHOLDS.answer, text)
  }
})

test('the reasons name the words that were found', () => {
  const [best] = recognizer.recognize('屋头有股煤气味 阀门关了没得用', [])
  assert.match(best?.reasons.map(({ text }) => text).join() ?? '', /燃气泄漏/)
})

test('recognizing never throws, stays within 0…1 and repeats itself', () => {
  const signs = fc.constantFrom(...'地震火水电梯蛇怎么办多少钱 啷个😀a1\n'.split(''))
  fc.assert(
    fc.property(fc.array(signs, { maxLength: 80 }), (text) => {
      const guesses = recognizer.recognize(text.join(''), [])
      assert.ok(guesses.every(({ confidence: each }) => each >= 0 && each <= 1))
      assert.deepEqual(recognizer.recognize(text.join(''), []), guesses)
    }),
    { numRuns: 100 },
  )
})

test('a lexicon with an unknown set is refused with the place of the fault', () => {
  const result = readTopicLexicon(
    'topics.yaml',
    'aspects: []\ntopics:\n  - topic: a\n    name: 甲\n    decides: [$nobody & 火]\n',
  )
  assert.equal(result.ok, false)
})

test('own lines are recognized at least as well as when the floors were set', (context) => {
  const lines = readFileSync('test/evals/topics-tune.jsonl', 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Line)
  const asked = lines.filter(({ topic }) => topic !== null)
  const other = lines.filter(({ topic }) => topic === null)
  const right = asked.filter(({ text, topic }) => firstTopic(text) === topic).length / asked.length
  const silent = other.filter(({ text }) => confidence(text) < TOPIC_THRESHOLDS.answer).length / other.length
  context.diagnostic(
    `right topic ${right.toFixed(3)}, other matters not answered ${silent.toFixed(3)} (tuned on, without the search)`,
  )
  assert.ok(right >= 0.88, `right topic ${right}`)
  assert.ok(silent >= 0.93, `other matters not answered ${silent}`)
})

test('the shares of the votes are 1 together, and a file that does not fit is refused by name', () => {
  const shares = shareVotes(analyzer.analyzeBody('电梯里头氧气够不够'), votes)
  assert.ok(Math.abs([...shares.values()].reduce((sum, share) => sum + share, 0) - 1) < 1e-9)
  assert.equal([...shares].sort((a, b) => b[1] - a[1])[0]?.[0], 'acc-elevator')
  assert.throws(() => readTopicVotes('topic-votes.json', '{"a": 1}'), { code: 'lexicon-invalid' })
})

function firstTopic(text: string): string | undefined {
  const [best] = recognizer.recognize(text, [])
  return best && best.confidence >= TOPIC_THRESHOLDS.answer ? best.topic : undefined
}

function confidence(text: string): number {
  return recognizer.recognize(text, [])[0]?.confidence ?? 0
}

function take<T>(result: SeedResult<T>): T {
  if (!result.ok) throw new Error(JSON.stringify(result.problems))
  return result.value
}
