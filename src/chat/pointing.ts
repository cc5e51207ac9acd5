import { foldText } from '../base/fold-text.ts'

/** What can be said about a message without saying what stands in it. */
const POINTING =
  /^(请问|麻烦|帮我|帮忙)?(看看|看一下|看下|查查|查一下|查下|核实一下)?(上面|上头|楼上|刚才|刚刚|前面)?(这|那)?(个|条|张|段)?(消息|说法|新闻|视频|图片?|截图|帖子|通知|话)?(说的|讲的|发的)?(到底)?(是不是|是|会不会是)?(真的?|假的?|谣言|真的假的|真的还是假的|真假|真还是假|对不对|靠不靠谱)?(吗|吧|嘛|么|哦|哟|哇|啊|呀|没|不)?$/u
const SAYS_SO = /[真假谣看查核这那]|对不对|靠不靠谱|上面|楼上|刚才/u

/** Whether a message only points at another one: 「这个是真的吗」「帮我看看这条消息」. */
export function isPointing(text: string): boolean {
  const said = foldText(text).replace(/[\s.。,，、!！?？~～]+/gu, '')
  return SAYS_SO.test(said) && POINTING.test(said)
}

/** A number that picks one of several things. */
export function isPick(text: string): boolean {
  return /^(我?选|第)?[1-4一二三四](个|项|种|号|条)?$/u.test(foldText(text).replace(/[\s.。,，、!！]+/gu, ''))
}

/** `/something` that is no command of ours. */
export function isUnknownCommand(text: string): boolean {
  return /^\/[\w@]+$/u.test(text.trim().split(/\s/u)[0] ?? '')
}

/** Nothing but addresses of pages. */
export function isBareLink(text: string): boolean {
  return /^(?:\s*https?:\/\/\S+)+\s*$/iu.test(text)
}
