import assert from 'node:assert/strict'
import { test } from 'node:test'
import { newToken } from '../../src/base/ids.ts'

test('tokens are 22 signs that fit into an address, and none comes twice', () => {
  const tokens = Array.from({ length: 2_000 }, newToken)
  assert.equal(new Set(tokens).size, tokens.length)
  for (const token of tokens) assert.match(token, /^[\w-]{22}$/)
})
