import { unifyWords } from './unify-words.ts'

/**
 * Polarity of a claim: does a text say the same as the claim, or its opposite? Judged on what the negation governs,
 * not on negations counted somewhere in the text. Takes folded texts.
 */

/** Signs of negation inside these words negate nothing. */
const HARMLESS =
  /不但|不仅|不过|不久|不断|不同|不少|不明|不幸|不慎|不停(?![水电气课工产运])|不止|不管|不论|不得了|不知|不良|不锈|不动产|差不多|了不起|来不及|不一会|不等|不光|不只|不由|不如|不满\d|不到\d|不足\d|不超过|无论|无线|无人机|无数|无锡|无烟|非常|非法|非洲|除非|是非|未来|未成年|未婚|别人|别墅|特别|级别|区别|性别|分别|个别|鉴别|识别|辨别|判别|类别|告别|没准|没收|埋没|淹没|沉没|出没|没过|没电|没水|没完|莫名|莫非|阿莫西林|莫西沙星|难道|动不动|冷不防|是不是|能不能|会不会|要不要|有没有|可不可以|该不该|对不对|好不好|行不行|得不得|准不准|用不用|管不管|真不真|可不可|不是说|不转不是|避免(?!用|吃|喝|做)|不信谣|不传谣|不造谣|不要慌|别慌|不用慌|不要怕|别怕|免得|无一(?!例)|以免/g
/** 保不了命, 防不住, 试不出: the negation stands inside the verb. */
const UNABLE = /(\p{Script=Han})不(?:了|住|到|出|掉|成)|([骗躲瞒挡逃抵敌])不过/gu
/** Two negations in a row that affirm. */
const DOUBLE = /不是不|不得不|不能不|不会不|没有不|不可不|无不|并非不|不可能不|没有人不|不应该不/g
const NEGATION =
  /(?:千万|绝对|一定|切|最好|都|也|请|并|根本|完全|从来)?(?:不要再|不要|不用|不需要|不必|不可以|不可能|不可|不能够|不能|不准|不许|不应该?|不该|不会|不宜|不建议|不是|不得|不再|没有|没得|没|无法|无需|并非|未必|未|勿|别再|别|莫要|莫|禁止|严禁|切忌|忌|拒绝|杜绝|停止|不|无|非)/g
/** Words between a negation and what it governs. */
const LIGHT_WORDS = /什么|所谓的?|去|再|来|随便|盲目|自己|轻易|继续|直接|马上|发生|出现|造成|[“”"]/g
/** A verdict behind the statement that turns it round. */
const DENYING_END =
  /(?:不可靠|不靠谱|不科学|不可取|不正确|不可信|不管用|不起作用|不灵|也可能有毒|也有毒|也不能|也不可以|也不要|也别|不等于|不代表|不能说明|不能证明|不一定|不对|不行|没用|没有用|没作用|没有作用|没效果|没有效果|没有科学依据|没有依据|毫无依据|无效|是错的|是错误|错误(?:做法|的|观念|认识)|误区|要不得|行不通|站不住脚|害人|是假的|假的|有害|很危险|更危险|反而|谣言|不实|辟谣)/
const QUESTION_END = /(?:吗|么|嘛|没得|没有|不|呢|是不是|真的假的|真假|对不对|\?)[?!。,~ ]*$/
const RHETORICAL = /难道|莫非|何尝|岂/

const ANTONYMS: [RegExp, RegExp][] = [
  [/提前/, /推迟|延迟|延期|延后|推后/],
  [/(?<!不)安全(?!出口|带|通道|教育|事故|门|帽|生产)/, /危险/],
  [/上涨|升高|上升|涨价/, /下降|降低|回落|降价|消退|退去/],
  [/停水/, /正常供水|不停水/],
  [/停电/, /正常供电|不停电/],
  [/停课/, /照常上课|正常上课|不停课/],
  [/推迟|延迟|延期|延后/, /按时|如期|准时|正常开学/],
]

export interface Negated {
  /** What the negation governs: up to ten signs behind it, inside the clause. */
  scope: string
}

/** 不变黑就没毒 says the same as 变黑就有毒: two negations of one condition. */
const CONDITION = /就|则|说明/

/** Negations of a text with what they govern; questions in which a negation only asks (难道不…吗, 不…吗) have none. */
export function findNegations(folded: string, conditions: 'kept' | 'dropped'): Negated[] {
  const found: Negated[] = []
  for (const clause of folded.split(/[,。;!\n:]|(?<=\?)/)) {
    const asks = QUESTION_END.test(clause)
    if (RHETORICAL.test(clause) || (asks && /(?:吗|么|嘛|呢|\?)[? ]*$/.test(clause))) continue
    const plain = clause
      .replace(UNABLE, '不$1$2')
      .replace(DOUBLE, '')
      .replace(HARMLESS, (word) => '　'.repeat(word.length))
    const matches = [...plain.matchAll(NEGATION)]
    if (conditions === 'dropped' && matches.length === 2 && CONDITION.test(clause)) continue
    for (const match of matches) {
      const behind = plain.slice(match.index + match[0].length, match.index + match[0].length + 10)
      // 蒜不黑就能吃: the negation governs the condition, not what follows from it.
      const scope = (behind.split(CONDITION)[0] ?? '').replace(/　/g, '').replace(LIGHT_WORDS, '')
      if (scope !== '' && scope !== '?') found.push({ scope })
    }
  }
  return found
}

/** Whether a clause denies or forbids anything; a question that only asks does not. Folded text. */
export function hasNegation(clause: string): boolean {
  return findNegations(clause, 'kept').length > 0 || (DENYING_END.test(clause) && !isQuestion(clause))
}

function grams(text: string): string[] {
  const signs = [...text.replace(/[^\p{L}\p{N}]/gu, '')]
  return signs.slice(1).map((sign, at) => `${signs[at] ?? ''}${sign}`)
}

/** Whether another text speaks of what a negation governs (its first signs count, not the tail of a long clause). */
function speaksOf(text: string, scope: string): boolean {
  const head = grams(scope).slice(0, 5)
  if (head.length === 0) return scope !== '' && text.includes(scope)
  const signs = [...scope.replace(/[^\p{L}\p{N}]/gu, '')].slice(0, 4)
  return (
    head.filter((gram) => text.includes(gram)).length / head.length >= SAME_PAIRS ||
    (signs.length >= 3 && signs.filter((sign) => text.includes(sign)).length / signs.length >= SAME_SIGNS)
  )
}

const SAME_PAIRS = 0.4
const SAME_SIGNS = 0.75

/** `agrees`: both deny the same thing, which is more than not contradicting each other. */
export type Polarity = 'same' | 'agrees' | 'opposite'

/** Whether `window` (the part of the message that speaks of the claim) says the claim or its opposite. Folded texts. */
export function comparePolarity(window: string, claim: string): Polarity {
  const [said, claimed] = [unifyWords(window), unifyWords(claim)]
  const literal = judge(said, claimed, 'kept')
  return literal === 'opposite' ? judge(said, claimed, 'dropped') : literal
}

function judge(window: string, claim: string, conditions: 'kept' | 'dropped'): Polarity {
  const ofWindow = findNegations(window, conditions)
  const ofClaim = findNegations(claim, conditions)
  const claimPlain = claim.replace(HARMLESS, '')
  let agrees = false
  for (const { scope } of ofWindow) {
    if (!speaksOf(claimPlain, scope)) continue
    if (ofClaim.some((other) => speaksOf(other.scope, scope) || speaksOf(scope, other.scope))) {
      agrees = true
      continue
    }
    return 'opposite'
  }
  for (const { scope } of ofClaim) {
    if (!speaksOf(window, scope)) continue
    if (ofWindow.some((other) => speaksOf(other.scope, scope) || speaksOf(scope, other.scope))) continue
    if (isQuestion(window)) continue
    return 'opposite'
  }
  const denial = DENYING_END.exec(window)
  if (denial && (isQuestion(claim) || !DENYING_END.test(claim)) && !isQuestion(window)) return 'opposite'
  for (const [one, other] of ANTONYMS) {
    for (const [mine, opposite] of [
      [one, other],
      [other, one],
    ] as const) {
      if (mine.test(claim) && !opposite.test(claim) && opposite.test(window) && !mine.test(window)) {
        return 'opposite'
      }
    }
  }
  return agrees ? 'agrees' : 'same'
}

const FUTURE =
  /将|要(?!闻|求|是|点)|会(?!议)|预测|预报|预计|预告|明[天早晚日]|今晚|后天|下(?:个)?(?:周|月|星期)|未来|即将|\d+号前后|必[有将定来]|前兆|征兆|预兆|眼前|预警|要来/

const PAST =
  /发生了|已经?发生|刚刚?|突发|正式测定|台网|测定:|造成|昨[天晚日]|今[早晨]|有感|震感|震源深度|发生\d|倒塌|垮了|塌了|被埋|[震洪灾火炸](?:前后|时|后)/

/** Whether a text foretells. Folded text. */
export function foretells(folded: string): boolean {
  return FUTURE.test(folded)
}

/**
 * Whether a message speaks of what has happened, beside a claim that foretells (发生6级地震 against 将发生6级地震);
 * a day without a verb (12月1日5级地震) foretells too. Folded text.
 */
export function tellsPast(message: string, dated: boolean): boolean {
  return !FUTURE.test(message) && !isQuestion(message) && (PAST.test(message) || !dated)
}

const A_NOT_A =
  /难道|是不是|能不能|会不会|要不要|有没有|可不可以|是真的|真的假的|真的吗|假的吗|对不对|可信吗|靠谱吗|有用吗/

/** A text that asks rather than states (试菌子有没有毒不靠谱 states). Takes folded text. */
export function isQuestion(folded: string): boolean {
  if (QUESTION_END.test(folded.trim())) return true
  const asks = A_NOT_A.exec(folded)
  if (!asks) return false
  const rest = folded.slice(asks.index + asks[0].length)
  return !/不靠谱|不可靠|不科学|没用|不管用|是错的/.test(rest)
}
