import { foldText } from '../base/fold-text.ts'
import type { PlaceMention } from '../places/find-places.ts'
import type { Places } from '../places/places.ts'
import { findDates, findTimes, type DateSlot, type TimeSlot } from './dates.ts'

export interface NumberSlot {
  text: string
  value: number
  /** What is counted, e.g. 级, 毫米, 人:dead. Numbers of different units are never compared. */
  unit: string
}

/** Warning color and response level are two different axes in law and are never compared with each other. */
export interface LevelSlot {
  text: string
  axis: 'color' | 'rank'
  /** 1 = lowest (blue, IV, 一般) … 4 = highest (red, I, 特别重大). */
  value: 1 | 2 | 3 | 4
}

export interface AgencySlot {
  text: string
  /** Family of agencies that people use for each other (气象局 and 气象台). */
  family: string
}

export type LifecycleStep = 'issued' | 'raised' | 'lowered' | 'lifted'

export interface Slots {
  places: PlaceMention[]
  dates: DateSlot[]
  times: TimeSlot[]
  numbers: NumberSlot[]
  levels: LevelSlot[]
  agencies: AgencySlot[]
  lifecycle: { text: string; step: LifecycleStep }[]
}

const PERSON_ROLES: [RegExp, string][] = [
  [/死|亡|遇难|丧生|洗白|没了命/, 'dead'],
  [/伤/, 'hurt'],
  [/失联|失踪|冲走|下落不明/, 'missing'],
  [/被困|埋/, 'trapped'],
  [/确诊|感染|阳性/, 'infected'],
  [/送医|住院/, 'hospital'],
]
const UNITS: Record<string, string> = {
  '°c': '度',
  摄氏度: '度',
  度: '度',
  公里: '千米',
  千米: '千米',
  人: '人',
  名: '人',
  位: '人',
  例: '人',
  钟头: '小时',
  小时: '小时',
  个小时: '小时',
  块: '元',
  块钱: '元',
  元: '元',
  公分: '厘米',
  厘米: '厘米',
  斤: '斤',
  天: '天',
  个月: '月',
  年: '年数',
  号线: '号线',
  楼: '楼',
  层: '楼',
}
const NUMBER =
  /(?<![\d.月])(?<value>\d+(?:\.\d+)?)(?<more>多|余|几)?(?<unit>°c|摄氏度|度|毫米|厘米|公分|千米|公里|米|级|平方公里|小时|个小时|个钟头|钟头|分钟|个月|天|年(?!级|轻|龄|\d{0,2}月)|岁|元|块钱|块|%|例|人|名|位|辆|架|条|所|个|家|次|号线|楼|层|倍|公斤|千克|斤|吨|毫升|升|克|g(?!b))/g

const COLORS: Record<string, 1 | 2 | 3 | 4> = { 蓝: 1, 黄: 2, 橙: 3, 红: 4 }
const RANKS: Record<string, 1 | 2 | 3 | 4> = {
  iv: 1,
  '4': 1,
  四: 1,
  iii: 2,
  '3': 2,
  三: 2,
  ii: 3,
  '2': 3,
  二: 3,
  i: 4,
  '1': 4,
  一: 4,
}
const SEVERITIES: Record<string, 1 | 2 | 3 | 4> = {
  一般: 1,
  较大: 2,
  特别重大: 4,
  特大: 4,
  重大: 3,
}
const COLOR = /(?<color>[蓝黄橙红])色?(?=(?:\S{0,8})?(?:预警|信号|警报|警戒))/g
const RANK =
  /(?<rank>iv|iii|ii|i|[1-4一二三四])级(?=(?:应急|防汛|抗旱|防御|地震|重大|突发){0,3}(?:响应|预警|应急|状态))/g
const SEVERITY =
  /(?<severity>特别重大|重大|较大|一般|特大)(?=(?:级)?(?:事故|突发|事件|灾害|火灾|交通事故|地质灾害|险情))/g

const AGENCIES: [family: string, words: string][] = [
  ['气象', '气象局|气象台|气象部门|气象中心'],
  ['地震', '地震局|地震台网|地震台|地震部门'],
  ['教育', '教委|教育局|教育厅|教育部|教体局|教育委员会'],
  ['卫生', '卫健委|卫健局|卫生局|卫生部|卫计委|卫生健康委|疾控中心|疾控局|疾控'],
  ['应急', '应急局|应急管理局|应急管理部|应急办|应急委'],
  ['公安', '公安局|公安部|公安|警方|派出所|交巡警|网警|交警'],
  ['消防', '消防队|消防救援|消防局|消防支队|消防总队|消防部门'],
  ['供电', '供电局|供电公司|电力公司|电力局|国家电网|国网|电网公司'],
  ['供水', '自来水公司|自来水厂|水务集团|水务公司|水务局|供水公司|水厂'],
  ['供气', '燃气公司|燃气集团|天然气公司'],
  ['防汛', '防汛办|防办|防指|防汛抗旱指挥部|水利局|水文局|水文站|水利部'],
  ['政府', '市政府|区政府|县政府|省政府|人民政府|市委|国务院'],
  ['轨道', '轨道集团|轨道公司|地铁公司|轨道交通集团'],
  ['交通', '交通局|交通委|交通运输委|交通运输局|高速公司'],
  ['市场监管', '市场监管局|市监局|药监局|食药监局'],
  ['世卫', '世卫组织|世界卫生组织'],
]
const AGENCY = new RegExp(
  AGENCIES.flatMap(([, words]) => words.split('|'))
    .sort((a, b) => b.length - a.length)
    .join('|'),
  'g',
)
const FAMILY = new Map(AGENCIES.flatMap(([family, words]) => words.split('|').map((word) => [word, family])))

const LIFECYCLE: [LifecycleStep, RegExp][] = [
  [
    'lifted',
    /(?:解除|取消|撤销|终止|结束)\S{0,10}?(?:预警|警报|信号|响应|停课|停水|停电|停气|通知|封控|管制)|(?:预警|警报|信号|响应)\S{0,6}?(?:解除|取消|终止)|(?:已经?|全面|陆续|恢复正常)?恢复(?:供水|供电|供气|通行|上课|运营|正常)|供[水电气](?:已经?)?正常/,
  ],
  ['raised', /(?:升级|上调|提升|提级|升)(?:为|至|到)/],
  ['lowered', /(?:降级|下调|调低|降)(?:为|至|到)\S{0,6}(?:预警|响应|级)/],
  ['issued', /(?:发布|启动|签发|拉响|发出)\S{0,14}(?:预警|警报|信号|响应)/],
]

/**
 * What a text fixes: places, days, times, numbers with units, levels, agencies, steps of a warning's life.
 * Takes any text; folds it itself.
 */
export function extractSlots(text: string, places: Places, region?: string): Slots {
  const folded = foldText(text)
  return {
    places: places.findPlaces(folded, region === undefined ? {} : { region }),
    dates: findDates(folded),
    times: findTimes(folded),
    ...findNumbersAndLevels(folded),
    agencies: [...folded.matchAll(AGENCY)].map(([word]) => ({
      text: word,
      family: FAMILY.get(word) ?? word,
    })),
    lifecycle: findLifecycle(folded),
  }
}

function findNumbersAndLevels(folded: string): Pick<Slots, 'numbers' | 'levels'> {
  const levels: LevelSlot[] = []
  const taken = new Set<number>()
  for (const match of folded.matchAll(RANK)) {
    taken.add(match.index)
    levels.push({ text: match[0], axis: 'rank', value: RANKS[match.groups?.['rank'] ?? ''] ?? 1 })
  }
  for (const match of folded.matchAll(SEVERITY)) {
    levels.push({
      text: match[0],
      axis: 'rank',
      value: SEVERITIES[match.groups?.['severity'] ?? ''] ?? 1,
    })
  }
  for (const match of folded.matchAll(COLOR)) {
    levels.push({
      text: match[0],
      axis: 'color',
      value: COLORS[match.groups?.['color'] ?? ''] ?? 1,
    })
  }
  const numbers: NumberSlot[] = []
  for (const match of folded.matchAll(NUMBER)) {
    if (taken.has(match.index)) continue
    const { value = '', unit: word = '' } = match.groups ?? {}
    if (word === '年' && value.length === 4) continue
    let unit = UNITS[word] ?? word
    if (
      unit === '人' ||
      (word === '个' && /^(?:人|小孩|娃|学生|工人)/.test(folded.slice(match.index + match[0].length)))
    ) {
      unit = `人:${findRole(folded, match.index, match.index + match[0].length)}`
    }
    if (word === '个' && !unit.startsWith('人')) continue
    numbers.push({ text: match[0], value: Number(value), unit })
  }
  for (const { 0: text } of folded.matchAll(
    /(?:无|没得?|没有|莫得|未造成)(?:人员?|造成人员)?(?:员|被)?(?:死亡|遇难|伤亡|受伤|烧死)/g,
  ))
    for (const unit of text.includes('伤') ? ['人:dead', '人:hurt'] : ['人:dead'])
      numbers.push({ text, value: 0, unit })
  for (const match of folded.matchAll(/(?:致死|死亡|遇难|死了|洗白了?)(\d+)(?!\d*[.月日号年])/g)) {
    if (!numbers.some((number) => number.unit === '人:dead' && number.value === Number(match[1]))) {
      numbers.push({ text: match[0], value: Number(match[1]), unit: '人:dead' })
    }
  }
  return { numbers, levels }
}

/** What happened to the counted people: said after the number (4人死亡) or, in the same clause, before it (死亡4人). */
function findRole(folded: string, start: number, end: number): string {
  const after = /^[^,。;!?\n\d]{0,8}/.exec(folded.slice(end))?.[0] ?? ''
  const before = /[^,。;!?\n\d]{0,5}$/.exec(folded.slice(0, start))?.[0] ?? ''
  for (const side of [after, before]) {
    const at = PERSON_ROLES.map(([pattern, role]) => ({
      role,
      index: side.search(pattern),
    })).filter(({ index }) => index >= 0)
    at.sort((a, b) => a.index - b.index)
    if (at[0]) return at[0].role
  }
  return 'some'
}

function findLifecycle(folded: string): Slots['lifecycle'] {
  return LIFECYCLE.flatMap(([step, pattern]) => {
    const text = pattern.exec(folded)?.[0]
    return text === undefined ? [] : [{ text, step }]
  })
}
