import { foldText } from '../../base/fold-text.ts'
import type { PlaceMention } from '../../places/find-places.ts'
import { readAskedForms, type AskedForm } from './asked-form.ts'
import { listPairs, squeeze } from './plan-index.ts'

/** Chongqing as a whole. */
export const CITY_CODE = '500000'

/** What of a document's front pages is asked for. */
export type FrontMatter = 'number' | 'date' | 'meeting' | 'issuer'

export interface PlanQuestion {
  /** Folded, in standard words. */
  text: string
  /** Pairs of signs that carry what is asked, each once; filler words are left out. */
  pairs: string[]
  /** Other words for the same: a unit that holds one of them covers the pairs of the first. */
  synonyms: { said: ReadonlySet<string>; others: string[][] }[]
  /** Longest runs between filler words, letters and digits only. */
  runs: string[]
  /** What stands in quotation marks or 《》, letters and digits only. */
  quoted: string[]
  years: string[]
  /** 十二五, 十三五… */
  periods: string[]
  /** Year and number of each 文号 in the question. */
  documentNumbers: { year: string; number: string }[]
  forms: AskedForm[]
  front: FrontMatter[]
  /** What is counted: 科普基地 of 多少家科普基地. */
  counted: string | undefined
  /** The kind of thing asked for: 大学 of 什么大学, 平台 of 哪些平台. */
  asked: string | undefined
  /** 方案, 规划, 文件: the document itself. */
  namesDocument: boolean
  asksForList: boolean
  /** 五进, 进哪些地方. */
  asksWhereto: boolean
  /** Places named, Chongqing itself left out. */
  places: PlaceMention[]
  namesCity: boolean
  /** 区里, 区政府: the district's own, without naming it. */
  saysOwnDistrict: boolean
}

/** Dialect and everyday words, and what the rules below know them as. */
const STANDARD: readonly [RegExp, string][] = [
  [/好多|几多/gu, '多少'],
  [/啥时候?|好久(?=[^不没])/gu, '什么时候'],
  [/爪意思/gu, '什么意思'],
  [/爪子|啥子|么子|咋子|哪样|啥/gu, '什么'],
  [/啷个|咋个|郎个|咋样|咋|如何|怎样|怎么样/gu, '怎么'],
  [/娃儿|娃娃|细娃/gu, '青少年'],
  [/老年人|老人家|老人|老头|老太|爷爷|婆婆/gu, '老年人'],
  [/农二哥|种田的/gu, '农民'],
  [/村里头|村头|乡坝头|乡头/gu, '农村'],
  [/一哈/gu, '一下'],
  // 哪一年 was folded to 哪1年.
  [/哪1/gu, '哪'],
]

/** Words a question is made of; what they stand between is what it asks about. */
const FILLERS =
  /请问|想问一?下?|问一?下|想知道|听说|晓得|知道|告诉我|讲一?下|说一?下|介绍一?下|帮我|查一?下|看一?下|麻烦|你好|您好|为什么|什么时候|什么样|什么|怎么|多少|多久|哪些|哪几|哪一|哪个|哪家|哪里|哪儿|哪年|哪天|哪句话|哪次|哪种|哪位|哪|谁|几(?=[家个人名次项所处条种类点句样位门天年月号回趟支套])|有没有|有无|没得|没有|能不能|可不可以|是不是|会不会|要不要|算不算|是否|可以|意思|回事|一下|到底|究竟|具体|主要|分别|里头|里面|里边|上头|这边|那边|这个|那个|这份|那份|这种|那种|这些|那些|这里|那里|我们|咱们|你们|他们|大家|自己|还是|或者|以及|还有|另外|提出|规定|提到|写明|写的|写了|讲的|说的|指的|指什么|叫做|叫|吗|嘛|呢|呀|啊|哟|哦|噻|迈|嘞|咯|吧|的|了|着|想(?=带)|耍|[,。?!;:、]/gu
/** A pair with one of these that no plan text holds says nothing about what is asked. */
const FUNCTION_SIGN =
  /[是在有要会能得这那我你他它和跟与还也都就又给由被把对从向到去来个些不没很让用为以及于上下里中外前后时该应须将已再才只所其之者一二两三几每各某先搞弄整做干写讲说打听设定]/u
const SYNONYMS: readonly { said: RegExp; others: string[] }[] = [
  { said: /青少年|孩子|小孩|学生|小朋友/gu, others: ['青少年', '中小学生', '未成年人', '学生'] },
  { said: /老年人/gu, others: ['老年', '银龄'] },
  { said: /工人|打工|职工|上班族/gu, others: ['产业工人', '职工', '劳动者'] },
  { said: /干部|当官|公务员/gu, others: ['领导干部', '公务员'] },
  { said: /农村|村里|乡下|乡镇/gu, others: ['农村', '乡村', '行政村'] },
  { said: /旧厂房|老厂房|旧设备|老工厂|废弃/gu, others: ['工业遗产', '闲置淘汰生产设施'] },
  { said: /手机|上网/gu, others: ['智能手机', '智能技术'] },
  { said: /诈骗|骗/gu, others: ['电信诈骗', '网络谣言'] },
  { said: /谣言|辟谣/gu, others: ['辟谣', '虚假信息', '谣言'] },
  { said: /四川|成都/gu, others: ['四川', '川渝', '成渝'] },
  { said: /科协/gu, others: ['科协', '科学技术协会'] },
  { said: /应急局|应急管理/gu, others: ['应急局', '应急管理'] },
  { said: /进度|阶段|步骤/gu, others: ['进度安排', '实施'] },
  { said: /考核|评估|检查/gu, others: ['考核', '评估', '督促检查'] },
  { said: /钱|资金|经费/gu, others: ['经费', '资金', '投入', '基金'] },
  { said: /产值/gu, others: ['生产总值', '产值'] },
  { said: /老师|教师/gu, others: ['教师', '辅导员'] },
  { said: /比赛|竞赛|大赛/gu, others: ['大赛', '竞赛', '比赛', '邀请赛'] },
  { said: /志愿者|志愿/gu, others: ['志愿者', '志愿服务'] },
  { said: /网红|快递|外卖/gu, others: ['快递员', '网约工', '互联网营销师'] },
]
const QUOTED = /"([^"\n]{2,30})"|《([^》\n]{2,60})》/gu
const YEAR = /(?<!\d)(?:19|20)\d\d(?!\d)/g
const PERIOD = /十[二三四五六]五/gu
const DOCUMENT_NUMBER = /(?:〔|\[|【|\(|（)\s*(20\d\d)\s*(?:〕|\]|】|\)|）)\s*(?:第)?(\d{1,4})\s*号/gu
const DOCUMENT = /文件|方案|规划|纲要|通知|文号|发文|\d号/u
const OWN_DISTRICT = /区里|区政府|区级|全区|我们区|我区|本区|咱们?区|区科协|区财政|区长/u
const CITY = /全市|市里|我市|市级|本市|市政府|市科协|重庆/u

const ASKS_WHERETO = /[二三四五六七八2-8]进|进(?:哪|什么|[二三四五六七八2-8]个)/u
const ASKS_LIST =
  /哪几|哪些|几类|几样|几句|几大|[哪是]\d+?(?:个|项|种|类|条|点|句|件|大)|哪[两二三四五六七八九十\d]|有什么(?:行动|任务|工程|举措|措施|活动)/u

/** Reads a question about policy; `places` are those it names, `today` (`YYYY-MM-DD`) says which year 今年 is. */
export function readPlanQuestion(question: string, places: PlaceMention[], today: string): PlanQuestion {
  const folded = foldText(question)
  let text = folded
  for (const [pattern, standard] of STANDARD) text = text.replace(pattern, standard)
  const cleared = text.replace(FILLERS, ' ')
  const documentNumbers = [...folded.matchAll(DOCUMENT_NUMBER)].map((match) => ({
    year: match[1] ?? '',
    number: match[2] ?? '',
  }))
  const numbered = text.replace(DOCUMENT_NUMBER, ' ')
  const front = readFront(text)
  return {
    text,
    pairs: [...new Set(listPairs(cleared.replace(DOCUMENT_NUMBER, ' ')))],
    synonyms: SYNONYMS.flatMap(({ said, others }) => {
      const words = text.match(said)
      return words === null ? [] : [{ said: new Set(words.flatMap(listPairs)), others: others.map(listPairs) }]
    }),
    runs: cleared
      .split(/[^\p{L}\p{N}%+"]+/u)
      .map(squeeze)
      .filter((run) => run.length >= 2),
    quoted: [...folded.matchAll(QUOTED)].map((match) => squeeze(match[1] ?? match[2] ?? '')),
    years: [...new Set([...(numbered.match(YEAR) ?? []), ...readRelativeYears(text, Number(today.slice(0, 4)))])],
    periods: [...new Set(text.match(PERIOD) ?? [])],
    documentNumbers,
    forms: readAskedForms(text),
    front,
    counted: readCounted(text),
    namesDocument: DOCUMENT.test(text),
    asked: readAsked(text),
    asksWhereto: ASKS_WHERETO.test(text),
    asksForList: ASKS_LIST.test(text),
    places: places.filter(({ candidates }) => !candidates.includes(CITY_CODE)),
    namesCity: CITY.test(text),
    saysOwnDistrict: OWN_DISTRICT.test(text),
  }
}

/** Whether a pair of signs is made of words such as 在 or 要, and so is unlikely to be a term. */
export function isFunctionPair(pair: string): boolean {
  return FUNCTION_SIGN.test(pair)
}

const ASKS_NUMBER = /文号|发文字号|几号文|多少号文|哪号文/u
const ASKS_MEETING = /哪[个次场]?[^,。?]{0,3}会|(?:审议|通过|同意)[^,。?]{0,8}会|什么会/u
const PASSED = /审议|通过|同意|批准/u
const ASKS_DAY = /哪一?天|什么时候|几号(?!文)|几月|哪一?年|日期|时间/u
const ISSUED = /印发|发布|发文|出台|下发|公布|颁布|成文|落款|发的|印的/u
const ASKS_ISSUER =
  /(?:哪|谁)[^,。?]{0,8}(?:印发|发布|发文|出台|下发|发的|公布|颁布)|(?:印发|发布|发文|出台|下发)[^,。?]{0,4}(?:单位|机关|部门)/u

function readFront(text: string): FrontMatter[] {
  const ofDocument = DOCUMENT.test(text) && ISSUED.test(text)
  const found: FrontMatter[] = []
  if (ASKS_NUMBER.test(text)) found.push('number')
  if (ASKS_MEETING.test(text) && PASSED.test(text)) found.push('meeting')
  if (ofDocument && ASKS_DAY.test(text)) found.push('date')
  if (ofDocument && found.length === 0 && ASKS_ISSUER.test(text)) found.push('issuer')
  return found
}

function readRelativeYears(text: string, year: number): string[] {
  return [
    ...(/今年|本年/u.test(text) ? [year] : []),
    ...(text.includes('明年') ? [year + 1] : []),
    ...(text.includes('去年') ? [year - 1] : []),
  ].map(String)
}

const ASKED = /(?:什么|哪些|哪几|哪\d*)(?:大|个|项|种|类|家|位|所|样|座|本|支|片|部)?(\p{Script=Han}{2,6})/gu
/** Things that no text names by their kind. */
const KINDLESS = /^(?:意思|部门|单位|时候|地方|样子|东西|回事|要求|内容|人|说|作用|关系|规定|事|用)/u

function readAsked(text: string): string | undefined {
  for (const match of text.matchAll(ASKED)) {
    const noun = (match[1] ?? '').split(/的|呢|吗|啊|呀|哟|哦|嘛|来|要|由|是|在|开|建|给|里/u)[0] ?? ''
    if (noun.length >= 2 && !KINDLESS.test(noun)) return noun
  }
  return undefined
}

const COUNTED =
  /(?:多少|几)(?:万|千|百)?(?:家|个|人次|名|位|所|项|处|座|支|套|条|门|场|期|批|户|种|类)?(\p{Script=Han}{2,8})/u

/** The thing that is counted, where it follows its number word. */
function readCounted(text: string): string | undefined {
  const run = COUNTED.exec(text.replace(/的/g, ''))?.[1]
  const noun = run?.split(/才|呢|吗|啊|呀|哟|哦|嘛|要|能|会|以上|参加|一年|每年/u)[0]
  const first = noun?.split(/[和与及、]/u)[0]
  return first === undefined || first.length < 2 ? undefined : first
}
