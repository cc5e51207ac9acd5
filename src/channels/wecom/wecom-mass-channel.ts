import { z } from 'zod'
import type { Channel, SendOutcome } from '../channel.ts'
import { createCounters } from '../counters.ts'
import { PLATFORM_LIMITS } from '../platform-limits.ts'
import { createOutChannel, NOT_STARTED, type OutChannelParts } from './out-channel.ts'
import { createQyapiClient, DEFAULT_API_ROOT, DEFAULT_TIMEOUT_MS } from './qyapi-client.ts'
import { failed, findTextRefusal, permanent } from './qyapi-failures.ts'
import { readMassTask, type MassTaskResult } from './wecom-mass-task.ts'

export interface WecomMassSettings {
  corpId: string
  /** Of an application that stands in 客户联系—可调用接口的应用. */
  secret: string
  /** The member who owns the groups and has to confirm: UserID and, for the operator, a name. */
  sender: MassSender
  /** Other owners, by the id of the group. */
  senders?: Readonly<Record<string, MassSender>>
  apiRoot?: string
  /** How long one request may take. */
  timeoutMs?: number
}

export interface MassSender {
  userId: string
  name?: string
}

export interface WecomMassChannel extends Channel {
  /** What became of the task of an `awaiting-human` outcome, by the member who confirms and by group. */
  findTask(task: string): Promise<MassTaskResult>
}

const createdSchema = z.object({ msgid: z.string().min(1), fail_list: z.array(z.string()).nullish() })

/** A group of customers as 企业微信 names it. */
const GROUP_ID = /^[\w-]{1,128}$/

/** 企业微信客户群群发: a task for the owner of a group of customers; nothing goes out before that member confirms it. */
export function createWecomMassChannel(settings: WecomMassSettings, parts: OutChannelParts): WecomMassChannel {
  const { corpId, secret, senders = {}, apiRoot = DEFAULT_API_ROOT, timeoutMs = DEFAULT_TIMEOUT_MS } = settings
  const { clock, log } = parts
  const limits = PLATFORM_LIMITS['wecom-mass']
  const counters = createCounters<string>([
    'awaiting_human',
    'throttled',
    'failed',
    'unknown',
    'malformed',
    'token_fetches',
  ])
  const client = createQyapiClient({ corpId, secret, apiRoot, timeoutMs }, { clock, log, counters })
  const out = createOutChannel(parts, counters, () => client.check())

  async function createTask(group: string, content: string): Promise<SendOutcome> {
    if (!GROUP_ID.test(group)) return failed(permanent('refused', '客户群编号的写法不对，企业微信不会接受。'))
    const refusal = findTextRefusal(content, limits.maxBytes)
    if (refusal) return failed(refusal)
    const sender = (Object.hasOwn(senders, group) ? senders[group] : undefined) ?? settings.sender
    const result = await client.post(
      'externalcontact/add_msg_template',
      { chat_type: 'group', chat_id_list: [group], sender: sender.userId, allow_select: false, text: { content } },
      { sending: true },
    )
    if (result.kind === 'failed') return failed(result.failure)
    const created = createdSchema.safeParse(result.body)
    if (!created.success) {
      counters.add('malformed')
      const sentence = '企业微信没有给出群发任务的编号，不确定任务是否已建，请到“客户群群发”里看一眼。'
      return failed({ kind: 'unknown', code: 'server', sentence })
    }
    if (created.data.fail_list?.includes(group)) {
      return failed(
        permanent('chat-gone', '企业微信说这个客户群无效或不能群发：请核对群编号，以及群主是不是设置里的成员。'),
      )
    }
    const who = sender.name ?? sender.userId
    const sentence = `群发任务已建，还没有发出：请${who}在企业微信里打开“客户群群发”的通知，点“发送”。`
    return { kind: 'awaiting-human', task: created.data.msgid, sentence }
  }

  return {
    name: 'wecom-mass',
    account: corpId,
    capabilities: limits,
    start: () => out.start(),
    stop: () => out.stop(),
    send: ({ chat, text }) => out.attempt(() => createTask(chat.id, text)),
    findTask: async (task) =>
      (await out.run(() => readMassTask(client, task, () => counters.add('malformed')))) ?? {
        kind: 'failed',
        failure: NOT_STARTED,
      },
    async checkTask(task, chat) {
      const result = await out.run(() => readMassTask(client, task, () => counters.add('malformed')))
      const found = result?.kind === 'found' ? result.members.flatMap(({ chats }) => chats) : []
      const state = found.find(({ chatId }) => chatId === chat.id)?.state
      return state === 'sent' || state === 'failed' ? state : 'waiting'
    },
    health: () => out.health(),
    counters: () => counters.read(),
  }
}
