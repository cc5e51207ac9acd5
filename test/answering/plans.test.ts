import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { findPlan } from '../../src/answering/plans/find-plan.ts'
import type { PlanMatch } from '../../src/answering/plans/match-plan.ts'
import { readTermList } from '../../src/answering/term-list.ts'
import type { Published } from '../../src/knowledge/item.ts'
import { emptySnapshot } from '../../src/knowledge/knowledge-base.ts'
import { quoteSentence } from '../../src/knowledge/quote-plan.ts'
import { readPlan } from '../../src/knowledge/read-plan.ts'
import { loadPlaces } from '../../src/places/places.ts'
import type { SearchIndex, SearchQuery } from '../../src/retrieval/search-index.ts'

const SEEDS = new URL('../../seeds/', import.meta.url)

function readPlans(): Map<string, Published<'plan'>> {
  const plans = new Map<string, Published<'plan'>>()
  for (const name of readdirSync(new URL('plans/', SEEDS)).sort()) {
    const read = readPlan(name, readFileSync(new URL(`plans/${name}`, SEEDS), 'utf8'))
    assert.ok(read.ok, name)
    const { id } = read.value
    plans.set(id, { kind: 'plan', slug: id, number: `P-${id}`, version: 1, origin: 'shipped', content: read.value })
  }
  return plans
}

const plans = readPlans()
const places = loadPlaces()
const terms = readTermList('plan-terms.yaml', readFileSync(new URL('lexicons/plan-terms.yaml', SEEDS), 'utf8'))
assert.ok(terms.ok)
const planTerms = terms.value

/** Finds nothing, so that what the words of the texts alone decide is seen; keeps what was asked of it. */
function createEmptyIndex(): SearchIndex & { asked: SearchQuery[] } {
  const asked: SearchQuery[] = []
  return {
    asked,
    size: 0,
    upsert: async () => {},
    remove: async () => {},
    search: async (query) => {
      asked.push(query)
      return []
    },
  }
}

function ask(text: string, region?: string, index = createEmptyIndex()): Promise<PlanMatch | undefined> {
  const snapshot = emptySnapshot()
  return findPlan(
    { text, region },
    {
      knowledge: { ...snapshot, items: { ...snapshot.items, plan: plans } },
      index,
      planTerms,
      places,
      regionsOf: (code) => [code ?? '500000', ...places.ancestorsOf(code ?? '500000')],
      today: '2026-11-22',
    },
  )
}

async function quote(text: string, region?: string): Promise<string | undefined> {
  const match = await ask(text, region)
  return match && quoteSentence(match.unit, match.question, { wanted: match.wanted }).text
}

async function assertNoneAnswers(questions: readonly string[]): Promise<void> {
  for (const question of questions) {
    const match = await ask(question)
    assert.equal(match, undefined, `${question} → ${match?.unit.id}`)
  }
}

test('a figure is quoted from the sentence that has it', async () => {
  assert.match((await quote('“启明书屋”要建好多个？')) ?? '', /建设“启明书屋”100个/)
  assert.match((await quote('到2035年公民科学素质比例要超过多少')) ?? '', /超过25%/)
  assert.match((await quote('典赞·科普重庆多久办一回')) ?? '', /每年举办/)
})

test('a figure that the sentence about the thing does not have is not quoted', () =>
  assertNoneAnswers(['全市要建多少个科普主题公园', '重庆科技馆2025年要接待多少游客', '西部科普大联盟有多少家成员单位']))

test('money, telephone numbers, names, addresses and dates of entry that no text has are not answered', () =>
  assertNoneAnswers([
    '科技小院每个补助多少万元',
    '渝中区科协的电话是好多',
    '西部科普中心工作专班的组长是谁',
    '渝中区老年科技大学在哪条街',
    '青少年科技创新大赛报名截止到几号',
    '怎么申请科普专项资金',
  ]))

test('a year, a five-year period or a 文号 that is not of the text is not answered with the next best one', () =>
  assertNoneAnswers([
    '重庆2030年公民具备科学素质的比例要达到多少',
    '今年全国科技活动周的主题是什么',
    '“十五五”科普规划的目标是什么',
    '渝府发〔2023〕15号是关于什么的',
  ]))

test('other places are not answered with a text of Chongqing', () =>
  assertNoneAnswers([
    '北京市公民具备科学素质的比例是多少',
    '四川省公民科学素质比例是多少',
    '渝北区科学素质行动哪个部门牵头',
  ]))

test('a neighbour is answered where the text itself speaks of both', async () => {
  assert.match((await quote('“科普重庆”要跟四川那边哪些资源整合')) ?? '', /天府科技云/)
})

test('a district is answered with its own text, also when the asker did not say where he is', async () => {
  assert.equal((await ask('渝中区要打造几个有影响力的科普品牌活动'))?.plan.slug, '003')
  assert.equal((await ask('应急科普知识“五进”是哪五进', '500103'))?.unit.text.includes('进企业'), true)
})

test('the text of a district never answers an asker from another district', async () => {
  assert.equal(await ask('“书香换花香”是什么活动', '500112'), undefined)
  const index = createEmptyIndex()
  await ask('科普品牌活动要打造几个', '500112', index)
  assert.equal(index.asked[0]?.regions?.includes('500103'), false)
})

test('a question about the whole city is not answered with the text of a district', async () => {
  await assertNoneAnswers(['全市老年人科学素质提升行动哪个部门牵头'])
})

test('who leads a task is read from the row of that task, and from no other row', async () => {
  assert.equal((await ask('渝中区产业工人科学素质提升行动由谁牵头'))?.unit.id, '003#a1.3')
  await assertNoneAnswers(['渝中区科普基础设施工程是哪个部门牵头', '渝中区科学素质交流合作工程谁牵头'])
})

test('questions about a document itself are answered from its front pages', async () => {
  const passed = await ask('这份科协规划是哪次会议审议通过的，哪天印发的？')
  assert.match(passed?.unit.text ?? '', /五届八次全会审议通过[^]*2021年9月14日/)
  assert.equal(passed?.unit.locator, '文首第3、4段')
  assert.match((await quote('渝府发〔2024〕9号是哪天印发的')) ?? '', /2024年3月29日/)
})

test('the front pages of a text that came without them are not made up', () =>
  assertNoneAnswers(['渝府办发〔2021〕138号是哪天印发的']))

test('the headings of a section answer what its measures are, as a list that is never cut to one of them', async () => {
  const match = await ask('西部科普中心方案有哪些重点举措')
  assert.equal(match?.isList, true)
  assert.equal(match?.unit.text.split('\n').length, 8)
  assert.equal(match?.unit.locator, '二、各项标题')
})

test('naming the document is not enough: what is asked of it has to be there', () =>
  assertNoneAnswers(['西部科普中心方案有没有提到轨道交通']))

test('questions that are not about policy get no plan text', () =>
  assertNoneAnswers([
    '地震了往哪里跑',
    '防灾减灾日是哪天',
    '被蛇咬了怎么办',
    '我的快递到哪里了',
    '触电的英文怎么说',
    '',
    '？？',
  ]))

test('what is quoted stands word for word in the text, in every unit', () => {
  for (const { content } of plans.values()) {
    for (const unit of content.units) {
      const { text, group } = quoteSentence(unit, unit.path.at(-1) ?? content.title, { wanted: /\d/ })
      assert.ok(unit.text.includes(text), unit.id)
      assert.ok(group === undefined || (unit.text.includes(group) && /\d/.test(group)), unit.id)
    }
  }
})
