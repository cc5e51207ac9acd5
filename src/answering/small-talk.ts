import { foldText } from '../base/fold-text.ts'
import type { DeclineCause } from './answer.ts'

/** Whole messages that only greet, thank and the like; anything more is a question and goes on. */
const SMALL_TALK: readonly { cause: DeclineCause; pattern: RegExp }[] = [
  {
    cause: 'greeting',
    pattern:
      /^(你|您|大家|各位)?(们)?好(呀|啊|哇|哦|吗|么|嘛)?$|^(哈喽|嗨|hi|hello|hey|在吗|在不在|在不|有人(在)?(吗|不|没|没有|没得|莫得)?|有(没有|没得|莫得)人|早|早上好|上午好|中午好|下午好|晚上好|晚安|喂|喂喂|新年好|节日快乐|测试|test)(呀|啊|哇|哦|吗)?$/u,
  },
  {
    cause: 'thanks',
    pattern:
      /^(好的?|嗯+|哦+|行|要得|晓得了|知道了|明白了?|收到|懂了|没事了|不用了)?(,|，|。|!)?((多|太|非常|十分)?谢谢?(你|您|了|啊|哈|咯|哦|噻|大家)*|感谢(你|您)?|辛苦(你|您)?了|拜拜|再见|88)?$/u,
  },
  {
    cause: 'about-bot',
    pattern:
      /^(请问)?(你|您)(是|叫)?(哪个|谁|啥子|什么|机器人|真人|人工|ai)(东西|名字|嘛|吗|么|呢|啊|哟|是机器人)?$|^(你|您)?(能|会|可以)(做|干|帮)(我)?(些|点)?(什么|啥子?|哪些)(事|忙)?(呢|吗|嘛)?$|^(你|您)?(有)?(什么|啥子?)(功能|用|本事)(呢|吗)?$|^(怎么用|咋个用|使用说明|帮助|help|\/start|\/help)$/u,
  },
]

/** How people call the bot, before or behind what they say. */
const NAMED = /^安晓(?:[ ,，:：!！]|(?=.))|(?<=.)[ ,，]*安晓$/u
const NAME_ALONE = '安晓'

const RUDE =
  /(傻逼|傻b|煞笔|沙比|妈的|他妈|你妈|去死|滚蛋|滚开|^滚$|垃圾机器人|废物|智障|脑残|白痴|狗日的|龟儿子?|日你|锤子机器人|瓜娃子|fuck|shit)/u
const EXPLAINABLE = /[\p{L}\p{N}]/u
const HAN = /\p{Script=Han}/u

/**
 * What kind of talk a message is when it asks nothing; undefined when it has to be looked up.
 * Rudeness counts only in short messages: a frightened person may swear and still be asking.
 */
export function recognizeSmallTalk(text: string): DeclineCause | undefined {
  const folded = foldText(text)
    .replace(/[\s.!?,~。！？，、…:;"'()]+$/u, '')
    .trim()
  if (!EXPLAINABLE.test(folded)) return 'nothing-said'
  if (folded.length === 0) return 'nothing-said'
  if (folded === NAME_ALONE) return 'greeting'
  const said = folded.replace(NAMED, '').trim()
  const found = SMALL_TALK.find(({ pattern }) => pattern.test(said))
  if (found) return found.cause
  if (folded.length <= 14 && RUDE.test(folded)) return 'rude'
  return undefined
}

/** A message without Chinese signs: it is answered in English, as far as there are English texts. */
export function isForeignLanguage(text: string): boolean {
  const letters = text.match(/\p{L}/gu)?.length ?? 0
  return letters >= 3 && !HAN.test(text)
}
