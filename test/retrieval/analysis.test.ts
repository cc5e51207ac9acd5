import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nameFocus } from '../../src/retrieval/question-focus.ts'
import { readPolarity } from '../../src/retrieval/polarity.ts'
import { analyzer } from './build-index.ts'

const read = (text: string) => analyzer.analyzeText(text).text

test('川渝 and everyday words, synonyms and ways of asking meet in one form', () => {
  assert.equal(read('电瓶车在屋头充电燃起来了啷个整'), read('电动自行车在家里充电着火了怎么办'))
  assert.equal(read('娃儿遭烫倒了咋办'), read('小孩烫伤了怎么处理'))
  assert.equal(read('请问闻到煤气怎么办？'), read('闻到天然气如何处理'))
})

test('forwarding phrases and politeness are dropped, particles only at the end of a clause', () => {
  assert.equal(read('【紧急通知】转发！今晚停水'), '今晚停水')
  assert.equal(read('怎么办啊，哈尔滨酒吧着火'), '怎么办 哈尔滨酒吧着火')
  assert.equal(read('谢谢'), '谢谢')
})

test('grades are read alike: Ⅳ级, IV级, 四级', () => {
  assert.equal(read('Ⅳ级响应'), '4级响应')
  assert.equal(read('四级响应'), read('iv级响应'))
})

test('a slip is mended only to a known term and only where the slip occurs nowhere', () => {
  const mend = (text: string, occurs: boolean) => analyzer.analyzeQuery(text, () => occurs)
  assert.deepEqual(mend('地镇来了', false).mended, ['地镇→地震'])
  assert.deepEqual(mend('地镇来了', true).mended, [])
  for (const harmless of ['流血不止', '下雪了', '提示音', '报警电话', '小区停电'])
    assert.deepEqual(mend(harmless, false).mended, [], harmless)
})

test('what is asked is told apart', () => {
  const foci = (text: string) => nameFocus(analyzer.analyzeText(text).focus)
  assert.ok(foci('泥石流是什么原因引起的').includes('原因'))
  assert.ok(foci('中暑有哪些症状').includes('症状'))
  assert.ok(foci('潜伏期几天').includes('多久'))
  assert.deepEqual(foci('嘉陵江'), [])
})

test('negation is seen, but not in A-not-A questions and fixed words', () => {
  for (const text of ['地震不能坐电梯', '严禁下河游泳', '别用嘴吸']) assert.equal(readPolarity(text), 'negated', text)
  for (const text of [
    '地震能不能坐电梯',
    '要不要打针',
    '娃儿不舒服怎么办',
    '一氧化碳不断泄漏',
    '无人机',
    '特别重大事故',
  ]) {
    assert.equal(readPolarity(text), 'plain', text)
  }
})
