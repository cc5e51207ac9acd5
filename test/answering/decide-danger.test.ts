import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { buildDangerModel, readDangerModel, scoreDanger } from '../../src/answering/danger-score.ts'
import { DANGER_THRESHOLDS, decideDanger } from '../../src/answering/decide-danger.ts'
import { readLifeThreatLexicon } from '../../src/answering/life-threat-lexicon.ts'
import { SHIPPED_SEEDS } from '../../src/cli/shipped-seeds.ts'

const file = (name: string) => readFileSync(join(SHIPPED_SEEDS, 'lexicons', name), 'utf8')
const read = readLifeThreatLexicon('life-threats.yaml', file('life-threats.yaml'))
assert.ok(read.ok)
const lexicon = read.value
const model = readDangerModel('danger-weights.json', file('danger-weights.json'))

test('somebody whose home shakes is in danger, asked as a choice between two acts', () => {
  assert.equal(
    decideDanger('屋头突然摇起来了，我在19楼，往下跑还是躲到桌子脚？', lexicon, model)?.topic,
    'nat-earthquake',
  )
})

test('the score stands in where no phrase of the lexicon fits, and says which runs spoke', () => {
  const known = buildDangerModel({ bias: 0, weights: { 喊不答应: 99 }, topics: { 喊不答应: { 'fa-cpr-aed': 99 } } })
  const empty = readLifeThreatLexicon('x', file('life-threats.yaml').replace(/^topics:[\s\S]*/m, 'topics: []'))
  assert.ok(empty.ok)
  const hit = decideDanger('婆婆喊不答应', empty.value, known)
  assert.equal(hit?.topic, 'fa-cpr-aed')
  assert.match(hit?.reasons[0]?.text ?? '', /喊不答应/)
})

test('the score speaks against a phrase that only looks alike', () => {
  const never = buildDangerModel({ bias: -9, weights: {}, topics: {} })
  assert.equal(decideDanger('着火了！救命', lexicon, never), undefined)
  assert.ok(decideDanger('着火了！救命', lexicon, null))
})

test('a score lies between 0 and 1 for any text, and the same text always gets the same', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
      const { probability } = scoreDanger(text, model)
      assert.ok(probability >= 0 && probability <= 1)
      assert.equal(scoreDanger(text, model).probability, probability)
    }),
    { numRuns: 200 },
  )
})

test('a file of weights that does not fit is refused by name', () => {
  assert.throws(() => readDangerModel('danger-weights.json', '{"bias":"x"}'), { code: 'lexicon-invalid' })
  assert.throws(() => readDangerModel('danger-weights.json', '{'), { code: 'lexicon-invalid' })
  assert.ok(DANGER_THRESHOLDS.doubtLexicon < DANGER_THRESHOLDS.scoreAlone)
})
