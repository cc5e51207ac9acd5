import { unifyWords } from './unify-words.ts'

/** Texts as rumor matching reads them: wrapping dropped, everyday words unified, cut into clauses and grams. */

/** Words that every forward carries and that say nothing about its claim. */
const WRAPPING =
  /紧急通知|重要通知|紧急提醒|温馨提示|最新消息|最新通知|内部消息|可靠消息|小道消息|刚接到|刚刚接到|刚收到|刚刚收到|接到通知|收到通知|朋友圈|家长群|业主群|微信群|群里(?:都)?(?:在)?(?:传|说|转)?|转发扩散|扩散出去|速度扩散|请扩散|转发|扩散|大家注意了?|各位注意|注意了|请大家|请各位|请告知|相互转告|互相转告|告诉(?:你的)?(?:家人|亲戚|朋友)|转给家人|家人们|亲们|朋友们|求证|求辟谣|是不是真的|是真的吗|真的吗|真的假的|是真是假|真的不|可信吗|靠谱吗|有没有这回事|有这回事没得|有这事吗|网传|听说|据说|网上(?:都)?(?:在)?(?:说|传)|(?:听)?(?:我们?|你们)?(?:领导|邻居|朋友|同事|亲戚|老人|老辈子)(?:都)?(?:在)?(?:说|发)(?:我)?|刷到(?:一条)?|电视里?(?:都)?(?:说)?|有人说|他们说|都说|老汉说|妈说|婆婆说|看到说|我看到|看到|视频里?(?:说|看)?|抖音上?|请问|想问(?:一下|下)?|问一下|突发|快讯|太吓人了?|好吓人|吓死人了?|赶紧|赶快|快看|宁可信其有|为了家人|为了安全|看完删|关键时刻(?:能|可以)?救命|(?:能|可以)救命|一定要记住|人人都要知道|老一辈都?这么说|老师说|(?:我|我们|你们|他|她|听|隔壁|楼下|楼上|屋头|家里|老家|单位|小区)(?:的|嘞|那个|屋头?|家)?(?:老汉儿?|爸|妈|爷爷|奶奶|婆婆|外婆|嬢嬢|孃孃|舅舅|姑妈|姨妈|幺爸|老公|老婆|表哥|表弟|表姐|兄弟伙?|同学|室友|邻居|同事|领导|老表|堂姐|妹儿|女|大姐|大妈|阿姨|老师|老板儿?)(?:都|也|在|还|刚|跟我|给我|硬是|天天)?(?:发(?:来|过来)?(?:的|嘞)?(?:视频|图|图片)?|转(?:来|给我)?(?:的|嘞)?|摆|讲|说)?(?:的|嘞|来)?|硬是|摆个龙门阵|晓不晓得|你们(?:看到|听说)没(?:得|有)?|哎呀|好(?:黑|骇|吓)人哦?|对不对|要不要得|要得不|有没有人晓得|不晓得真假|阿弥陀佛|平安是福/g

/** The text as similarity sees it: wrapping dropped, everyday words unified. Takes folded text. */
export function toClaimText(folded: string): string {
  const known = recent.get(folded)
  if (known !== undefined) return known
  const text = unifyWords(folded.replace(WRAPPING, ' ')).replace(/ +/g, ' ').trim()
  if (recent.size >= MOST_RECENT) recent.clear()
  recent.set(folded, text)
  return text
}

/** The clauses of a message are read for several candidates and in several ways. */
const recent = new Map<string, string>()
const MOST_RECENT = 64

export const FUNCTION_SIGNS = new Set(
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
export const MASKS = {
  place: '\uE000',
  date: '\uE001',
  number: '\uE002',
  level: '\uE003',
  agency: '\uE004',
} as const
export const MASK_SIGN = /[\uE000-\uE004]/

/** Clauses of a folded text that say anything, each with its closing sign. */
export function splitClauses(folded: string): string[] {
  return folded
    .split(/(?<=[,。;!?\n:])|(?<=\p{Script=Han}) (?=\p{Script=Han})/u)
    .filter((clause) => /[\p{L}\p{N}]/u.test(clause))
}
