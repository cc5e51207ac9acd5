import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { renderCard } from '../../src/answering/render.ts'
import { chooseCard } from '../../src/answering/topics/choose-card.ts'
import { findNearestLine } from '../../src/answering/topics/nearest-line.ts'
import type { TopicGuess } from '../../src/answering/topics/recognize-topics.ts'
import { countSigns } from '../../src/base/signs.ts'
import { SHIPPED_SEEDS } from '../../src/cli/shipped-seeds.ts'
import { cardSchema, type Card } from '../../src/knowledge/card.ts'
import { emptySnapshot } from '../../src/knowledge/knowledge-base.ts'
import type { Published } from '../../src/knowledge/item.ts'
import { parseSeed } from '../../src/knowledge/seed-file.ts'
import type { SearchHit } from '../../src/retrieval/search-index.ts'

const TODAY = '2026-11-22'

test('a sure topic answers with its card although no stored question is the same', () => {
  const choice = chooseCard([], [guess('acc-elevator', 0.9)], scope(card('acc-elevator')))
  assert.equal(choice.outcome === 'answer' && choice.card.slug, 'acc-elevator')
  assert.equal(choice.outcome === 'answer' && choice.sameQuestion, false)
})

test('a topic without a card is not answered with the card of another', () => {
  const choice = chooseCard([], [guess('nat-wind-hail', 0.9), guess('acc-elevator', 0.5)], scope(card('acc-elevator')))
  assert.deepEqual([choice.outcome, choice.outcome === 'none' && choice.topic?.topic], ['none', 'nat-wind-hail'])
})

test('unsure topics are offered as choices, at most three', () => {
  const cards = ['acc-elevator', 'acc-metro', 'acc-tunnel', 'acc-traffic'].map((slug) => card(slug))
  const choice = chooseCard(
    [],
    cards.map(({ slug }) => guess(slug, 0.3)),
    scope(...cards),
  )
  assert.equal(choice.outcome === 'ask' && choice.cards.length, 3)
})

test('a card of another region or out of date is never the answer to its topic', () => {
  const elsewhere = card('acc-elevator', { region: '510000' })
  const expired = card('acc-elevator', { validUntil: '2026-11-21' })
  for (const each of [elsewhere, expired]) {
    assert.equal(chooseCard([], [guess('acc-elevator', 0.9)], scope(each)).outcome, 'none')
  }
})

test('a stored question that is the same answers, but not for another matter', () => {
  const hit: SearchHit = { id: 'card:acc-elevator', kind: 'card', score: 9, confidence: 0.8, wording: '', reasons: [] }
  const same = chooseCard([hit], [guess('acc-elevator', 0.3)], scope(card('acc-elevator')))
  assert.equal(same.outcome === 'answer' && same.sameQuestion, true)
  const another = chooseCard([hit], [guess('acc-elevator', 0.02)], scope(card('acc-elevator')))
  assert.equal(another.outcome, 'none')
})

test('a card of a topic that nothing was fitted on answers its stored question', () => {
  const local = card('acc-elevator', { topic: 'local-festival' })
  const hit: SearchHit = { id: 'card:acc-elevator', kind: 'card', score: 9, confidence: 0.8, wording: '', reasons: [] }
  const choice = chooseCard([hit], [guess('acc-stampede', 0.3)], scope(local))
  assert.equal(choice.outcome === 'answer' && choice.sameQuestion, true)
})

test('the line that meets the question is the card’s own, word by word', () => {
  const { content } = card('acc-elevator')
  const line = findNearestLine('电梯清洁润滑检查好久一次', content, (text) => text, [])
  assert.equal(line, '电梯清洁、润滑、调整和检查：至少每15天一次')
  assert.equal(
    findNearestLine('明天吃啥子', content, (text) => text, []),
    undefined,
  )
})

test('what must not be done is marked as such', () => {
  const { content } = card('acc-elevator')
  assert.match(
    findNearestLine('能不能自己扒门撬门', content, (text) => text, []) ?? '',
    /^千万别这样：自己扒门、撬门。/,
  )
})

test('a question about one colour is not met by a line about another', () => {
  const { content } = card('ge-warning-signal', {
    now: ['暴雨红色预警：学校停课，单位停工。'],
    before: [],
    after: [],
    myths: [],
    avoid: [],
    numbers: [],
  })
  const ask = (text: string) => findNearestLine(text, content, (each) => each, [])
  assert.equal(ask('暴雨红色预警学校停课不'), '暴雨红色预警：学校停课，单位停工。')
  assert.equal(ask('暴雨蓝色预警学校停课不'), undefined)
})

test('the answer with a line stays within 300 signs, or the line is left out', () => {
  const published = card('acc-elevator')
  const short = renderCard(published, 'resident', { text: '【您问的】停电了也不乱动，等救援。' }).text
  assert.match(short, /^【您问的】停电了也不乱动，等救援。\n【科普】/)
  const long = renderCard(published, 'resident', { text: '长'.repeat(290) }).text
  assert.match(long, /^【科普】/)
  assert.ok(countSigns(short) <= 300 && countSigns(long) <= 300)
})

function card(slug: string, change: Partial<Card> = {}): Published<'card'> {
  const file = join(SHIPPED_SEEDS, 'cards', `${slug}.yaml`)
  const parsed = parseSeed(file, readFileSync(file, 'utf8'), cardSchema)
  if (!parsed.ok) throw new Error(`${slug} is not readable`)
  return { kind: 'card', slug, number: '', version: 1, origin: 'shipped', content: { ...parsed.value, ...change } }
}

function scope(...cards: Published<'card'>[]) {
  const empty = emptySnapshot()
  const items = { ...empty.items, card: new Map(cards.map((each) => [each.slug, each])) }
  const knowsTopic = (topic: string) => topic !== 'local-festival'
  return { knowledge: { items, complete: true }, regions: ['500000'], today: TODAY, knowsTopic }
}

function guess(topic: string, confidence: number): TopicGuess {
  return { topic, confidence, reasons: [] }
}
