/** How much a message says what a claim says: idf-weighted signs and pairs of signs, both ways, on the best stretch of the message. */

export type GramWeights = (gram: string) => number

/** Words that every forward carries and that say nothing about its claim. */
const WRAPPING =
  /紧急通知|重要通知|紧急提醒|温馨提示|最新消息|最新通知|内部消息|可靠消息|小道消息|刚接到|刚刚接到|刚收到|刚刚收到|接到通知|收到通知|朋友圈|家长群|业主群|微信群|群里(?:都)?(?:在)?(?:传|说|转)?|转发扩散|扩散出去|速度扩散|请扩散|转发|扩散|大家注意了?|各位注意|注意了|请大家|请各位|请告知|相互转告|互相转告|告诉(?:你的)?(?:家人|亲戚|朋友)|转给家人|家人们|亲们|朋友们|求证|求辟谣|是不是真的|是真的吗|真的吗|真的假的|是真是假|真的不|可信吗|靠谱吗|有没有这回事|有这回事没得|有这事吗|网传|听说|据说|网上(?:都)?(?:在)?(?:说|传)|(?:听)?(?:我们?|你们)?(?:领导|邻居|朋友|同事|亲戚|老人|老辈子)(?:都)?(?:在)?(?:说|发)(?:我)?|刷到(?:一条)?|电视里?(?:都)?(?:说)?|有人说|他们说|都说|老汉说|妈说|婆婆说|看到说|我看到|看到|视频里?(?:说|看)?|抖音上?|请问|想问(?:一下|下)?|问一下|突发|快讯|太吓人了?|好吓人|吓死人了?|赶紧|赶快|快看|宁可信其有|为了家人|为了安全|看完删|关键时刻(?:能|可以)?救命|(?:能|可以)救命|一定要记住|人人都要知道|老一辈都?这么说|老师说|阿弥陀佛|平安是福/g

/** Everyday and 川渝 words to the word that claims use; only where the meaning is the same in every sentence. */
const SAME_WORDS: [RegExp, string][] = [
  [/啷个|咋个|咋/g, '怎么'],
  [/娃儿|娃娃/g, '小孩'],
  [/屋头/g, '家里'],
  [/啥子|撒子|啥/g, '什么'],
  [/不得行|要不得|不要得/g, '不可以'],
  [/得行|要得/g, '可以'],
  [/莫(?=去|要|用|吃|喝|乱|再|跳|吸)/g, '不要'],
  [/遭(?!遇|受|到)/g, '被'],
  [/晓得/g, '知道'],
  [/洗白/g, '死亡'],
  [/遇难|身亡|丧生|死了|死掉|没命/g, '死亡'],
  [/垮塌|塌方|垮了|塌了|倒塌/g, '坍塌'],
  [/挤水|倒水出来|把水倒出来|控出水|把水控出来/g, '控水'],
  [/轻轨|地铁|轨道交通/g, '轨道'],
  [/淹掉|遭水淹|淹没|淹了|淹起/g, '被淹'],
  [/野生蘑菇|野蘑菇|野生菌|野菌子|菌子|蘑菇/g, '菌'],
  [/着火|失火|燃起来|烧起来|(?<!山)大火/g, '起火'],
  [/煤气|天然气|燃气/g, '燃气'],
  [/大地震|强震|大震/g, '地震'],
  [/直升机|无人机/g, '飞机'],
  [/消毒液|消毒药水|消毒药/g, '药水'],
  [/喷洒|播撒|泼洒|喷杀|洒(?=药|消)|撒(?=药|消)/g, '喷'],
  [/掉下去|往下掉|掉下来|坠落|急坠/g, '下坠'],
  [/跳起来|跳一下|跳起|蹦起来|蹦一下/g, '跳起'],
  [/倒提起?来?|倒背起?着?|倒立|倒起|倒着|倒过来/g, '倒挂'],
  [/抢盐|买盐|屯盐/g, '囤盐'],
  [/毒素|毒液|毒血/g, '毒'],
  [/淹水|淹了水|落水/g, '溺水'],
  [/划开|割开|切个口|划个口/g, '切开'],
  [/延迟|推后|延期|延后/g, '推迟'],
  [/核辐射|防辐射/g, '辐射'],
]

/** The text as similarity sees it: wrapping dropped, everyday words unified. Takes folded text. */
export function toClaimText(folded: string): string {
  return unifyWords(folded.replace(WRAPPING, ' ')).replace(/ +/g, ' ').trim()
}

/** Everyday and 川渝 words replaced by the word that claims use. Takes folded text. */
export function unifyWords(folded: string): string {
  let text = folded
  for (const [pattern, word] of SAME_WORDS) text = text.replace(pattern, word)
  return text
}

const FUNCTION_SIGNS = new Set(
  '的了是在我你他她它们这那就都也和与及或把被将会要能有个不没很着过吧啊哦呢吗嘛呀哈哟噻哒得之于为以而且但如果因所从到对等上下里中来去说看一好多人大家',
)

/** Signs and pairs of signs of a text; signs that carry no meaning alone only in pairs. */
export function collectGrams(text: string): string[] {
  const found: string[] = []
  for (const run of text.split(/[^\p{L}\p{N}\uE000-\uE004]+/u)) {
    const signs = [...run]
    for (let at = 0; at < signs.length; at++) {
      const sign = signs[at] ?? ''
      if (!FUNCTION_SIGNS.has(sign)) found.push(sign)
      const next = signs[at + 1]
      if (next !== undefined) found.push(sign + next)
    }
  }
  return found
}

/**
 * Stand-ins for what a template leaves open: 今晚3点沙坪坝将有6级地震 and 明天万州要地震7级 are one claim.
 * Signs of the private-use area, so that no text can hold them.
 */
export const MASKS = { place: '\uE000', date: '\uE001', number: '\uE002', level: '\uE003', agency: '\uE004' } as const
const MASK_SIGN = /[\uE000-\uE004]/

const SINGLE_SIGN = 0.45
const FUNCTION_PAIR = 0.2
const MASKED_GRAM = 0.6
/** Share of its weight that a gram inside a place name or number keeps. */
const SLOT_GRAM = 0.3
/** What the claim does not say weighs less in a message: a forward holds much that is beside the claim. */
const BESIDE = 0.75
const MAX_CLAUSES = 5
/** A stretch that covers less of the claim than this cannot come near any threshold. */
const LEAST_COVERED = 0.17

/** Weights from all stored wordings: what few of them say weighs more. Pairs count fully, single signs less. */
export function buildGramWeights(wordings: Iterable<string>): GramWeights {
  const counts = new Map<string, number>()
  let total = 0
  for (const wording of wordings) {
    total++
    for (const gram of new Set(collectGrams(toClaimText(wording)))) counts.set(gram, (counts.get(gram) ?? 0) + 1)
  }
  return (gram) => {
    if (MASK_SIGN.test(gram)) return MASKED_GRAM
    const idf = Math.log(1 + (total + 1) / ((counts.get(gram) ?? 0) + 1))
    const signs = [...gram]
    if (signs.length === 1) return idf * SINGLE_SIGN
    return signs.every((sign) => FUNCTION_SIGNS.has(sign)) ? idf * FUNCTION_PAIR : idf
  }
}

/** A stretch of text ready to be compared. */
export interface WeighedText {
  text: string
  grams: ReadonlyMap<string, number>
  sum: number
}

export interface ClaimSimilarity {
  /** 0…1: harmonic mean of the two shares. */
  value: number
  /** Share of the claim that the window says. */
  claimCovered: number
  /** Share of the window that the claim says. */
  windowCovered: number
  /** The stretch of the message compared, in folded text. */
  window: string
}

/**
 * Takes folded text, masked or not. `named` are the grams of place names and numbers in it: they are compared as slots, so that
 * here the event counts (南坪步行街今天打折 is not a fire in 南坪步行街).
 */
export function weighText(text: string, weights: GramWeights, named: ReadonlySet<string> = new Set()): WeighedText {
  const grams = new Map<string, number>()
  let sum = 0
  for (const gram of collectGrams(toClaimText(text))) {
    if (grams.has(gram)) continue
    const weight = weights(gram) * (named.has(gram) ? SLOT_GRAM : 1)
    grams.set(gram, weight)
    sum += weight
  }
  return { text, grams, sum }
}

/** Signs that nearly every wording of a claim has (汗 and 毒 of 出汗排毒): what the claim is about. Takes masked folded texts. */
export function findCoreSigns(wordings: readonly string[]): string[] {
  const counts = new Map<string, number>()
  for (const wording of wordings) {
    for (const sign of new Set(toClaimText(wording).match(/\p{Script=Han}/gu) ?? [])) {
      if (!FUNCTION_SIGNS.has(sign)) counts.set(sign, (counts.get(sign) ?? 0) + 1)
    }
  }
  return [...counts].filter(([, count]) => count >= wordings.length * CORE_SHARE).map(([sign]) => sign)
}

const CORE_SHARE = 0.7

/** Clauses of a folded text that say anything, each with its closing sign. */
export function splitClauses(folded: string): string[] {
  return folded.split(/(?<=[,。;!?\n:])/).filter((clause) => /[\p{L}\p{N}]/u.test(clause))
}

/** A message as stretches of clauses that could be the claim; each clause is weighed once. */
export interface WeighedMessage {
  /** The clauses' own words. */
  texts: string[]
  /** The clauses as compared (masked). */
  clauses: WeighedText[]
  /** Stretches put together so far, by first and last clause. */
  joined: Map<string, WeighedText>
}

/** Compares the best stretch of a message with one wording of a claim. */
export function compareClaim(message: WeighedMessage, claim: WeighedText): ClaimSimilarity {
  let best: ClaimSimilarity = { value: 0, claimCovered: 0, windowCovered: 0, window: message.texts.join('') }
  if (claim.sum === 0) return best
  const heard = message.clauses.map((clause) => sumShared(clause, claim))
  const enough = claim.sum * LEAST_COVERED
  const longest = heard.length <= MAX_CLAUSES * 2 ? heard.length : MAX_CLAUSES
  for (let from = 0; from < heard.length; from++) {
    // A stretch that begins or ends with a clause beside the claim is worse than the one without it.
    if (heard[from] === 0) continue
    let most = 0
    for (let to = from; to < Math.min(heard.length, from + longest); to++) {
      most += heard[to] ?? 0
      if (heard[to] === 0 || most < enough) continue
      const window = joinClauses(message, from, to)
      const shared = sumShared(window, claim)
      const claimCovered = shared / claim.sum
      const windowCovered = shared / (shared + (window.sum - shared) * BESIDE)
      const value = (2 * claimCovered * windowCovered) / (claimCovered + windowCovered)
      if (value > best.value) best = { value, claimCovered, windowCovered, window: window.text }
    }
  }
  return best
}

function sumShared(text: WeighedText, claim: WeighedText): number {
  let shared = 0
  for (const [gram, weight] of text.grams) if (claim.grams.has(gram)) shared += weight
  return shared
}

function joinClauses(message: WeighedMessage, from: number, to: number): WeighedText {
  const key = `${from}-${to}`
  const known = message.joined.get(key)
  if (known) return known
  const grams = new Map<string, number>()
  for (const clause of message.clauses.slice(from, to + 1))
    for (const [gram, weight] of clause.grams) grams.set(gram, weight)
  let sum = 0
  for (const weight of grams.values()) sum += weight
  const window = { text: message.texts.slice(from, to + 1).join(''), grams, sum }
  message.joined.set(key, window)
  return window
}
