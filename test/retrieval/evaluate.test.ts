import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import {
  areaUnderCurve,
  evaluateRetrieval,
  evaluationCorpusRowSchema,
  evaluationQueryRowSchema,
  readEvaluationCorpus,
  type EvaluationKind,
  type EvaluationResult,
} from '../../src/retrieval/evaluate.ts'
import { buildIndex } from './build-index.ts'

test('the figures follow from ranks and confidences', async () => {
  const result = await evaluateRetrieval({
    kind: 'rumors',
    index: await buildIndex([]),
    corpus: [
      { id: 'a', claim: '吃大蒜能杀死病毒', rebuttal: '没有证据' },
      { id: 'b', claim: '武汉加油站停止营业', rebuttal: '正常营业' },
      { id: 'c', claim: '双黄连可抑制病毒', rebuttal: null },
    ],
    queries: [
      { query: '网传武汉加油站停止营业', positive_ids: ['b'] },
      { query: '听说吃大蒜能杀死病毒', positive_ids: ['c'] },
    ],
    negatives: [{ query: '今天天气真好', positive_ids: [] }],
  })
  assert.equal(result.hit1, 0.5)
  assert.equal(result.auroc, 1)
  assert.equal(result.okAt5, 0.5)
  assert.equal(result.acceptedNegatives, 0)
})

test('without queries or negatives there is nothing to measure', async () => {
  const result = await evaluateRetrieval({ kind: 'plans', index: await buildIndex([]), corpus: [], queries: [] })
  assert.equal(result.hit1, null)
  assert.equal(result.auroc, null)
  assert.equal(result.okAt5, null)
  assert.equal(result.p50Ms, null)
})

test('ties count half in the area under the curve', () => {
  assert.equal(areaUnderCurve([1, 0], [0, 0]), 0.75)
  assert.equal(areaUnderCurve([], [1]), null)
})

test('passages of a plan carry the head of their document as title', () => {
  const [, second] = readEvaluationCorpus('plans', [
    { id: 'd#0', doc_id: 'd', rebuttal: '某市应急预案 第一条' },
    { id: 'd#1', doc_id: 'd', rebuttal: '第二条' },
  ])
  assert.equal(second?.title, '某市应急预案 第一条')
})

// The floors of the third-party sets; the figures reached are higher (see scripts/fit-acceptance.ts --check).
const FLOORS: { folder: string; kind: EvaluationKind; negatives: string; floors: Partial<EvaluationResult> }[] = [
  { folder: 'rumor-match-toutiao', kind: 'rumors', negatives: 'negatives', floors: { hit1: 0.938, okAt5: 0.907 } },
  { folder: 'rumor-match-guokr', kind: 'rumors', negatives: 'negatives', floors: { hit1: 0.866, okAt5: 0.726 } },
  { folder: 'question-epidemic', kind: 'questions', negatives: 'near-miss', floors: { hit1: 0.794, auroc: 0.81 } },
  { folder: 'card-dxy', kind: 'questions', negatives: 'negatives', floors: { hit1: 0.813 } },
  { folder: 'plan-qa', kind: 'plans', negatives: 'negatives-indomain', floors: { hit5: 0.871, auroc: 0.75 } },
]
const evalDir = process.env['EVAL_DIR'] ?? join(import.meta.dirname, '../../../shared/eval')
const absent = existsSync(join(evalDir, 'card-dxy')) ? false : `no evaluation sets in ${evalDir}: set EVAL_DIR`

for (const { folder, kind, negatives, floors } of FLOORS) {
  test(`${folder} stays above its floors`, { skip: absent }, async () => {
    const rows = (name: string): unknown[] =>
      readFileSync(join(evalDir, folder, `${name}.jsonl`), 'utf8')
        .split('\n')
        .filter((line) => line !== '')
        .map((line): unknown => JSON.parse(line))
    const result = await evaluateRetrieval({
      kind,
      index: await buildIndex([]),
      corpus: rows('corpus').map((row) => evaluationCorpusRowSchema.parse(row)),
      queries: rows('queries').map((row) => evaluationQueryRowSchema.parse(row)),
      negatives: rows(negatives).map((row) => evaluationQueryRowSchema.parse(row)),
    })
    for (const [name, floor] of Object.entries(floors)) {
      const value = result[name as keyof EvaluationResult] // keys of a part of the result
      assert.ok(value !== null && typeof floor === 'number' && value >= floor, `${name} ${value} < ${floor}`)
    }
  })
}
