import { foldText } from '../base/fold-text.ts'
import type { Audience } from '../knowledge/fields.ts'

/** How people name whom they ask for. */
const AUDIENCE_WORDS: readonly { audience: Audience; pattern: RegExp }[] = [
  { audience: 'elder', pattern: /老年人|老人家|老人|老辈子|老汉儿?|爷爷|婆婆|奶奶|外公|外婆|爸妈|父母|长辈|岁数大/u },
  { audience: 'youth', pattern: /小孩子?|小朋友|孩子|娃娃|娃儿|幺儿|学生|小学生|中学生|青少年|儿童/u },
  { audience: 'worker', pattern: /工人|工地|上班的?人?|打工|外卖员|快递员|环卫工/u },
  { audience: 'farmer', pattern: /农民|种地|村民|农村|种庄稼/u },
  { audience: 'official', pattern: /干部|领导|公务员|社区工作人员|网格员/u },
]

const LEAD_IN =
  /^(那|那么|那要是|要是|如果|还有|另外|然后|再问|换成|对于|关于|我问的是|我是说|我说的是)+(如果|要是|是)?/u
const PARTICLES =
  /(怎么办|咋办|咋个办|啷个办|怎么做|该怎么办|要怎么办|要注意什么|注意啥子?|呢|嘛|啊|呀|喃|哇|吗|么|要不要紧|也一样|一样|的话|家里|家头|屋头|有|是|我|带着|带|对|给|[,，。?？!！ ])+/gu
/** Longer messages carry their own question. */
const MAX_FOLLOW_UP_SIGNS = 18

export interface FollowUp {
  /** Whom the question is now about, when that is named. */
  audience: Audience | undefined
  /** What is asked beside the audience; '' when nothing is. */
  rest: string
}

/** Reads a short message as the continuation of the one before (「那老人呢?」); undefined when it stands on its own. */
export function readFollowUp(text: string): FollowUp | undefined {
  const folded = foldText(text)
  if (folded.length > MAX_FOLLOW_UP_SIGNS) return undefined
  const continues = LEAD_IN.test(folded) || /(呢|喃)[?？。!！]*$/u.test(folded)
  if (!continues) return undefined
  const named = AUDIENCE_WORDS.find(({ pattern }) => pattern.test(folded))
  const rest = folded
    .replace(LEAD_IN, '')
    .replace(named?.pattern ?? /(?!)/u, '')
    .replace(PARTICLES, '')
  return { audience: named?.audience, rest }
}

/** The audience a question names by itself, e.g. 「老人中暑了怎么办」. */
export function findAudience(text: string): Audience | undefined {
  return AUDIENCE_WORDS.find(({ pattern }) => pattern.test(text))?.audience
}
