import { countTicketsOf, forgetAsker } from '../answering/tickets.ts'
import { countSigns } from '../base/signs.ts'
import { fitsGroup, PRIVATE_SIGNS } from '../answering/render.ts'
import { AppError } from '../base/errors.ts'
import type { Config } from '../config/config.ts'
import { AUDIENCES, type Audience } from '../knowledge/fields.ts'
import { forgetReplies } from '../delivery/find-reply.ts'
import type { Contacts } from '../people/contacts.ts'
import { findResident, forgetResident, saveResident, type Resident } from '../people/residents.ts'
import { bindStaff } from '../people/staff.ts'
import type { Places } from '../places/places.ts'
import type { Store } from '../store/store.ts'
import { inTransaction } from '../store/transaction.ts'
import { resolveRegion } from './ask.ts'
import {
  AUDIENCE_NAMES,
  HELP_PERSON,
  listAudiences,
  NOTHING_TO_EXPLAIN,
  NOTHING_UNSOLVED,
  PRIVACY,
  STORE_AWAY,
  welcomePerson,
} from './chat-words.ts'
import type { Command } from './commands.ts'
import { openUnsolved, type ChatParts } from './converse.ts'
import { explainAnswer } from './explain-answer.ts'
import { forgetPendingOf } from './pending-questions.ts'
import type { RecentAnswers } from './recent-answers.ts'

export interface PersonCommandParts extends ChatParts {
  places: Places
  contacts: Contacts
  recent: RecentAnswers
  operator: Config['operator']
}

/** Who gives the command, and where. */
export interface Commander {
  person: string
  channel: string
  session: string
  /** Pseudonym of the group, when it is given in one. */
  group?: string | undefined
}

type Run = (from: Commander, argument: string, parts: PersonCommandParts) => Promise<string> | string

const AUDIENCE_WORDS: Record<Audience, RegExp> = {
  resident: /^(居民|普通人|一般人|默认)$/,
  youth: /^(青少年|学生|娃娃|小孩|孩子)$/,
  elder: /^(老年人|老人|长辈|老年|大字)$/,
  worker: /^(产业工人|工人|上班族)$/,
  farmer: /^(农民|村民|农村)$/,
  official: /^(干部|领导|公务员|领导干部和公务员)$/,
}
const NOBODY: Resident = { audience: 'resident', region: undefined }

/** What a person may ask of the bot about themselves; answers with what to say. */
export const PERSON_COMMANDS = {
  start: (_, __, { operator }) => welcomePerson(operator),
  help: () => HELP_PERSON,
  privacy: () => PRIVACY,
  region: async ({ person }, argument, parts) => {
    if (argument === '') return '请写上区县，例如：地区 北碚区'
    let region: string | undefined
    try {
      region = resolveRegion(argument, parts.places)
    } catch (error) {
      if (error instanceof AppError && error.code === 'unknown-region')
        return `没找到“${argument.slice(0, 20)}”，或者不止一处。请写区县全名，例如：地区 北碚区`
      throw error
    }
    await changeResident(person, { region }, parts)
    return `记下了：按${region === undefined ? '全市' : parts.places.getPlace(region).name}回答您。`
  },
  audience: async ({ person }, argument, parts) => {
    const audience = AUDIENCES.find((each) => AUDIENCE_WORDS[each].test(argument))
    if (!audience) return `可以设这几种：${listAudiences()}。例如：人群 老年人`
    await changeResident(person, { audience }, parts)
    return `记下了：按“${AUDIENCE_NAMES[audience]}”的说法回答您。`
  },
  forget: async ({ person, session }, _, parts) => {
    const store = requireStore(parts)
    await inTransaction(
      store,
      async (tx) => {
        await forgetAsker(tx, person)
        await forgetResident(tx, person)
        await parts.contacts.forget(tx, person)
        await forgetReplies(tx, person)
        await forgetPendingOf(tx, person)
      },
      { durable: true },
    )
    await parts.conversations.forget(session)
    parts.recent.forget(session)
    return '删掉了：您的设置、账号联系方式、您等回答的问题和我们私聊的记录。群里只记着答过哪张卡片，一天内自动清掉。'
  },
  'my-data': async ({ person }, _, parts) => {
    const { db } = requireStore(parts)
    const { audience, region } = (await findResident(db, person)) ?? NOBODY
    const contact = await parts.contacts.find(db, person)
    const tickets = await countTicketsOf(db, person)
    return [
      `地区：${region === undefined ? '没设' : parts.places.getPlace(region).name}；人群：${AUDIENCE_NAMES[audience]}`,
      `等回答的问题：${tickets.open}个；已有结果：${tickets.answered}个`,
      contact ? '账号：存了加密的一份，好把结果发给您' : '账号：没有存',
      '发“忘记我”全部删掉。',
    ].join('\n')
  },
  why: ({ session, group }, _, { recent }) => {
    const answer = recent.find(session)
    if (!answer) return NOTHING_TO_EXPLAIN
    const lines = ['上一条这样答，是因为：', ...explainAnswer(answer.reasons).map((text, at) => `${at + 1}. ${text}`)]
    return fitLines(lines, group !== undefined)
  },
  unsolved: async ({ person, session, group }, _, parts) => {
    const answer = parts.recent.find(session)
    if (!answer || answer.question.trim() === '') return NOTHING_UNSOLVED
    const ticket = await openUnsolved(
      { text: answer.question, region: answer.region },
      { asker: person, chat: group },
      parts,
    )
    return `记下了，编号${ticket.number}，有人看过会${group === undefined ? '发给您' : '发到这里'}。急事打12345；有危险打110、119、120。`
  },
  more: ({ session }, _, { recent, answering }) => {
    const slug = recent.find(session)?.card
    const card = slug === undefined ? undefined : answering().knowledge.items.card.get(slug)
    if (!card) return '上一条没有全文可看。先问一条，再回“详细”。'
    const { title, now, before, after } = card.content
    const part = (name: string, lines: readonly string[]) => (lines.length === 0 ? [] : [name, ...lines])
    const lines = [
      `《${title}》${card.number}`,
      ...part('遇到时', now),
      ...part('平时', before),
      ...part('过后', after),
    ]
    // A heading of which nothing fits any more is left out too.
    return fitLines(lines).replace(/\n(平时|过后)$/u, '')
  },
  bind: async ({ person, channel }, argument, parts) => {
    if (argument === '') return '请写上绑定码，例如：绑定 ABCDE23456'
    const account = { pseudonym: person, channel }
    const binding = await bindStaff({ store: requireStore(parts), clock: parts.clock }, account, argument)
    if (binding.kind === 'bound') return `绑定好了：${binding.name}。这个账号现在可以用工作人员的命令。`
    return binding.kind === 'wrong-code'
      ? '绑定码不对，或者过了10分钟。请核对，或者请管理员重发一个。'
      : '试得太多，10分钟后再试。'
  },
} as const satisfies Record<string, Run>

export type PersonCommandName = keyof typeof PERSON_COMMANDS

export function isPersonCommand(name: string): name is PersonCommandName {
  return Object.hasOwn(PERSON_COMMANDS, name)
}

/** Commands that make sense only between two: they name a person's own data or hold a secret. */
export const PRIVATE_COMMANDS: ReadonlySet<string> = new Set(['bind', 'my-data', 'audience', 'forget'])

/** @throws AppError as the commands do */
export async function runPersonCommand(
  { name, argument }: Command & { name: PersonCommandName },
  from: Commander,
  parts: PersonCommandParts,
): Promise<string> {
  const run: Run = PERSON_COMMANDS[name]
  return run(from, argument, parts)
}

async function changeResident(person: string, change: Partial<Resident>, parts: PersonCommandParts): Promise<void> {
  const { db } = requireStore(parts)
  const known = (await findResident(db, person)) ?? NOBODY
  await saveResident(db, person, { ...known, ...change }, parts.clock.now())
}

function requireStore({ store }: PersonCommandParts): Store {
  const opened = store()
  if (!opened) throw new AppError('store-unavailable', STORE_AWAY, { retryable: true })
  return opened
}

/** As many lines as fit into one message. */
function fitLines(lines: readonly string[], inGroup = false): string {
  const kept: string[] = []
  for (const line of lines) {
    const longer = [...kept, line]
    if (inGroup ? !fitsGroup(longer.join('\n')) : countSigns(longer.join('\n')) > PRIVATE_SIGNS) break
    kept.push(line)
  }
  return kept.join('\n')
}
