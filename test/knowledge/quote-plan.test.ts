import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { countSigns } from '../../src/base/signs.ts'
import type { PlanUnit } from '../../src/knowledge/plan.ts'
import { quoteSentence } from '../../src/knowledge/quote-plan.ts'

function buildUnit(text: string): PlanUnit {
  return { id: '000#1.1', path: [], locator: '一、', text, uncertain: false }
}

const LONG = '为做好这项工作，各单位要认真研究。'.repeat(15)

test('a unit that fits is quoted whole in a private chat', () => {
  const text = '各镇要建好避难场所。每年演练两次。'
  assert.equal(quoteSentence(buildUnit(text), '演练几次').text, text)
})

test('of a long unit the sentences that share most with the question are quoted', () => {
  const { text } = quoteSentence(buildUnit(`${LONG}社区每年组织2次应急演练。${LONG}`), '应急演练一年几次')
  assert.match(text, /社区每年组织2次应急演练。/)
  assert.ok(countSigns(text) <= 220)
})

test('a sentence longer than 220 signs is cut at punctuation', () => {
  const sentence = `${'各单位要认真研究落实有关工作，'.repeat(30)}社区每年组织应急演练。`
  const { text } = quoteSentence(buildUnit(sentence), '应急演练')
  assert.ok(countSigns(text) <= 220)
  assert.match(text, /社区每年组织应急演练。$/)
  assert.match(text, /^(各单位|社区)/)
})

test('a group gets the clause that answers, without the comma it was cut at', () => {
  const unit = buildUnit('各单位要加强领导，社区每年组织2次应急演练，学校每月组织1次，其他单位参照执行。')
  assert.equal(quoteSentence(unit, '社区应急演练几次').group, '社区每年组织2次应急演练')
})

test('asked for an amount, the clause with a number wins', () => {
  const unit = buildUnit('要提高公民科学素质的比例，科学素质是基础，全区公民具备科学素质的比例达到20%。')
  assert.equal(quoteSentence(unit, '公民科学素质的比例是多少').group, '全区公民具备科学素质的比例达到20%。')
})

test('no clause is quoted to a group when the one that answers is too long for it', () => {
  const answer = '以医院院长学校校长农技站站长等基层科协三长队伍为骨干力量以志愿服务为重要手段的体系'
  assert.equal(quoteSentence(buildUnit(`健全科协体系，${answer}。`), '基层科协三长队伍是骨干力量吗').group, undefined)
})

test('no clause is quoted to a group when none has a word of the question', () => {
  assert.equal(quoteSentence(buildUnit('各镇要建好避难场所。'), '地震了怎么办').group, undefined)
})

test('a cut never opens a bracket or a quotation mark without closing it', () => {
  const { group } = quoteSentence(
    buildUnit('深入推进“放飞梦想，携手成长，共建家园，守护平安，科普同行，应急演练”活动。'),
    '放飞梦想',
  )
  assert.equal(group, undefined)
})

test('a clause that leans on the one before is not quoted alone', () => {
  const { group } = quoteSentence(
    buildUnit('全市专职人员超过5万人，其中具备大学本科学历的达到90%。'),
    '本科学历达到多少',
  )
  assert.equal(group, '全市专职人员超过5万人，其中具备大学本科学历的达到90%。')
})

test('asked for a column of a table, a group gets that cell', () => {
  const unit = buildUnit(
    '类别：提升行动｜任务内容：4．实施老年人科学素质提升行动｜牵头部门：区科协、区卫生健康委｜责任单位：区教委',
  )
  assert.equal(quoteSentence(unit, '老年人科学素质行动由哪些部门牵头').group, '牵头部门：区科协、区卫生健康委')
})

test('of two sentences about the same thing the one that has the form asked for is quoted', () => {
  const unit = buildUnit(`公民科学素质显著提升，公民科学素质工作机制更加完善。${LONG}公民科学素质比例达到20%。`)
  assert.match(quoteSentence(unit, '公民科学素质', { wanted: /\d%/ }).text, /20%/)
})

test('a group gets no clause that lacks the form asked for', () => {
  const unit = buildUnit(
    '社区每年组织应急演练，参加的居民占全体居民的比例在下一个规划期以内应当逐步提高到百分之六十以上。',
  )
  assert.equal(quoteSentence(unit, '社区应急演练的比例', { wanted: /\d%/ }).group, undefined)
})

test('a quote keeps to the room it is given', () => {
  const { text } = quoteSentence(buildUnit(`${LONG}社区每年组织2次应急演练。${LONG}`), '应急演练', { maxSigns: 60 })
  assert.match(text, /应急演练/)
  assert.ok(countSigns(text) <= 60)
})

test('a label inside a long unit stays where it is, so that the quote stays a cut-out', () => {
  const unit = buildUnit(`${LONG}社区组织应急演练。\n推进计划：\n每年组织2次应急演练。`)
  const { text } = quoteSentence(unit, '社区应急演练推进计划')
  assert.ok(unit.text.includes(text))
  assert.match(text, /社区组织应急演练/)
})

test('a label alone is never a quote for a group', () => {
  assert.equal(quoteSentence(buildUnit('推进计划：'), '推进计划是什么').group, undefined)
})

test('whatever the text and the question, quotes are cut-outs of the unit and keep to their length', () => {
  const signs = fc.constantFrom(...Array.from('应急科普演练社区每年，。；：“”（）｜\n《》2%a '))
  const texts = fc.array(signs, { minLength: 1, maxLength: 400 }).map((parts) => parts.join(''))
  fc.assert(
    fc.property(texts, fc.oneof(texts, fc.string()), (text, query) => {
      const quote = quoteSentence(buildUnit(text), query)
      assert.ok(text.includes(quote.text))
      if (quote.group === undefined) return
      assert.ok(text.includes(quote.group) && quote.group !== '')
      assert.ok(countSigns(quote.group) <= 32)
    }),
    { numRuns: 200 },
  )
})
