import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { UnitPlaces } from '../../src/retrieval/unit-places.ts'

const texts = fc.string({ unit: fc.constantFrom('地', '震', '水', '火', ' ', '了', '吗'), maxLength: 40 })

function longestRun(text: string, other: string): number {
  for (let length = other.length; length > 0; length--) {
    for (let start = 0; start + length <= other.length; start++)
      if (text.includes(other.slice(start, start + length))) return length
  }
  return 0
}

function countPairs(text: string, other: string): number {
  return Array.from({ length: Math.max(0, other.length - 1) }, (_, i) => other.slice(i, i + 2)).filter((pair) =>
    text.includes(pair),
  ).length
}

test('the longest common run and the common pairs are those that a plain search finds, text after text', () => {
  const places = new UnitPlaces()
  fc.assert(
    fc.property(texts, fc.array(texts, { maxLength: 5 }), (text, others) => {
      places.set(text)
      for (const other of others) {
        assert.equal(places.longestRun(other), longestRun(text, other))
        assert.equal(places.countPairs(other), countPairs(text, other))
      }
      places.clear()
    }),
    { numRuns: 500 },
  )
})

test('long texts are read whole, and of a long other text the first 255 signs', () => {
  const places = new UnitPlaces()
  const text = Array.from({ length: 3_000 }, (_, i) => String.fromCharCode(0x4e00 + (i % 1_000))).join('')
  places.set(text)
  assert.equal(places.longestRun(text.slice(2_500)), 255)
  assert.equal(places.countPairs(text.slice(2_000)), 999)
  places.clear()
  assert.equal(places.longestRun(text), 0)
})
