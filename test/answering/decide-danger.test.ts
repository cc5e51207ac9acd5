import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { DANGER_THRESHOLDS, decideDanger, NO_DANGER, OTHER_DANGER } from '../../src/answering/decide-danger.ts'
import { detectLifeThreat } from '../../src/answering/life-threat.ts'
import { readLifeThreatLexicon } from '../../src/answering/life-threat-lexicon.ts'
import { normalizeFor, readRunModel, type RunModel } from '../../src/answering/run-model.ts'
import { SHIPPED_SEEDS } from '../../src/cli/shipped-seeds.ts'
import { createAnalyzer } from '../../src/retrieval/analysis.ts'
import { loadLexicon } from '../../src/retrieval/lexicon.ts'

const file = (name: string) => readFileSync(join(SHIPPED_SEEDS, 'lexicons', name), 'utf8')
const read = readLifeThreatLexicon('life-threats.yaml', file('life-threats.yaml'))
assert.ok(read.ok)
const lexicon = read.value
const analyzer = createAnalyzer(loadLexicon(join(SHIPPED_SEEDS, 'lexicons')))
const model = normalizeFor(readRunModel('danger-model.json', file('danger-model.json')), (text) =>
  analyzer.analyzeBody(text),
)
const topics = sure({})
const shippedTopics = normalizeFor(readRunModel('topic-model.json', file('topic-model.json')), (text) =>
  analyzer.analyzeBody(text),
)
const silent = readLifeThreatLexicon('x', file('life-threats.yaml').replace(/^topics:[\s\S]*/m, 'topics: []'))
assert.ok(silent.ok)
const noPhrases = silent.value

test('somebody whose home shakes is in danger, asked as a choice between two acts', () => {
  const text = '屋头突然摇起来了，我在19楼，往下跑还是躲到桌子脚？'
  assert.equal(decideDanger(text, { lexicon, model, topics })?.topic, 'nat-earthquake')
})

test('written examples stand in where no phrase of the lexicon fits, and the reasons say which runs spoke', () => {
  const decision = decideDanger('婆婆喊不答应', { lexicon: noPhrases, model: sure({ 'fa-cpr-aed': 0.9 }), topics })
  assert.equal(decision?.topic, 'fa-cpr-aed')
  assert.match(decision?.reasons[0]?.text ?? '', /喊不答应/)
})

test('written examples speak against a phrase that only looks alike', () => {
  assert.equal(decideDanger('着火了！救命', { lexicon, model: sure({ [NO_DANGER]: 0.99 }), topics }), undefined)
  const unsure = sure({ [NO_DANGER]: 0.78, 'acc-home-fire': 0.2 })
  assert.equal(decideDanger('着火了！救命', { lexicon, model: unsure, topics })?.topic, 'acc-home-fire')
  assert.equal(decideDanger('着火了！救命', { lexicon: noPhrases, model: unsure, topics }), undefined)
})

test('of two kinds that are as likely the one that the message is about gets the text', () => {
  const either = sure({ 'acc-home-fire': 0.4, 'fa-cpr-aed': 0.4 })
  for (const kind of ['acc-home-fire', 'fa-cpr-aed']) {
    const about = sure({ [kind]: 0.9 })
    assert.equal(decideDanger('快来人', { lexicon: noPhrases, model: either, topics: about })?.topic, kind)
  }
})

test('polite or long talk before it does not hide the danger', () => {
  const talk = ['你好，我是住在北碚区的居民，想请问一下，', '昨天下午我们一家人去河边玩，本来好好的，']
  const shipped = { lexicon, model, topics: shippedTopics }
  for (const before of talk) {
    const told = lexicon.topics
      .flatMap(({ must }) => must.map((text) => `${before}${text}`))
      .filter((text) => detectLifeThreat(text, lexicon))
    const missed = told.filter((text) => decideDanger(text, shipped) === undefined)
    assert.ok(told.length >= 90 && missed.length <= told.length * 0.02, missed.join('\n'))
  }
})

test('danger told in English is decided by the phrases alone', () => {
  const never = sure({ [NO_DANGER]: 0.99 })
  const english = decideDanger('there is a bad smell of gas', { lexicon, model: never, topics })
  assert.equal(english?.topic, 'acc-gas-leak')
})

test('a danger of a kind that has no text is told as such instead of given a wrong text', () => {
  const decision = decideDanger('有人拿刀砍人', { lexicon: noPhrases, model: sure({ [OTHER_DANGER]: 0.9 }), topics })
  assert.ok(decision)
  assert.equal(decision.topic, undefined)
  assert.ok(decision.share > 0.8)
})

test('the lexicon is doubted far below the share that counts alone', () => {
  assert.ok(DANGER_THRESHOLDS.doubtLexicon < DANGER_THRESHOLDS.shareAlone)
})

/** A model that says the same of every text. */
function sure(shares: Record<string, number>): RunModel {
  const classes = [NO_DANGER, OTHER_DANGER, 'acc-home-fire', 'fa-cpr-aed']
  const rest = 1 - Object.values(shares).reduce((sum, share) => sum + share, 0)
  return {
    classes,
    classify: () => Float64Array.from(classes, (label) => shares[label] ?? rest / classes.length),
    explain: (text) => [text],
  }
}

test('danger is not sure where somebody asks whether advice is right', () => {
  const parts = { lexicon, model: sure({ 'acc-home-fire': 1 }), topics }
  assert.equal(decideDanger('着火了！救命', parts)?.sure, true)
  const asked = decideDanger('着火了往楼顶跑，对不对？', parts)
  assert.deepEqual([asked?.topic, asked?.sure], ['acc-home-fire', false])
})
