/** What a message asks of the bot itself; everything else is a question. */
export const COMMANDS = [
  'start',
  'help',
  'privacy',
  'region',
  'audience',
  'forget',
  'my-data',
  'why',
  'unsolved',
  'more',
  'bind',
  'mute',
  'unmute',
  'settings',
  'subscribe',
  'unsubscribe',
  'unasked-rumors',
  'leave',
] as const
export type CommandName = (typeof COMMANDS)[number]

export interface Command {
  name: CommandName
  /** What follows the command word; '' when nothing does. */
  argument: string
}

interface Form {
  name: CommandName
  /** After a slash, always a command. */
  slash: readonly string[]
  /** The whole message, or its first word where an argument may follow. */
  words: readonly string[]
  takesArgument?: boolean
}

const WANTS_A_PERSON = ['人工', '转人工', '找人工', '我要找人工', '人工客服']

const FORMS: readonly Form[] = [
  { name: 'start', slash: ['start', '开始'], words: ['你们是哪个单位的', '你们是哪个单位', '你是哪个单位的'] },
  { name: 'help', slash: ['help', '帮助'], words: ['帮助', '怎么用', '使用说明'] },
  { name: 'privacy', slash: ['privacy', '隐私'], words: ['隐私', '你存了什么'] },
  { name: 'region', slash: ['region', '地区'], words: ['地区', '设置地区'], takesArgument: true },
  { name: 'audience', slash: ['audience', '人群'], words: ['人群', '设置人群'], takesArgument: true },
  { name: 'forget', slash: ['forget', '忘记我'], words: ['忘记我', '删除我的数据', '清除我的数据'] },
  { name: 'my-data', slash: ['mydata', '我的数据'], words: ['我的数据'] },
  { name: 'why', slash: ['why', '为什么'], words: ['为什么', '为啥', '为啥子', '凭什么这么说'] },
  {
    name: 'unsolved',
    slash: ['unsolved', '没解决'],
    words: ['没解决', '没有解决', '没用', '答非所问', '不对', '说错了', '答错了', '说的不对', '说得不对'].concat(
      WANTS_A_PERSON,
    ),
  },
  { name: 'more', slash: ['more', '详细'], words: ['详细', '详情', '看全文', '全文'] },
  { name: 'bind', slash: ['bind', '绑定'], words: ['绑定'], takesArgument: true },
  { name: 'mute', slash: ['mute', '静音'], words: ['静音', '别说话', '闭嘴', '安静'] },
  { name: 'unmute', slash: ['unmute', '恢复'], words: ['恢复', '取消静音', '可以说话了'] },
  { name: 'settings', slash: ['settings', '设置'], words: ['设置', '群设置'] },
  { name: 'subscribe', slash: ['subscribe', '订阅'], words: ['订阅'], takesArgument: true },
  { name: 'unsubscribe', slash: ['unsubscribe', '退订'], words: ['退订', '取消订阅'], takesArgument: true },
  { name: 'unasked-rumors', slash: ['rumors', '主动辟谣'], words: ['主动辟谣'], takesArgument: true },
  { name: 'leave', slash: ['leave', '退出'], words: ['退出', '退群', '退出本群'] },
]

/** Commands that change how we behave in a group: its administrators and staff may give them, also while it is muted. */
export const MANNERS_COMMANDS: ReadonlySet<CommandName> = new Set([
  'mute',
  'unmute',
  'settings',
  'subscribe',
  'unsubscribe',
  'unasked-rumors',
  'leave',
])

const ARGUMENT = /^[\s:：]+(.*)$/su
const TAIL = /[\s。.!！?？~～]+$/u

/** Reads a command; undefined for a question (「恢复供电要多久」) and for a command to another bot (/start@other). */
export function readCommand(text: string): Command | undefined {
  const said = text.normalize('NFKC').trim().replace(TAIL, '')
  const slashed = /^\/([^\s@]+)(?:\s+(.*))?$/su.exec(said)
  if (slashed) {
    const word = slashed[1]?.toLowerCase() ?? ''
    const form = FORMS.find(({ slash }) => slash.includes(word))
    const argument = slashed[2]?.trim() ?? ''
    // /mute somebody is another bot's.
    return form && (argument === '' || form.takesArgument === true) ? { name: form.name, argument } : undefined
  }
  for (const { name, words, takesArgument } of FORMS) {
    for (const word of words) {
      if (said === word) return { name, argument: '' }
      if (takesArgument !== true || !said.startsWith(word)) continue
      const argument = ARGUMENT.exec(said.slice(word.length))?.[1]?.trim()
      if (argument !== undefined && argument !== '') return { name, argument }
    }
  }
  return undefined
}
