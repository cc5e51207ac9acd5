import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { readFileSync } from 'node:fs'
import type { Clock } from '../../src/base/clock.ts'
import type { Arrived } from '../channels/channel-contract.ts'

/**
 * A double of qyapi.weixin.qq.com on 127.0.0.1 for what we send by HTTP.
 *
 * From 企业微信开发者中心: gettoken with expires_in (path/91039); message/send with touser, the text cut off behind 2 048
 * bytes, 30 a minute and 1 000 an hour to a member and silence above that, the duplicate check by the JSON of the
 * request, 81013 when nobody can be reached, links in texts (path/90236); message/recall within 24 h (path/96460);
 * add_msg_template, nothing sent before the member confirms, as many a month to a group as the month has days
 * (path/92135); error codes of 全局错误码 (path/90455); by-minute limits block for 60 s (path/90454).
 * From copies of the robot's page: text of 2 048 bytes, 20 a minute for a key, `<@userid>` calls a member.
 * From public code (binarywang/WxJava): the lists of tasks and results and their states, 2 000 groups, 4 000 bytes.
 * Our own assumption: what a repeated content answers (success and a msgid), the codes for a text that is too long (40058)
 * and for a recall that comes too late (40035), that a group of another owner stands in fail_list, and that links and
 * mentions are found in a text the way they are here.
 * Only a real account would prove: whether the duplicate check looks at all of the JSON and from when its time counts,
 * whether a sign of no width disarms links and mentions, which limit a 45009 tells of, what staff see and confirm.
 */
export interface WecomHttpServer {
  readonly apiRoot: string
  /** What people see, in order. */
  arrived(): readonly Arrived[]
  /** Requests for the purpose of sending. */
  attempts(): number
  tokenFetches(): number
  connections(): number
  /** Bodies of the requests for sending. */
  bodies(): readonly Record<string, unknown>[]
  /** How the next request for sending goes wrong. */
  failSend(fault: WecomFault): void
  /** How the next fetch of a token goes wrong. */
  failToken(fault: WecomFault): void
  /** The platform stops taking the tokens that it gave out. */
  revokeTokens(): void
  /** The platform takes no token at all. */
  refuseTokens(): void
  /** Holds every fetch of a token until the returned function is called. */
  holdTokens(): () => void
  /** A staff member confirms a task; `refused` groups do not get it for the given state. */
  confirmTask(task: string, refused?: Record<string, 2 | 3>): void
  /** Adds members to a task, entries that make no sense included. */
  setTaskEntries(task: string, entries: unknown[]): void
  /** Takes no connections until `open`. */
  shut(): Promise<void>
  open(): Promise<void>
  stop(): Promise<void>
}

/**
 * A number: this error code. An object: this answer, nothing carried out. `silence`: carried out, never answered. `cut`:
 * carried out, the connection breaks.
 */
export type WecomFault =
  | number
  | { answer: object }
  | 'silence'
  | 'cut'
  | 'bad-gateway'
  | 'garbage'
  | 'no-errcode'
  | 'redirect'
  | 'not-found'

export interface WecomHttpOptions {
  corpId: string
  secret: string
  agentId: number
  members: string[]
  robots: Record<string, string>
  /** Groups of customers and their owners. */
  groups: Record<string, string>
  clock: Clock
  expiresIn?: number
  /** Entries on a page. */
  pageSize?: number
}

const ANSWERS = JSON.parse(
  readFileSync(new URL('../fixtures/channels/wecom/wecom-http-answers.json', import.meta.url), 'utf8'),
) as Record<string, Record<string, unknown>>

const TEXTS: Record<number, string> = {
  [-1]: 'system busy',
  40001: 'invalid credential',
  40013: 'invalid corpid',
  40014: 'invalid access_token',
  40056: 'invalid agentid',
  42001: 'access_token expired',
  45009: 'api freq out of limit',
  45033: 'api concurrent out of limit',
  48002: 'api forbidden',
  60020: 'not allow to access from your ip',
  81013: 'user & party & tag all invalid',
  93000: 'invalid webhook url',
}

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS

interface Task {
  sender: string
  groups: string[]
  text: string
  entries: unknown[]
  results: unknown[]
}

export async function startWecomHttpServer(options: WecomHttpOptions): Promise<WecomHttpServer> {
  const { clock, expiresIn = 7200, pageSize = 1000 } = options
  const now = () => clock.now().getTime()
  const arrived: Arrived[] = []
  const bodies: Record<string, unknown>[] = []
  const tokens = new Map<string, number>()
  const sentAt = new Map<string, number[]>()
  const contents = new Map<string, number>()
  const messages = new Map<string, { at: number; entry: Arrived }>()
  const tasks = new Map<string, Task>()
  let sendFault: WecomFault | undefined
  let tokenFault: WecomFault | undefined
  let takesTokens = true
  let gate: Promise<void> = Promise.resolve()
  let tokenFetches = 0
  let serial = 0

  const answer = (path: string, fields: object = {}) => ({ ...ANSWERS[path], ...fields })
  const refuse = (errcode: number) => ({
    errcode,
    errmsg: `${TEXTS[errcode] ?? 'refused'}, hint: [${++serial}], from ip: 127.0.0.1, more info at https://open.work.weixin.qq.com/devtool/query?e=${errcode}`,
  })

  /** How often `who` was written to in the last `windowMs`. */
  const countSince = (who: string, windowMs: number) =>
    (sentAt.get(who) ?? []).filter((at) => at > now() - windowMs).length
  const note = (who: string) => void sentAt.set(who, [...(sentAt.get(who) ?? []), now()])

  function giveToken(query: URLSearchParams): object {
    if (query.get('corpid') !== options.corpId) return refuse(40013)
    if (query.get('corpsecret') !== options.secret) return refuse(40001)
    const token = `access-token-${++serial}`
    tokens.set(token, now() + expiresIn * 1000)
    return answer('gettoken', { access_token: token, expires_in: expiresIn })
  }

  function checkToken(query: URLSearchParams): number {
    if (!takesTokens) return 42001
    const until = tokens.get(query.get('access_token') ?? '')
    if (until === undefined) return 40014
    return until <= now() ? 42001 : 0
  }

  function sendToMember(body: Record<string, unknown>, raw: string): object {
    if (body['agentid'] !== options.agentId) return refuse(40056)
    const member = String(body['touser']).toLowerCase()
    const known = member === '@all' ? options.members : options.members.filter((id) => id.toLowerCase() === member)
    if (known.length === 0) return refuse(81013)
    const msgid = `msg-${++serial}`
    const swallowed = body['enable_duplicate_check'] === 1 && (contents.get(raw) ?? 0) > now()
    if (body['enable_duplicate_check'] === 1 && !swallowed) {
      contents.set(raw, now() + Number(body['duplicate_check_interval'] ?? 1800) * 1000)
    }
    for (const id of swallowed ? [] : known) {
      const above = countSince(id, MINUTE_MS) >= 30 || countSince(id, HOUR_MS) >= 1000
      note(id)
      if (above) continue
      const cut = Buffer.from(readContent(body)).subarray(0, 2048).toString()
      const entry = { chatId: id, text: cut.replaceAll(/<a\s[^>]*>(.*?)<\/a>/g, '$1'), buttons: [] }
      arrived.push(entry)
      messages.set(msgid, { at: now(), entry })
    }
    return answer('message/send', { msgid })
  }

  function recall(body: Record<string, unknown>): object {
    const message = messages.get(String(body['msgid']))
    if (!message || message.at <= now() - DAY_MS) return refuse(40035)
    arrived.splice(arrived.indexOf(message.entry), 1)
    return answer('message/recall')
  }

  function sendToRobot(query: URLSearchParams, body: Record<string, unknown>): object {
    const key = query.get('key') ?? ''
    const group = options.robots[key]
    if (group === undefined) return refuse(93000)
    const content = readContent(body)
    if (Buffer.byteLength(content) > 2048) return refuse(40058)
    if (countSince(key, MINUTE_MS) >= 20) return refuse(45009)
    note(key)
    arrived.push({ chatId: group, text: content.replaceAll(/<@([^>]+)>/g, '@$1'), buttons: [] })
    return answer('webhook/send')
  }

  function addTask(body: Record<string, unknown>): object {
    const sender = typeof body['sender'] === 'string' ? body['sender'] : ''
    if (body['chat_type'] !== 'group' || sender === '') return refuse(40058)
    const text = readContent(body)
    if (Buffer.byteLength(text) > 4000) return refuse(40058)
    const asked = (body['chat_id_list'] as string[] | undefined) ?? []
    const groups = asked.filter((id) => options.groups[id] === sender)
    const msgid = `mass-${++serial}`
    const entries = [{ userid: sender, status: 0 }]
    const results = groups.map((chat_id) => ({ chat_id, userid: sender, status: 0 }))
    tasks.set(msgid, { sender, groups, text, entries, results })
    return answer('externalcontact/add_msg_template', { msgid, fail_list: asked.filter((id) => !groups.includes(id)) })
  }

  function readTask(path: string, body: Record<string, unknown>): object {
    const task = tasks.get(String(body['msgid']))
    if (!task) return refuse(40035)
    const [list, all] = path.endsWith('_task') ? ['task_list', task.entries] : ['send_list', task.results]
    const from = Number(body['cursor'] ?? 0)
    const next = from + pageSize < all.length ? String(from + pageSize) : ''
    return answer(path, { [list]: all.slice(from, from + pageSize), next_cursor: next })
  }

  function handle(path: string, query: URLSearchParams, raw: string): object {
    if (path === 'gettoken') return giveToken(query)
    const body = JSON.parse(raw) as Record<string, unknown>
    if (path === 'webhook/send') return sendToRobot(query, body)
    const refusal = checkToken(query)
    if (refusal !== 0) return refuse(refusal)
    if (path === 'message/send') return sendToMember(body, raw)
    if (path === 'message/recall') return recall(body)
    if (path === 'externalcontact/add_msg_template') return addTask(body)
    return readTask(path, body)
  }

  async function respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '', 'http://double')
    const path = url.pathname.replace('/cgi-bin/', '')
    const raw = await readBody(request)
    let fault: WecomFault | undefined
    if (path === 'gettoken') {
      tokenFetches++
      fault = tokenFault
      tokenFault = undefined
      await gate
    } else if (['message/send', 'webhook/send', 'externalcontact/add_msg_template'].includes(path)) {
      bodies.push(JSON.parse(raw) as Record<string, unknown>)
      fault = sendFault
      sendFault = undefined
    }
    if (typeof fault === 'number') return sendJson(response, refuse(fault))
    if (typeof fault === 'object') return sendJson(response, fault.answer)
    const carriesOut = fault === undefined || fault === 'silence' || fault === 'cut'
    const result = carriesOut ? handle(path, url.searchParams, raw) : {}
    switch (fault) {
      case 'silence':
        return
      case 'cut':
        request.socket.destroy()
        return
      case 'bad-gateway':
        response.writeHead(502).end('<html>502 Bad Gateway</html>')
        return
      case 'not-found':
        response.writeHead(404).end('not found')
        return
      case 'redirect':
        response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end()
        return
      case 'garbage':
        response.end('<html>login</html>')
        return
      case 'no-errcode':
        response.end(JSON.stringify({ errmsg: 'ok' }))
        return
      default:
        sendJson(response, result)
    }
  }

  const server = createServer((request, response) => {
    respond(request, response).catch(() => response.destroy())
  })
  let connections = 0
  server.on('connection', () => void connections++)
  const listen = (port: number) => new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve())
      server.closeAllConnections()
    })
  await listen(0)
  const { port } = server.address() as AddressInfo

  return {
    apiRoot: `http://127.0.0.1:${port}`,
    arrived: () => arrived,
    attempts: () => bodies.length,
    tokenFetches: () => tokenFetches,
    connections: () => connections,
    bodies: () => bodies,
    failSend: (fault) => void (sendFault = fault),
    failToken: (fault) => void (tokenFault = fault),
    revokeTokens: () => tokens.clear(),
    refuseTokens: () => void (takesTokens = false),
    holdTokens() {
      const { promise, resolve } = Promise.withResolvers<void>()
      gate = promise
      return resolve
    },
    confirmTask(task, refused = {}) {
      const found = tasks.get(task)
      if (!found) throw new Error(`no task ${task}`)
      const send_time = Math.floor(now() / 1000)
      const monthly = daysOfMonth(clock.now())
      found.entries = [{ userid: found.sender, status: 2, send_time }]
      found.results = found.groups.map((chat_id) => {
        const status = refused[chat_id] ?? (countSince(chat_id, monthly * DAY_MS) >= monthly ? 3 : 1)
        if (status !== 1) return { chat_id, userid: found.sender, status }
        note(chat_id)
        arrived.push({ chatId: chat_id, text: found.text, buttons: [] })
        return { chat_id, userid: found.sender, status, send_time }
      })
    },
    setTaskEntries(task, entries) {
      const found = tasks.get(task)
      if (!found) throw new Error(`no task ${task}`)
      found.entries = entries
    },
    shut: close,
    open: () => listen(port),
    stop: close,
  }
}

function sendJson(response: ServerResponse, body: object): void {
  response.setHeader('content-type', 'application/json; charset=UTF-8').end(JSON.stringify(body))
}

function readContent(body: Record<string, unknown>): string {
  return (body['text'] as { content?: string } | undefined)?.content ?? ''
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString()
}

function daysOfMonth(date: Date): number {
  return new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate()
}
