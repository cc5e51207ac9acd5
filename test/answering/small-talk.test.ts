import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pickChoice } from '../../src/answering/choose.ts'
import { renderDecline } from '../../src/answering/decline.ts'
import { readFollowUp } from '../../src/answering/follow-up.ts'
import { isForeignLanguage, recognizeSmallTalk } from '../../src/answering/small-talk.ts'
import { countSigns } from '../../src/base/signs.ts'

test('greetings, thanks and questions about the bot are recognized as whole messages only', () => {
  for (const text of ['你好', '您好！', '在吗？', 'Hello', '早上好呀', '有没得人', '有人不', '安晓', '安晓，在吗'])
    assert.equal(recognizeSmallTalk(text), 'greeting', text)
  for (const text of ['谢谢', '好的谢谢你', '要得', '晓得了', '感谢', '谢谢你安晓', '安晓谢谢哈'])
    assert.equal(recognizeSmallTalk(text), 'thanks', text)
  for (const text of ['你是谁', '你是哪个', '你能做什么', '帮助'])
    assert.equal(recognizeSmallTalk(text), 'about-bot', text)
  for (const text of [
    '安晓，停水怎么办',
    '有人触电了',
    '有没得人晓得停电找哪个',
    '你好，地震了怎么办',
    '谢谢，还想问下停水怎么办',
    '行车遇到大雾怎么开',
    '好烫，烫伤了怎么办',
  ]) {
    assert.equal(recognizeSmallTalk(text), undefined, text)
  }
})

test('nothing but signs and emoji is nothing said', () => {
  for (const text of ['', '  ', '？？？', '😱😱', '……', '\u200b'])
    assert.equal(recognizeSmallTalk(text), 'nothing-said', JSON.stringify(text))
})

test('a frightened person who swears is still asking', () => {
  assert.equal(recognizeSmallTalk('你个傻逼机器人'), 'rude')
  assert.equal(recognizeSmallTalk('他妈的楼下电瓶车冒烟了到底先断电还是先跑'), undefined)
})

test('a text without Chinese signs is foreign', () => {
  assert.ok(isForeignLanguage('What should I do in a flood?'))
  assert.ok(!isForeignLanguage('AED 怎么用'))
  assert.ok(!isForeignLanguage('119'))
})

test('a choice is picked by number, ordinal, label or refused', () => {
  const choices = [
    { label: '家里进水', kind: 'card', slug: 'a' },
    { label: '开车遇到积水', kind: 'card', slug: 'b' },
    { label: '都不是，我换个说法', kind: 'none', slug: '' },
  ] as const
  assert.equal(pickChoice('2', choices)?.slug, 'b')
  assert.equal(pickChoice('第一个。', choices)?.slug, 'a')
  assert.equal(pickChoice('选２', choices)?.slug, 'b')
  assert.equal(pickChoice('开车遇到积水', choices)?.slug, 'b')
  assert.equal(pickChoice('都不是', choices)?.kind, 'none')
  assert.equal(pickChoice('20', choices), undefined)
  assert.equal(pickChoice('家里进水了还有蛇', choices), undefined)
})

test('a short continuation is told from a question of its own', () => {
  assert.deepEqual(readFollowUp('那老人呢？'), { audience: 'elder', rest: '' })
  assert.deepEqual(readFollowUp('娃儿喃'), { audience: 'youth', rest: '' })
  assert.equal(readFollowUp('那停电了呢')?.rest, '停电了')
  assert.equal(readFollowUp('地震了怎么办'), undefined)
  assert.equal(readFollowUp('那要是我在地铁里突然遇到发大水把轨道淹了该往哪边跑'), undefined)
})

test('every refusal fits a group message', () => {
  for (const cause of [
    'no-material',
    'outside-field',
    'nothing-said',
    'greeting',
    'thanks',
    'about-bot',
    'rude',
    'foreign-language',
    'none-of-these',
    'degraded',
  ] as const) {
    const { group } = renderDecline(cause)
    assert.ok(countSigns(group) <= 120 && group.split('\n').length <= 6, `${cause}: ${countSigns(group)}`)
  }
})
