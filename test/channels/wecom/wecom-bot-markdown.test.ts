import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { escapeMarkdown } from '../../../src/channels/wecom/wecom-bot-markdown.ts'
import { showMarkdown } from '../../support/wecom-bot-view.ts'

test('the view of the double sees markup where there is some', () => {
  const seen: [markdown: string, shown: string][] = [
    ['*粗* _斜_ ~~删~~ `码`', '粗 斜 删 码'],
    ['# 题\n正文', '题\n正文'],
    ['一\n二', '一 二'],
    ['一\n---', '一'],
    ['3. 甲\n5. 乙', '3. 甲\n4. 乙'],
    ['- 甲', '• 甲'],
    ['> 引', '引'],
    ['甲|乙\n-|-\n1|2', '甲\t乙\n1|2'],
    ['[字](http://例)<b>&amp;', '字◇'],
    ['\\*粗\\*', '*粗*'],
  ]
  for (const [markdown, shown] of seen) assert.equal(showMarkdown(markdown), shown)
})

test('an ordinary answer leaves without a backslash and is shown line by line', () => {
  const answer =
    '119\n1. 先到屋外，再打这个电话。\n2. 走前关表前阀，10~16点别开灯。\n\n【不实】地震不能预报 (A&B)！\n来源：应急管理部·2026-05·L-004\nhttps://example.org/a_b_c?x=1&y=2#z'
  const markdown = escapeMarkdown(answer)
  assert.ok(!markdown.includes('\\'))
  assert.equal(showMarkdown(markdown), answer)
})

test('a mention, a tag and a link in a text stay signs', () => {
  const text = '<@all> <font color="warning">急</font> <think>想</think> [点我](https://example.org) &lt; \\*'
  const markdown = escapeMarkdown(text)
  assert.ok(!/(?<!\\)<[@ft/]/.test(markdown))
  assert.equal(showMarkdown(markdown), text)
})

test('whatever the text, people see it as it was written', () => {
  const signs = [
    ...'*_~`[]()<>#+-=|\\!&;:.>12 \n\n',
    '1. ',
    '2. ',
    '- ',
    '# ',
    '---',
    '***',
    '```',
    '&amp;',
    '](',
    'a',
    '应',
    '急',
  ]
  const lines = [
    '1. 甲',
    '2. 乙',
    '3. 丙',
    '2) 丁',
    '01. 戊',
    '1.  己',
    '1. - 庚',
    '2. 1. 辛',
    '- 壬',
    '# 癸',
    '> 子',
    '丑',
  ]
  const blocks = [
    '',
    '甲|乙',
    '-|-',
    '|---|',
    '---',
    '===',
    '***',
    '~~~',
    '```',
    '    码',
    '1. [ ] 办',
    '\t表',
    '末 \\',
  ]
  const texts = fc.oneof(
    fc.array(fc.constantFrom(...signs), { maxLength: 24 }).map((parts) => parts.join('')),
    fc.array(fc.constantFrom(...lines, ...blocks), { maxLength: 8 }).map((parts) => parts.join('\n')),
  )
  fc.assert(
    fc.property(texts.map(plain), (text) => assert.equal(plain(showMarkdown(escapeMarkdown(text))), text)),
    { numRuns: 4000 },
  )
})

/** Without what nobody sees: white space at the end of lines, the width of a tab, more than one empty line. */
const plain = (text: string): string =>
  text
    .replaceAll('\t', '    ')
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n')
    .replace(/\n{3,}/g, '\n\n')
    .replace(/^\n+|\n+$/g, '')
