import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { countSigns } from '../../src/base/signs.ts'

const segmenter = new Intl.Segmenter('zh-CN', { granularity: 'grapheme' })

test('punctuation counts, white space does not, a family of emoji is one sign', () => {
  assert.equal(countSigns('先关阀，开窗。'), 7)
  assert.equal(countSigns(' 先\n关\u3000阀 '), 3)
  assert.equal(countSigns('👨‍👩‍👧e\u0301'), 2)
})

test('the short way for plain texts counts what segmenting would', () => {
  const sign = fc.constantFrom(...'地震ab1，。“”…—《》（）\n \u3000·!~😀é\u0301\u200d\u3099①％'.split(''))
  fc.assert(
    fc.property(fc.array(sign, { maxLength: 40 }), (signs) => {
      const text = signs.join('').toWellFormed()
      const counted = [...segmenter.segment(text)].filter(({ segment }) => segment.trim() !== '').length
      assert.equal(countSigns(text), counted)
    }),
    { numRuns: 500 },
  )
})
