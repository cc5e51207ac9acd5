import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { cardSchema, type Card } from '../../src/knowledge/card.ts'
import { checkContent } from '../../src/knowledge/check-content.ts'
import { readEditorialRules } from '../../src/knowledge/editorial-rules.ts'
import type { SeedItem } from '../../src/knowledge/item.ts'
import { findLine, parseSeed } from '../../src/knowledge/seed-file.ts'

const FILE = 'seeds/cards/fa-burn.yaml'
const TODAY = '2026-11-22'
const rules = readEditorialRules('rules', readFileSync('seeds/editorial-rules.yaml', 'utf8'))
assert.ok(rules.ok)

test('a shipped card has nothing to mend', () => {
  assert.deepEqual(check(card()), [])
})

test('another figure for the same act is found, whatever the card', () => {
  const [found] = check(card({ now: ['马上用凉水冲，冲够10分钟。'] }))
  assert.deepEqual(found?.path, ['now', 0])
  assert.match(found?.message ?? '', /20 everywhere else, here 10/)
})

test('a line that speaks of what is wrong may name other figures', () => {
  assert.deepEqual(check(card({ myths: ['有人说凉水冲5分钟就够，不对。'] })), [])
})

test('promises, blame, doses and empty phrases are found where they are shown', () => {
  for (const line of ['这样做一定没事。', '谁叫你乱跑。', '吃200毫克。', '相关部门会处理。', '近期别去。']) {
    assert.equal(check(card({ after: [line] })).length, 1, line)
  }
})

test('a figure in an answer must stand in a line that has a source', () => {
  const { private: form } = card()
  const found = check(card({ private: { ...form, note: '再盖被子45分钟。' } }))
  assert.deepEqual(
    found.map(({ path, message }) => [path.join('.'), message.includes('45分钟')]),
    [['private.note', true]],
  )
})

test('a figure is not said by a longer one that ends in it', () => {
  const { private: form } = card()
  assert.equal(check(card({ private: { ...form, note: '再等0分钟。' } })).length, 1)
})

test('a number that points to no source, and one that is no hotline, are dead references', () => {
  const numbers = [{ what: '冲洗', value: '20分钟', source: 99 }]
  assert.match(check(card({ numbers }))[0]?.message ?? '', /no source 99/)
  assert.match(check(card({ after: ['打96999问。'] }))[0]?.message ?? '', /96999/)
})

test('a text that is over is found from the day after', () => {
  assert.equal(check(card({ validUntil: TODAY })).length, 0)
  assert.match(check(card({ validUntil: '2026-11-21' }))[0]?.message ?? '', /is over since 2026-11-21/)
})

test('the same question in two cards is found in the second', () => {
  const other: SeedItem = { ...item(card()), slug: 'fa-other' }
  const found = checkContent([item(card()), other], rules.value, TODAY)
  assert.ok(found.length > 0 && found.every(({ slug, message }) => slug === 'fa-other' && message.includes('fa-burn')))
})

test('drafts are left alone', () => {
  assert.deepEqual(check(card({ review: 'draft', missing: '原文', after: ['一定没事。'] })), [])
})

test('a finding leads to the line of the file', () => {
  const text = readFileSync(FILE, 'utf8')
  const line = findLine(text, ['numbers', 0, 'value'])
  assert.match(text.split('\n')[line - 1] ?? '', /value/)
})

test('rules that are no regular expressions are refused with their line', () => {
  const broken = readEditorialRules(
    'rules',
    "longestSentence: 9\nforbidden:\n  - { words: '(', why: 不行 }\nfigures: []\n",
  )
  assert.ok(!broken.ok)
  assert.equal(broken.problems[0]?.line, 3)
})

function check(content: Card) {
  return checkContent([item(content)], rules.ok ? rules.value : never(), TODAY)
}

function item(content: Card): SeedItem {
  return { kind: 'card', slug: content.id, content }
}

function card(change: Partial<Card> = {}): Card {
  const parsed = parseSeed(FILE, readFileSync(FILE, 'utf8'), cardSchema)
  if (!parsed.ok) throw new Error(`${FILE} is not readable`)
  return { ...parsed.value, ...change }
}

function never(): never {
  throw new Error('unreachable')
}
