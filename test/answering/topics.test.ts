import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { readEvalLines } from '../../scripts/read-examples.ts'
import { normalizeFor, readRunModel } from '../../src/answering/run-model.ts'
import { recognizeTopics, TOPIC_THRESHOLDS } from '../../src/answering/topics/recognize-topics.ts'
import { SHIPPED_SEEDS } from '../../src/cli/shipped-seeds.ts'
import { readSeeds } from '../../src/knowledge/read-seeds.ts'
import { createAnalyzer } from '../../src/retrieval/analysis.ts'
import { loadLexicon } from '../../src/retrieval/lexicon.ts'

const lexicons = join(SHIPPED_SEEDS, 'lexicons')
const analyzer = createAnalyzer(loadLexicon(lexicons))
const file = readRunModel('topic-model.json', readFileSync(join(lexicons, 'topic-model.json'), 'utf8'))
const model = normalizeFor(file, (text) => analyzer.analyzeBody(text))

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
    assert.equal(firstTopic(text), undefined, text)
  }
})

test('whether an emergency call costs money is a question about emergency calls', () => {
  assert.equal(firstTopic('打119灭火收不收钱哟'), 'ge-phones')
})

test('small talk and other fields have no topic', () => {
  for (const text of ['今天吃啥子', '帮我写篇作文', '农村商业银行周末开门不', '你好呀', '']) {
    assert.equal(firstTopic(text), undefined, text)
  }
})

test('the reasons name the runs of signs that spoke', () => {
  const [best] = recognize('屋头有股煤气味 阀门关了没得用')
  assert.match(best?.reasons.map(({ text }) => text).join() ?? '', /气味|阀门/)
})

test('every topic of a shipped card can be recognized', async () => {
  const { items } = await readSeeds(SHIPPED_SEEDS, ['card'])
  for (const { kind, content } of items) {
    if (kind === 'card') assert.ok(model.classes.includes(content.topic), content.topic)
  }
})

test('the report half of the written questions is recognized at least as well as when the floors were set', (context) => {
  const held = readEvalLines('test/evals/questions-*.jsonl').filter((line) => line.held)
  const asked = held.filter(({ kind }) => kind === 'card')
  const other = held.filter(({ kind }) => kind === 'out-of-scope')
  const right =
    asked.filter(({ text, topics }) => topics.includes(recognize(text)[0]?.topic ?? '')).length / asked.length
  const silent = other.filter(({ text }) => firstTopic(text) === undefined).length / other.length
  context.diagnostic(`right topic ${right.toFixed(3)}, other matters not answered ${silent.toFixed(3)}`)
  assert.ok(right >= 0.88, `right topic ${right}`)
  assert.ok(silent >= 0.97, `other matters not answered ${silent}`)
})

function recognize(text: string) {
  return recognizeTopics(text, model)
}

function firstTopic(text: string): string | undefined {
  const [best] = recognize(text)
  return best && best.confidence >= TOPIC_THRESHOLDS.answer ? best.topic : undefined
}
