import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rememberLast } from '../../src/base/remember-last.ts'

test('a text asked for again is not read again, another one is', () => {
  const read: string[] = []
  const length = rememberLast((text) => read.push(text) && text.length)
  assert.deepEqual([length('火'), length('火'), length('地震'), length('火')], [1, 1, 2, 1])
  assert.deepEqual(read, ['火', '地震', '火'])
})
