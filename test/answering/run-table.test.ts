import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { listRuns } from '../../src/answering/run-model.ts'
import { RunTable } from '../../src/answering/run-table.ts'

const signs = fc.constantFrom('地', '震', '水', '火', '了', '吗', '😀')

test('the table finds the runs of its list that a text holds, each once, shorter ones first', () => {
  const runs = fc.uniqueArray(fc.string({ unit: signs, minLength: 1, maxLength: 4 }), { maxLength: 600 })
  fc.assert(
    fc.property(runs, fc.array(fc.string({ unit: signs, maxLength: 30 }), { maxLength: 3 }), (list, texts) => {
      const table = new RunTable(list.join('\n'), 4)
      for (const text of texts) {
        const marked = `^${text}$`
        const held = new Set<string>()
        for (let length = 1; length <= 4; length++)
          for (let start = 0; start + length <= marked.length; start++) held.add(marked.slice(start, start + length))
        const expected = [...held].filter((run) => list.includes(run))
        assert.deepEqual(
          table.findRows(marked).map((row) => table.runAt(row)),
          expected,
        )
      }
    }),
    { numRuns: 200 },
  )
})

test('a list longer than the first room gives every run back by its row', () => {
  const list = [...listRuns(Array.from({ length: 5_000 }, (_, i) => String.fromCharCode(0x4e00 + i)).join(''), 2)]
  const table = new RunTable(list.join('\n'), 2)
  list.forEach((run, row) => assert.equal(table.runAt(row), run))
  assert.deepEqual(
    table.findRows('一丁丂').map((row) => table.runAt(row)),
    ['一', '丁', '丂', '一丁', '丁丂'],
  )
})
