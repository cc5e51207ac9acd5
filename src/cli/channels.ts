import { AppError } from '../base/errors.ts'
import type { ChannelStatus } from '../channels/cli/control.ts'
import { callRunning } from './client.ts'
import { readConfig } from './run.ts'

const STATE_WORDS: Record<string, string> = {
  off: '没启动',
  connecting: '正在连',
  connected: '已连上',
  failing: '没连上',
}

/** How the running process is connected to the platforms; `halt` silences a channel that can be, `resume` ends that. */
export async function runChannels(args: string[]): Promise<number> {
  const [act = 'status', name, ...more] = args
  if (more.length > 0 || !['status', 'halt', 'resume'].includes(act)) {
    throw new AppError('bad-usage', 'what to do is one of status, halt, resume')
  }
  const body = act === 'status' ? undefined : { act, name: name ?? 'wechaty' }
  const running = await callRunning(readConfig().store.dataDir, '/control/channels', body)
  if (!running) {
    console.log('服务没有在运行，通道都没连。启动：npm start')
    return 1
  }
  if (act !== 'status') {
    console.log(act === 'halt' ? '已停用，连遇险的回答也不发。恢复：channels resume' : '已恢复。')
    return 0
  }
  const { channels } = running.result as { channels: ChannelStatus[] }
  if (channels.length === 0) console.log('没有接聊天平台，只有网页和命令行。')
  for (const channel of channels) for (const line of describe(channel)) console.log(line)
  return channels.every(({ state }) => state === 'connected') ? 0 : 1
}

function describe({ name, account, state, since, sentence, loginCode, counters }: ChannelStatus): string[] {
  const from = new Date(since).toLocaleString('zh-CN', { timeZone: 'Asia/Shanghai' })
  const counted = Object.entries(counters).filter(([, count]) => count > 0)
  return [
    `${name} ${account}：${STATE_WORDS[state] ?? state}（从 ${from} 起）`,
    ...(sentence === undefined ? [] : [`  ${sentence}`]),
    ...(loginCode === undefined ? [] : [`  用手机扫码登录，二维码内容：${loginCode}`]),
    ...(counted.length === 0 ? [] : [`  ${counted.map(([what, count]) => `${what} ${count}`).join('，')}`]),
  ]
}
