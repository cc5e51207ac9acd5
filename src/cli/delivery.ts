import { parseArgs } from 'node:util'
import { AppError } from '../base/errors.ts'
import type { FanOutStatus, DeliveryStatus } from '../delivery/delivery-status.ts'
import { runStoreCommand } from './store-command.ts'

const STATE_WORDS: Record<FanOutStatus['counts'][number]['state'], string> = {
  planned: '等到点',
  ready: '等发送',
  leased: '正在发',
  throttled: '平台限速，等一会儿',
  retry: '没发到，等重试',
  sent: '已发到',
  unknown: '不确定到没到',
  dead: '没发到',
  skipped: '跳过',
  superseded: '已撤回，没有发',
  expired: '过期，没有发',
  'awaiting-human': '等工作人员在企业微信里点确认',
}
const REASON_WORDS: Record<string, string> = {
  'no-contact': '没有这个群的联系方式',
  blocked: '对方停用或移出了机器人',
  'chat-gone': '群不在了',
  'too-long': '太长',
  refused: '平台不收',
  unauthorized: '令牌失效',
  server: '平台出错',
  timeout: '平台没有回音',
  'not-connected': '没连上',
  'cap-reached': '到了这个号的发送上限',
  'switched-off': '通道已关',
  throttled: '平台限速',
  crashed: '发送时程序中断',
  'in-doubt': '可能已经到过一次',
}
const LANE_WORDS = { urgent: '红色、解除', orange: '橙色', reply: '回答', notice: '黄色、蓝色', routine: '日常' }
const FAN_OUT_WORDS = { open: '', halted: '（已停）', cancelled: '（已取消）', superseded: '（已被新版代替）' }

/** What left, what did not and why; retry, stop, go on. */
export async function runDelivery(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { json: { type: 'boolean', default: false }, unknown: { type: 'boolean', default: false } },
  })
  const [act = 'status', version, ...more] = positionals
  if (more.length > 0) throw new AppError('bad-usage', 'too many words')
  if (act === 'halt' || act === 'resume') {
    await runStoreCommand('delivery', { act })
    console.log(act === 'halt' ? '已停：除了回答，什么都不再发出。恢复：delivery resume' : '已恢复发送。')
  } else if (act === 'retry') {
    if (version === undefined) throw new AppError('bad-usage', 'which version? see `delivery status`')
    const request = { act, version, unknown: values.unknown }
    const { retried } = (await runStoreCommand('delivery', request)) as { retried: number }
    console.log(retried === 0 ? '没有要重发的。' : `重新排队 ${retried} 条，只发给没发到的。`)
  } else if (act === 'status') {
    const status = (await runStoreCommand('delivery', { act })) as Serialized<DeliveryStatus>
    console.log(values.json ? JSON.stringify(status, null, 2) : describeStatus(status))
    return status.fanOuts.every(({ conserved }) => conserved) ? 0 : 1
  } else throw new AppError('bad-usage', 'what to do is one of status, retry, halt, resume')
  return 0
}

/** Through the socket, dates arrive as text. */
type Serialized<T> = { [Key in keyof T]: T[Key] extends Date | null ? string | Date | null : T[Key] }

function describeStatus({ haltedSince, fanOuts, replies, oldestWaitingSince }: Serialized<DeliveryStatus>): string {
  const lines: string[] = []
  if (haltedSince !== null) lines.push(`!! 从 ${showTime(haltedSince)} 起停发。恢复：delivery resume`)
  if (fanOuts.length === 0) lines.push('还没有群发过。')
  for (const fanOut of fanOuts) lines.push(...describeFanOut(fanOut))
  if (replies.length > 0) lines.push('24小时内的回答：')
  for (const { channel, ...each } of replies) lines.push(`  ${channel}：${describeCount(each)}`)
  if (oldestWaitingSince !== null) lines.push(`等得最久的从 ${showTime(oldestWaitingSince)} 开始等`)
  return lines.join('\n')
}

function describeFanOut(fanOut: FanOutStatus): string[] {
  const { version, lane, state, snapshot, notPlanned, dropped, counts, conserved, etaSeconds } = fanOut
  const sent = counts.reduce((sum, each) => sum + (each.state === 'sent' ? each.count : 0), 0)
  const failed = counts.some((each) => each.state === 'dead' || each.state === 'unknown')
  return [
    `${version} ${LANE_WORDS[lane]}${FAN_OUT_WORDS[state]}：发到 ${sent}/${snapshot}${failed ? '，部分没发到' : ''}`,
    ...counts.map((each) => `  ${each.channel} ${each.region ?? '没设地区'}：${describeCount(each)}`),
    ...(notPlanned > 0 ? [`  还没排队 ${notPlanned}`] : []),
    ...(dropped > 0 ? [`  撤回时还没排队 ${dropped}`] : []),
    ...(etaSeconds === undefined ? [] : [`  大约还要 ${describeSeconds(etaSeconds)}`]),
    conserved ? `  核对：${snapshot} 个收件处都有着落` : `  !! 核对不上：共 ${snapshot} 个，行数不等，请保留数据并报告`,
    ...(failed ? [`  重发没发到的：delivery retry ${version}（加 --unknown 连不确定的一起，可能收到两次）`] : []),
  ]
}

function describeCount({ state, reason, count }: Omit<DeliveryStatus['replies'][number], 'channel'>): string {
  const why = reason === null ? '' : `（${REASON_WORDS[reason] ?? reason}）`
  return `${STATE_WORDS[state]}${why} ${count}`
}

function describeSeconds(seconds: number): string {
  return seconds < 90 ? `${seconds} 秒` : `${Math.ceil(seconds / 60)} 分钟`
}

function showTime(at: string | Date): string {
  return new Date(at).toLocaleString('zh-CN', { timeZone: 'Asia/Shanghai' })
}
