import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { packCounts, saturate } from '../../src/retrieval/bm25.ts'
import { Postings } from '../../src/retrieval/postings.ts'
import { TermTable } from '../../src/retrieval/term-table.ts'

function readAll(postings: Postings, term: number): [number, number][] {
  const entries: [number, number][] = []
  postings.read(term, (documents, counts, from, to) => {
    for (let i = from; i < to; i++) entries.push([documents[i] ?? -1, counts[i] ?? -1])
  })
  return entries
}

test('posting lists of any length give back what was appended, in order', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 6 }), { maxLength: 3000 }), (terms) => {
      const postings = new Postings()
      const expected = new Map<number, [number, number][]>()
      terms.forEach((term, document) => {
        postings.append(term, document, document % 300)
        expected.set(term, [...(expected.get(term) ?? []), [document, document % 300]])
      })
      for (const [term, entries] of expected) assert.deepEqual(readAll(postings, term), entries)
      assert.deepEqual(readAll(postings, 99), [])
    }),
    { numRuns: 50 },
  )
})

test('scores add up what each entry is worth, worked out anew for another state and for entries that came since', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 1200 }), fc.nat(1200), (terms, split) => {
      const postings = new Postings()
      const add = (from: number, to: number) => {
        for (let document = from; document < Math.min(to, terms.length); document++)
          postings.append(terms[document] ?? 0, document, document % 300)
      }
      const check = (state: number, factor: number) => {
        for (const term of [0, 1, 2, 3, 99]) {
          const scores = new Float64Array(terms.length)
          const expected = new Float64Array(terms.length)
          const worthOf = (document: number, counts: number) => state * document + counts / 7
          postings.addTo(scores, term, factor, state, worthOf)
          for (const [document, counts] of readAll(postings, term))
            expected[document] = (expected[document] ?? 0) + factor * worthOf(document, counts)
          assert.deepEqual(scores, expected)
        }
      }
      add(0, split)
      check(1, 0.5)
      check(1, 2)
      add(split, terms.length)
      check(1, 3)
      check(2, 3)
    }),
    { numRuns: 50 },
  )
})

test('terms keep their number while the table grows', () => {
  const table = new TermTable()
  const ids = Array.from({ length: 20_000 }, (_, i) =>
    table.pair(i % 7 === 0 ? 0 : 0x4e00 + (i % 97), 0x4e00 + i, true),
  )
  assert.equal(new Set(ids).size, ids.length)
  ids.forEach((id, i) => assert.equal(table.pair(i % 7 === 0 ? 0 : 0x4e00 + (i % 97), 0x4e00 + i, false), id))
  assert.equal(table.pair(1, 2, false), -1)
  assert.equal(table.run('aed', false), -1)
})

test('each field counts by its value, and counts saturate', () => {
  assert.equal(saturate(packCounts(0, 0, 0), 1, 1, 1), 0)
  assert.ok(saturate(packCounts(0, 1, 0), 1, 2, 1) > saturate(packCounts(0, 0, 1), 1, 2, 1))
  assert.ok(saturate(packCounts(7, 31, 255), 1, 1, 1) < 2.2)
  assert.equal(packCounts(9, 99, 999), packCounts(7, 31, 255))
})
