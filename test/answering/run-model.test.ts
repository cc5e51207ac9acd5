import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { fitRunModel } from '../../scripts/fit-run-model.ts'
import { buildRunModel, listRuns, readRunModel } from '../../src/answering/run-model.ts'

const EXAMPLES = ['火燃起来了', '起火了', '火好大', '着火了', '水淹起来了', '涨水了', '水好大', '进水了'].map(
  (text) => ({
    text,
    labels: [text.includes('火') ? 'fire' : 'water'],
    weight: 1,
  }),
)
const file = fitRunModel(EXAMPLES, { longestRun: 3, leastSeen: 1, epochs: 20, left: 0 })
const model = buildRunModel(file)

test('what is fitted on a few examples tells words it has not seen together', () => {
  assert.deepEqual(model.classes, ['fire', 'water'])
  const share = (text: string) => model.classify(text)[0] ?? 0
  assert.ok(share('隔壁火好凶') > 0.7, String(share('隔壁火好凶')))
  assert.ok(share('地下室水好深') < 0.3, String(share('地下室水好深')))
})

test('it names the runs that spoke for a class', () => {
  assert.ok(model.explain('对面起火了', 'fire').includes('起火'))
  assert.deepEqual(model.explain('对面起火了', 'nothing'), [])
})

test('the same examples give the same file, and the file reads back as the same model', () => {
  assert.deepEqual(fitRunModel(EXAMPLES, { longestRun: 3, leastSeen: 1, epochs: 20, left: 0 }), file)
  const again = readRunModel('m.json', JSON.stringify(file))
  assert.deepEqual(again.classify('起火了'), model.classify('起火了'))
})

test('shares are 1 together for any text, and the same text always gets the same', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
      const shares = model.classify(text)
      assert.ok(Math.abs(shares.reduce((sum, share) => sum + share, 0) - 1) < 1e-9)
      assert.deepEqual(model.classify(text), shares)
    }),
    { numRuns: 200 },
  )
})

test('runs leave out punctuation and mark where a text begins and ends', () => {
  assert.deepEqual([...listRuns('火，水', 2)], ['^', '火', '水', '$', '^火', '火水', '水$'])
})

test('a file that does not fit is refused by name', () => {
  for (const text of ['{', '{"a":1}', JSON.stringify({ ...file, weights: 'AAAA' })]) {
    assert.throws(() => readRunModel('topic-model.json', text), { code: 'lexicon-invalid', message: /topic-model/ })
  }
})
