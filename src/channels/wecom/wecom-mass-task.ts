import { z } from 'zod'
import type { SendFailure } from '../channel.ts'
import type { QyapiClient } from './qyapi-client.ts'

/** `unknown`: a state that the documentation does not name. */
export type MassState = 'sent' | 'not-sent' | 'failed' | 'unknown'

export interface MassChat {
  chatId: string
  state: MassState
  /** Of `failed`. `limit-reached`: the group has had all the mass messages that it may get. */
  reason?: 'not-a-customer' | 'limit-reached'
  sentAt?: Date
}

export interface MassMember {
  userId: string
  /** Whether this member has confirmed. */
  state: MassState
  sentAt?: Date
  chats: MassChat[]
}

export type MassTaskResult =
  /** `complete: false`: the platform holds more than was read. */
  { kind: 'found'; members: MassMember[]; complete: boolean } | { kind: 'failed'; failure: SendFailure }

const PAGE_SIZE = 1000
const MAX_PAGES = 20
const MAX_MEMBERS = 50

const pageSchema = z.looseObject({ next_cursor: z.string().nullish() })
const memberSchema = z.object({ userid: z.string(), status: z.int(), send_time: z.number().nullish() })
const chatSchema = z.object({ chat_id: z.string(), status: z.int(), send_time: z.number().nullish() })

const MEMBER_STATES: Readonly<Record<number, MassState>> = { 0: 'not-sent', 2: 'sent' }
const CHAT_STATES: Readonly<Record<number, Pick<MassChat, 'state' | 'reason'>>> = {
  0: { state: 'not-sent' },
  1: { state: 'sent' },
  2: { state: 'failed', reason: 'not-a-customer' },
  3: { state: 'failed', reason: 'limit-reached' },
}

/** Reads who confirmed and what reached which group; entries that make no sense are left out and counted. */
export async function readMassTask(
  client: QyapiClient,
  task: string,
  onMalformed: () => void,
): Promise<MassTaskResult> {
  const read = <T>(path: string, list: string, body: object, schema: z.ZodType<T>) =>
    readPages(client, { path: `externalcontact/${path}`, list, body, schema }, onMalformed)

  const tasks = await read('get_groupmsg_task', 'task_list', { msgid: task }, memberSchema)
  if (tasks.kind === 'failed') return tasks
  const members: MassMember[] = []
  let complete = tasks.complete && tasks.items.length <= MAX_MEMBERS
  for (const { userid, status, send_time } of tasks.items.slice(0, MAX_MEMBERS)) {
    const body = { msgid: task, userid }
    const results = await read('get_groupmsg_send_result', 'send_list', body, chatSchema)
    if (results.kind === 'failed') return results
    complete &&= results.complete
    const chats = results.items.map((chat) => ({
      chatId: chat.chat_id,
      ...(CHAT_STATES[chat.status] ?? { state: 'unknown' as const }),
      ...toSentAt(chat.send_time),
    }))
    members.push({ userId: userid, state: MEMBER_STATES[status] ?? 'unknown', ...toSentAt(send_time), chats })
  }
  return { kind: 'found', members, complete }
}

interface List<T> {
  path: string
  /** The field that holds the entries. */
  list: string
  body: object
  schema: z.ZodType<T>
}

async function readPages<T>(
  client: QyapiClient,
  { path, list, body, schema }: List<T>,
  onMalformed: () => void,
): Promise<{ kind: 'read'; items: T[]; complete: boolean } | { kind: 'failed'; failure: SendFailure }> {
  const items: T[] = []
  let cursor = ''
  for (let page = 0; page < MAX_PAGES; page++) {
    const request = { ...body, limit: PAGE_SIZE, ...(cursor === '' ? {} : { cursor }) }
    const result = await client.post(path, request, { sending: false })
    if (result.kind === 'failed') return result
    const read = pageSchema.safeParse(result.body)
    const entries = z.array(z.unknown()).nullish().safeParse(read.data?.[list])
    if (!read.success || !entries.success) {
      onMalformed()
      return { kind: 'read', items, complete: false }
    }
    for (const entry of entries.data ?? []) {
      const item = schema.safeParse(entry)
      if (item.success) items.push(item.data)
      else onMalformed()
    }
    const next = read.data.next_cursor ?? ''
    if (next === '' || next === cursor) return { kind: 'read', items, complete: next === '' }
    cursor = next
  }
  return { kind: 'read', items, complete: false }
}

/** Unix seconds. */
function toSentAt(seconds: number | null | undefined): { sentAt?: Date } {
  return seconds ? { sentAt: new Date(seconds * 1000) } : {}
}
