import { foldText } from '../base/fold-text.ts'

const HEARSAY =
  /网传|听说|据说|有人说|都说|他们说|群里|朋友圈|抖音|视频|转发|扩散|紧急通知|内部消息|可靠消息|刚接到|刚收到|收到通知|接到通知|辟谣|谣言|真的吗|真的假的|真的不|是真是假|真假|是不是真|有没有这回事|有这回事|有这事|可信吗|靠谱吗|求证|看完删|宁可信/
const QUOTED = /^(?:"|【|「|『|“|转:|转发:|fwd?:)/
const HOW_TO =
  /怎么办|怎么做|怎么处理|怎么救|怎么弄|怎样|如何|咋办|咋个办|咋个整|咋整|啷个办|啷个整|啷个做|该做什么|要做什么|该干什么|注意什么|注意些什么|有哪些|哪些|几步|多少|多久|多大|什么时候|几点|哪里|哪儿|哪个|在哪|电话|为什么|为啥|什么是|什么意思|啥意思|求助|^救命/
const OWN_CASE =
  /(?:我|我们|我家|我屋头|我妈|我爸|我老汉|我儿|我女|娃儿|小孩|孩子|老人|邻居|同事)(?:\S{0,8})(?:了|正在|现在|起来)/
const YES_NO =
  /吗|么\?|嘛|是不是|能不能|会不会|要不要|有没有|可不可以|行不行|得行不|得不得|该不该|管不管用|有没有用|对不对/

/** A question how to act, where, when, why: it states nothing that could be true or false. Takes folded text. */
export function asksHow(folded: string): boolean {
  return HOW_TO.test(folded) && !HEARSAY.test(folded) && !QUOTED.test(folded) && folded.length < 60
}

/**
 * True for a text that is forwarded, quoted or states something (also as 「…是真的吗」), false for a question how to act
 * and for somebody's own case: those belong to the cards (a rebuttal answers them only by a clear margin).
 */
export function isClaimShaped(text: string): boolean {
  const folded = foldText(text).trim()
  if (folded.length < 4) return false
  if (HEARSAY.test(folded) || QUOTED.test(folded)) return true
  if (asksHow(folded)) return false
  if (YES_NO.test(folded)) return true
  if (OWN_CASE.test(folded) && folded.length < 40) return false
  return folded.length >= 7
}
