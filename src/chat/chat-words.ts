import type { Answer } from '../answering/answer.ts'
import { fitsGroup, PRIVATE_SIGNS } from '../answering/render.ts'
import { countSigns } from '../base/signs.ts'
import type { Config } from '../config/config.ts'
import { AUDIENCES, HAZARDS, type Audience } from '../knowledge/fields.ts'

/** Every sentence of ours that is not an answer. In groups at most 120 visible signs and 6 lines. */

const NO_ALARM_LINE = '我不是报警电话：有危险直接打110、119、120。'

export const AUDIENCE_NAMES: Record<Audience, string> = {
  resident: '居民',
  youth: '青少年',
  elder: '老年人',
  worker: '产业工人',
  farmer: '农民',
  official: '干部',
}

export const HAZARD_NAMES: Record<(typeof HAZARDS)[number], string> = {
  flood: '水旱',
  geology: '地质',
  weather: '气象',
  fire: '火灾',
  traffic: '交通',
  industrial: '工矿危化',
  infrastructure: '市政',
  health: '公共卫生',
  food: '食品',
  social: '社会安全',
}

function runBy(operator: Config['operator']): string {
  return operator === null ? '运行单位还没有填写' : `由${operator.name}运行`
}

/** What to write behind @; a name that is long or not known is left to the reader. */
function at(mentionName: string | undefined): string {
  return mentionName === undefined || countSigns(mentionName) > 12 ? '@我' : `@${mentionName}`
}

export function welcomeGroup(operator: Config['operator'], mentionName: string | undefined): string {
  const who =
    operator === null || countSigns(operator.name) > 16 ? '应急科普机器人' : `应急科普机器人，${runBy(operator)}`
  return [
    `大家好，我是安晓，${who}。`,
    `提问：${at(mentionName)} 漏气了怎么办。查真假：引用消息再@我。`,
    NO_ALARM_LINE,
    '没@我的话我不存。管理员可发：@我 设置、静音、退出。',
  ].join('\n')
}

export function welcomePerson(operator: Config['operator']): string {
  return [
    `您好，我是安晓，应急科普机器人，不是真人，${runBy(operator)}。`,
    NO_ALARM_LINE,
    '直接问避险、急救、防灾的事，或者把听到的说法转发给我，我给出有来源的回答。',
    '常用：地区 北碚区｜人群 老年人｜为什么｜没解决｜隐私｜忘记我',
  ].join('\n')
}

export const HELP_PERSON = [
  '直接发问题，例如“燃气泄漏怎么办”。听到的说法，转发给我查真假。',
  '地区 北碚区：按您在的地方回答',
  '人群 老年人：换成适合的说法（居民、青少年、老年人、产业工人、农民、干部）',
  '详细：看上一条的全文；为什么：说明上一条怎么来的；没解决：记下来交给人看',
  '隐私：存了什么；我的数据：看看；忘记我：删掉',
  NO_ALARM_LINE,
].join('\n')

export function helpGroup(mentionName: string | undefined): string {
  return [
    `提问：${at(mentionName)} 加问题。查真假：引用那条再@我。`,
    '回“没解决”交给人看，回“为什么”看依据。',
    '管理员：@我 静音、恢复、设置、地区、订阅、主动辟谣、退出。',
    NO_ALARM_LINE,
  ].join('\n')
}

export const PRIVACY = [
  '我存这些：您设的地区和人群；没答上的问题（编号，等人回答）；上一条答的是哪张卡片。',
  '账号存成代号，能找回您的那一份加了密，半年不用就删。',
  '群里没@我的话不存。发“我的数据”可以看，发“忘记我”马上删。',
].join('\n')

export function tooFast(waitSeconds: number): string {
  return `问得太快，${waitSeconds}秒后再发。有危险直接打110、119、120。`
}

export const ONLY_TEXT = '我只看得懂文字。请把内容打成字发来；有危险直接打110、119、120。'
export const NOTHING_ASKED = '我在。把问题打在后面，例如“漏气了怎么办”；要查真假，就引用那条消息再@我。'
export const POINTS_IN_GROUP = '您说的是哪一条？引用那条消息再@我，我来查真假。'
export const POINTS_IN_PRIVATE = '您说的是哪一条？把那条消息转发或者粘贴给我，我来查真假。'
export const PICTURE_UNREAD = '图片和文件里的内容我看不到。把里面的话打成字发来，我就能查。有危险直接打110、119、120。'
export const LINK_UNREAD = '链接我打不开。把里面的说法粘贴给我，我来查真假。'
export const NOTHING_TO_PICK = '现在没有要选的。直接把问题打出来，例如“漏气了怎么办”。'
export const UNKNOWN_COMMAND = '没有这个命令。发“帮助”，看我能做什么。'
export const GONE = '这条内容已经撤下。请把问题再发一次，我重新查。'
const RENEWED = '内容已更新，下面是新版。'
/** Says that the content of an old button has changed, where there is room for it. */
export function markRenewed(answer: Answer): Answer {
  const [text, group] = [`${RENEWED}\n${answer.text}`, `${RENEWED}\n${answer.group}`]
  return {
    ...answer,
    text: countSigns(text) <= PRIVATE_SIGNS ? text : answer.text,
    group: fitsGroup(group) ? group : answer.group,
  }
}
export const TROUBLE = '我这里出了故障，这条没答成。急事打12345；有危险打110、119、120。'
export const NOTHING_TO_EXPLAIN = '半小时内没有答过您的问题。先问一条，再回“为什么”。'
export const NOTHING_UNSOLVED = '我没有留着您的问题。请把问题再发一次，接着回“没解决”。'
export const NOT_ADMIN = '这个要群主、管理员或绑定的工作人员来设。'
export const GROUP_ONLY = '这个在群里用：@我加上这几个字。'
export const PRIVATE_ONLY = '这个不在群里办：点我的头像，私聊发给我。'
export const MORE_IN_PRIVATE = '全文较长，请私聊我再问一次，然后回“详细”。'
export const CODE_BURNT = '绑定码不能发在群里，这个码已作废。请管理员重发一个，私聊发给我。'
export const CANNOT_LEAVE = '我自己退不出这个群，请群主把我移出去。先不想听我说话，可以@我 静音。'
export const GOODBYE = '好，我退出了。需要时再请我进群；有危险打110、119、120。'
export const STORE_AWAY = '现在存不了，过几分钟再试。避险和电话照样能查。'

export function repeated(minutes: number, number: string): string {
  return `${minutes}分钟前答过，见上面 ${number}。`
}

export function listAudiences(): string {
  return AUDIENCES.map((audience) => AUDIENCE_NAMES[audience]).join('、')
}

export function listHazards(): string {
  return HAZARDS.map((hazard) => HAZARD_NAMES[hazard]).join('、')
}
