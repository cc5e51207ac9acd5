import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { foldText } from '../../src/base/fold-text.ts'

const same = (text: string, folded: string) => assert.equal(foldText(text), folded, text)

test('spelling differences disappear: full width, traditional signs, case, quotes', () => {
  same('ＡＥＤ　怎麼用？', 'aed 怎么用?')
  same('屋頭搖起來了', '屋头摇起来了')
  same('燃氣著火了', '燃气着火了')
  same('他是著名專家', '他是著名专家')
  same('所谓“生命三角”「法则」', '所谓"生命三角""法则"')
})

test('emoji, links, mentions and invisible signs are dropped', () => {
  same('救命🆘⚠️👨‍👩‍👧地震了', '救命 地震了')
  same('转发 http://t.cn/abc123，快看', '转发 ,快看')
  same('@安晓 地震怎么办', '地震怎么办')
  same('地\u200b震\uFE0F', '地震')
  same('', '')
})

test('numbers read alike however they are written', () => {
  same('六级', '6级')
  same('４级', '4级')
  same('二十四小时', '24小时')
  same('百分之五', '5%')
  same('百分之九十九点九', '99.9%')
  same('三分之一', '1/3')
  same('五点八级地震', '5.8级地震')
  same('一百八十一点一六米', '181.16米')
  same('二〇二四年八月二十四日', '2024年8月24日')
  same('今晚三点', '今晚3点')
  same('三点五十分', '3点50分')
  same('下午一点三十分', '下午1点30分')
  same('1.4万件', '14000件')
  same('一万两千人', '12000人')
  same('10,000人', '10000人')
  same('打幺幺九', '打119')
  same('拨打一二〇', '拨打120')
  same('轻轨三号线', '轻轨3号线')
  same('我在十九楼', '我在19楼')
  same('3 级 地震', '3级 地震')
  same('十点十分', '10点10分')
})

test('words that hold numeral signs stay words', () => {
  for (const word of [
    '一般',
    '万一',
    '千万别碰',
    '三峡',
    '一定',
    '十分危险',
    '四川',
    '一氧化碳',
    '二维码',
    '有一点疼',
    '九龙坡区',
    '万州',
    '两江新区',
    '周三',
    '七八级大风',
    '几十人',
    '成千上万',
    '十万火急',
    '五一放假',
    '进一步',
    '统一',
    '一起',
  ]) {
    same(word, word)
  }
})

test('a folded text stays as it is when folded again', () => {
  for (const text of [
    '屋頭搖起來了，我在十九樓',
    '二〇二四年八月二十四日今晚三点五点八级',
    '1.4万件 百分之五 三分之一',
    '重 庆 市 气 象 台 发 布',
  ]) {
    const once = foldText(text)
    assert.equal(foldText(once), once)
  }
})

test('no text makes it throw', () => {
  const signs = fc.constantFrom(
    ...'一二两三十百千万亿零〇幺点分之百第级度个年月日时半 \n0123456789.,%地震著後@:http://🆘Ａ①Ⅳ“”',
  )
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: signs, maxLength: 30 })), (text) => {
      assert.equal(typeof foldText(text), 'string')
    }),
    { numRuns: 1000 },
  )
})
