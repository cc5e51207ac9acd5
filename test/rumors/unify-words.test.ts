import { test } from 'node:test'
import assert from 'node:assert/strict'
import { unifyWords } from '../../src/rumors/unify-words.ts'

test('everyday and dialect words become the word that claims use', () => {
  assert.equal(unifyWords('屋头娃儿遭蛇咬到'), unifyWords('家里小孩被蛇咬'))
  assert.equal(unifyWords('脑壳仰起止血'), unifyWords('头后仰止血'))
})

test('the longest word wins, and words that only hold another stay', () => {
  assert.equal(unifyWords('能不能用嘴吸'), '能不能用嘴吸')
  assert.equal(unifyWords('莫名其妙'), '莫名其妙')
  assert.equal(unifyWords('莫用嘴吸'), '不要用嘴吸')
  assert.equal(unifyWords('遭遇洪水'), '遭遇洪水')
})
