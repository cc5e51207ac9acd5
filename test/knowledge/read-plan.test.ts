import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { planSchema } from '../../src/knowledge/plan.ts'
import { readPlan } from '../../src/knowledge/read-plan.ts'
import { describeProblem } from '../../src/knowledge/seed-file.ts'

const FRONT = `---
id: "009"
title: 某市应急科普方案
number: 某府发〔2020〕1号
issuer: 某市人民政府
date: "2020-01-02"
region: "500000"
---
`
const FRONT_LINES = 8

function readUnits(body: string) {
  const result = readPlan('009-test.md', FRONT + body)
  assert.ok(result.ok, result.ok ? '' : result.problems.map(describeProblem).join('\n'))
  return result.value.units
}

/** Problems with their line counted from the first line of the body. */
function readProblems(body: string): string[] {
  const result = readPlan('009-test.md', FRONT + body)
  assert.ok(!result.ok)
  return result.problems.map((problem) => `${problem.line - FRONT_LINES} ${problem.message}`)
}

test('paragraphs get the numbers of their sections, headings as path and the locator officials use', () => {
  const units = readUnits(
    '通知。\n\n# 三、重点任务\n\n总的要求。\n\n## （二）宣传。\n\n### 1.进社区。\n\n第一段。\n\n第二段。\n\n#### （1）讲座\n\n每月一次。\n',
  )
  assert.deepEqual(
    units.map(({ id, locator, path }) => [id, locator, path.join('/')]),
    [
      ['009#0.1', '文首第1段', ''],
      ['009#3.1', '三、', '三、重点任务'],
      ['009#3.2.1.1', '三、（二）1第1段', '三、重点任务/（二）宣传/1.进社区'],
      ['009#3.2.1.2', '三、（二）1第2段', '三、重点任务/（二）宣传/1.进社区'],
      ['009#3.2.1.1.1', '三、（二）1（1）', '三、重点任务/（二）宣传/1.进社区/（1）讲座'],
    ],
  )
})

test('lines of one block stay one unit', () => {
  assert.deepEqual(
    readUnits('某市人民政府\n2020年1月2日\n').map((unit) => unit.text),
    ['某市人民政府\n2020年1月2日'],
  )
})

test('a join uncertain comment flags the next unit only', () => {
  assert.deepEqual(
    readUnits('甲。\n\n<!-- join uncertain: two sentences lost -->\n乙。\n\n丙。\n').map((unit) => unit.uncertain),
    [false, true, false],
  )
})

test('a lost heading counts, has no words in the path and flags what stands directly under it', () => {
  const units = readUnits(
    '# 一、总则\n\n甲。\n\n<!-- heading missing: # 二、 | the next is 三 -->\n\n乙。\n\n## （一）宣传\n\n丙。\n\n# 三、附则\n\n丁。\n',
  )
  assert.deepEqual(
    units.map(({ id, locator, path, uncertain }) => [id, locator, path.length, uncertain]),
    [
      ['009#1.1', '一、', 1, false],
      ['009#2.1', '二、', 0, true],
      ['009#2.1.1', '二、（一）', 1, false],
      ['009#3.1', '三、', 1, false],
    ],
  )
})

test('a lost heading whose number is unknown says so in the locator', () => {
  const units = readUnits('# 一、总则\n\n甲。\n\n<!-- heading missing: # | unknown -->\n\n乙。\n')
  assert.equal(units[1]?.locator, '〔第2部分标题缺〕')
})

test('words of a page comment belong to no unit', () => {
  assert.deepEqual(
    readUnits('<!-- page: 上接06版 -->\n\n甲。\n').map((unit) => unit.text),
    ['甲。'],
  )
})

test('a merged cell of a table holds for the rows below', () => {
  const units = readUnits('# 附件\n\n| 类别 | 任务 |\n| --- | --- |\n| 行动 | 甲 |\n|  | 乙 |\n')
  assert.deepEqual(
    units.map(({ id, text, locator }) => [id, text, locator]),
    [
      ['009#a1.1', '类别：行动｜任务：甲', '附件第1行'],
      ['009#a1.2', '类别：行动｜任务：乙', '附件第2行'],
    ],
  )
})

test('each problem names its line', () => {
  const cases: [body: string, problem: string][] = [
    ['', '0 is followed by no text'],
    ['# 一、总则\n', '1 is a section without text'],
    ['# （一）总则\n\n甲。\n', '1 has a mark that does not belong to level 1'],
    ['#总则\n\n甲。\n', '1 is a heading without words or without a space after #'],
    ['##### 总则\n\n甲。\n', '1 has level 5, at most 4 exist'],
    ['# 一、总则\n\n甲。\n\n# 三、附则\n\n乙。\n', '5 has number 3, expected 2'],
    ['# 二、总则\n\n甲。\n\n# 一、附则\n\n乙。\n', '5 has number 1, expected 3'],
    ['甲**乙**。\n', '1 holds markup: only headings, tables and comments may stand beside the words'],
    ['  甲。\n', '1 begins with white space'],
    ['甲。\n\n<!-- todo -->\n', '3 is no comment of a known kind (join uncertain, heading missing, page) on one line'],
    ['甲。\n\n<!-- join uncertain: why -->\n', '3 flags no paragraph: the text ends'],
    ['甲。\n\n<!-- join uncertain: why -->\n\n# 一、总则\n\n乙。\n', '3 flags no paragraph: a heading follows'],
    ['<!-- heading missing: 二、 -->\n\n甲。\n', '1 must be written: heading missing: ## （二） | reason'],
    ['甲。\n\n| a | b |\n', '3 is a table without rows'],
    ['| a | b |\n| c | d |\n| e | f |\n', '2 must be the rule under the heads: | --- | --- |'],
    ['| a | b |\n| --- | --- |\n| e |\n', "3 has 1 cells, the table's first line has 2"],
  ]
  for (const [body, problem] of cases)
    assert.ok(readProblems(body).includes(problem), `${problem} ← ${readProblems(body).join('; ')}`)
})

test('a problem in the front matter names its line in the file', () => {
  const result = readPlan('009-test.md', `${FRONT.replace('500000', 'Chongqing')}甲。\n`)
  assert.deepEqual(result.ok ? [] : result.problems.map(({ line, field }) => [line, field]), [[7, 'region']])
})

test('a file without front matter is refused', () => {
  assert.equal(readPlan('x.md', '甲。\n').ok, false)
  assert.equal(readPlan('x.md', '---\nid: "009"\n').ok, false)
})

test('random Markdown never throws: it gives a valid plan with unique ids, or problems with a line', () => {
  const line = fc.oneof(
    fc.constantFrom(
      '',
      '# 一、甲',
      '# 二、乙',
      '## （一）甲',
      '## (二)乙',
      '### 1.甲',
      '#### （1）甲',
      '# 附件 表',
      '# 附件2',
      '甲乙丙。',
      '丁\n戊。',
      '| a | b |',
      '| --- | --- |',
      '| | 甲 |',
      '<!-- join uncertain: x -->',
      '<!-- heading missing: ## | x -->',
      '<!-- heading missing: # 三、 | x -->',
      '<!-- page: 页 -->',
      '<!--',
      '---',
      '**粗**',
      '# ',
      '##',
    ),
    fc.string(),
  )
  const bodies = fc.array(line, { maxLength: 25 }).map((lines) => lines.join('\n'))
  fc.assert(
    fc.property(bodies, fc.boolean(), (body, withFront) => {
      const result = readPlan('009-test.md', (withFront ? FRONT : '') + body)
      if (!result.ok) {
        assert.ok(result.problems.length > 0)
        assert.ok(result.problems.every((problem) => problem.line >= 1 && problem.message !== ''))
        return
      }
      assert.ok(planSchema.safeParse(result.value).success)
      assert.equal(new Set(result.value.units.map((unit) => unit.id)).size, result.value.units.length)
    }),
    { numRuns: 500 },
  )
})
