import { test } from 'node:test'
import assert from 'node:assert/strict'
import { foldText } from '../../src/base/fold-text.ts'
import { comparePolarity } from '../../src/rumors/polarity.ts'

const compare = (window: string, claim: string) => comparePolarity(foldText(window), foldText(claim))

const CLAIM = '被毒蛇咬了要用嘴把毒吸出来'

test('a denial of what the claim says is its opposite', () => {
  for (const text of [
    '被毒蛇咬了不要用嘴把毒吸出来',
    '被毒蛇咬了千万别用嘴吸毒',
    '毒蛇咬伤禁止用嘴吸毒',
    '毒蛇咬了莫用嘴吸',
    '被蛇咬了不能用嘴把毒吸出来',
    '用嘴吸毒是错误做法',
    '用嘴吸蛇毒没用',
  ]) {
    assert.equal(compare(text, CLAIM), 'opposite', text)
  }
})

test('a negation inside the verb denies too', () => {
  assert.equal(compare('电梯下坠时跳起来保不了命', '电梯下坠时跳起来能保命'), 'opposite')
  assert.equal(compare('碘盐防不了辐射', '碘盐能防辐射'), 'opposite')
})

test('questions keep the polarity of the claim', () => {
  for (const text of [
    '被毒蛇咬了能用嘴把毒吸出来吗',
    '被毒蛇咬了能不能用嘴吸',
    '被毒蛇咬了要不要用嘴吸毒',
    '被毒蛇咬了是不是要用嘴吸',
    '难道被毒蛇咬了不能用嘴吸吗',
    '被毒蛇咬了不能用嘴吸吗？',
  ]) {
    assert.notEqual(compare(text, CLAIM), 'opposite', text)
  }
})

test('two negations affirm', () => {
  assert.notEqual(compare('被毒蛇咬了不得不用嘴把毒吸出来', CLAIM), 'opposite')
})

test('words that only look like negations deny nothing', () => {
  for (const text of [
    '被毒蛇咬了不但要用嘴吸',
    '被毒蛇咬了特别要用嘴吸',
    '非常时期被毒蛇咬了要用嘴吸',
    '大家不要慌，被毒蛇咬了要用嘴吸',
  ]) {
    assert.notEqual(compare(text, CLAIM), 'opposite', text)
  }
})

test('a negated claim is contradicted by its affirmation', () => {
  assert.equal(compare('生虫的蘑菇有毒', '生虫的蘑菇没毒'), 'opposite')
  assert.notEqual(compare('生虫的蘑菇没得毒', '生虫的蘑菇没毒'), 'opposite')
})

test('a condition denied on both sides is the same claim', () => {
  assert.notEqual(compare('菌子煮大蒜，变黑就有毒', '菌子煮大蒜，不变黑就没毒'), 'opposite')
  assert.equal(compare('菌子煮大蒜，不变黑不代表没毒', '菌子煮大蒜，不变黑就没毒'), 'opposite')
})

test('antonyms contradict', () => {
  assert.equal(compare('重庆中小学按时开学', '重庆中小学推迟开学'), 'opposite')
  assert.equal(compare('明天照常上课', '明天停课'), 'opposite')
})

test('a medicine whose name holds a word of denial denies nothing', () => {
  assert.equal(compare('感冒了不要自己吃阿莫西林', '感冒了吃阿莫西林消炎好得快'), 'opposite')
})
