import { test } from 'node:test'
import assert from 'node:assert/strict'
import { isClaimShaped } from '../../src/rumors/match-claim.ts'

test('forwards, statements and questions about a statement are claim-shaped', () => {
  for (const text of [
    '紧急通知！今晚三点重庆有6级地震，转发扩散',
    '网传洪崖洞被淹',
    '被蛇咬了用嘴吸毒',
    '碘盐能防核辐射吗',
    '听说明天停水是真的不',
    '“生命三角”最安全',
    '出汗越多排毒越好',
    '飞机今晚撒药是不是真的',
    '难道溺水不用控水吗',
  ]) {
    assert.ok(isClaimShaped(text), text)
  }
})

test('questions how to act, own cases and small talk are not', () => {
  for (const text of [
    '被蛇咬了怎么办',
    '地震来了往哪里躲',
    '燃气漏了咋个整',
    '我被蛇咬了',
    '屋头停水找哪个',
    '谢谢',
    '怎么预防中暑',
    '我家娃儿溺水了',
    '120是什么电话',
    '',
  ]) {
    assert.ok(!isClaimShaped(text), text)
  }
})
