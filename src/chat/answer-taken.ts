import { answerChosen, answerWithoutDanger } from '../answering/answer-question.ts'
import type { Answer } from '../answering/answer.ts'
import { AppError } from '../base/errors.ts'
import { waitAtMost, type Timers } from '../base/timers.ts'
import type { Channel, InboundMessage } from '../channels/channel.ts'
import type { Config } from '../config/config.ts'
import type { Delivery } from '../delivery/delivery.ts'
import { findResident } from '../people/residents.ts'
import { burnStaffCode, findStaffByAccount } from '../people/staff.ts'
import { findDangerInLong } from './ask.ts'
import { readButtonData } from './button-data.ts'
import type { ChatMetrics } from './chat-metrics.ts'
import * as words from './chat-words.ts'
import { MANNERS_COMMANDS, type Command } from './commands.ts'
import { composeReply, type ComposedReply } from './compose-reply.ts'
import { noteUnanswered, type Asked } from './converse.ts'
import { isGroupDecision, runGroupCommand, type GroupCommandParts } from './group-commands.ts'
import { CHAT_RATE, PROCESS_RATE, SESSION_RATE } from './limits.ts'
import type { Trigger } from './manners.ts'
import { isPersonCommand, PRIVATE_COMMANDS, runPersonCommand, type PersonCommandParts } from './person-commands.ts'
import { isBareLink, isPick, isPointing, isUnknownCommand } from './pointing.ts'
import { readQuestion } from './read-question.ts'
import { itemOf } from './recent-answers.ts'

export interface AnswerTakenParts extends PersonCommandParts, GroupCommandParts {
  delivery: Delivery
  timers: Timers
  metrics: ChatMetrics
  publicUrl: string | null
  operator: Config['operator']
}

/** A message that we answer. */
export interface Taken {
  channel: Channel
  message: InboundMessage
  /** Pseudonyms. */
  person: string
  group: string | undefined
  session: string
  trigger: Trigger
  /** Whether its author turned to us; otherwise nothing of it is kept, and nothing but what was heard is said. */
  asked: boolean
  /** The rumor that was heard unasked. */
  rumor: string | undefined
  command: Command | undefined
  /** When it reached us. */
  at: Date
}

/** A named thing to say, and what it counts as. */
interface Said extends ComposedReply {
  outcome: string
  urgent?: boolean
}

/** A limit is explained to a chat once in this time. */
const EXPLAIN_EVERY_MS = 60_000
const MAX_EXPLAINED = 5_000
/** How long a question waits for what the store knows of its author. */
const PATIENCE_MS = 500
const UNREADABLE: ReadonlySet<InboundMessage['media']> = new Set(['picture', 'video', 'file'])

/** Answers messages that were taken up; several are the lines of one person. Never rejects. */
export function createTakenAnswering(parts: AnswerTakenParts): (messages: readonly Taken[]) => Promise<void> {
  const { clock, log, metrics, recent } = parts
  const explained = new Map<string, number>()

  /** Hands a reply over; what becomes of it is counted later. */
  const say = ({ channel, message, person, group, asked, at }: Taken, said: Said): void => {
    const { outcome, urgent, ...reply } = said
    const { id: messageId, chat, sender, replyHandle } = message
    const endpoint = group ?? person
    const inReplyTo = { messageId, replyHandle, sender: { id: sender.id, bot: sender.bot } }
    // Where nothing is shown tied, what nobody asked for is a message like any other and held to its caps.
    const tied = asked || channel.capabilities.replyTo ? { inReplyTo } : {}
    const outgoing = { channel: channel.name, endpoint, chat, ...reply, ...tied, key: replyKey(endpoint, messageId) }
    void parts.delivery.deliver({ ...outgoing, ...(urgent === true && { urgent }) }).then((result) => {
      const seconds = (clock.now().getTime() - at.getTime()) / 1000
      metrics.sent(channel.name, outcome, result.kind, seconds)
      if (result.kind === 'failed' && result.failure.kind === 'throttled') metrics.throttled(channel.name)
    })
  }

  const answerTaken = async (messages: readonly Taken[], last: Taken): Promise<void> => {
    const { command, message } = last
    if (command) return isLimited(last, command) ? undefined : runCommand(last, command)
    if (message.button !== undefined) return isLimited(last) ? undefined : answerButton(last, message.button)
    const { own, ...asked } = readQuestion(messages.map((taken) => taken.message))
    const danger = last.trigger === 'rumor' ? undefined : findDanger(message, { own, ...asked })
    if (danger) return give(last, asked, danger)
    if (isLimited(last)) return
    const unread = messages.some((taken) => UNREADABLE.has(taken.message.media))
    const unclear = findUnclear(last, asked, unread)
    if (unclear !== undefined) return say(last, { text: unclear, outcome: 'nothing-asked' })
    // What only points at the quoted text must not be looked up beside it.
    const text = asked.quote !== undefined && isPointing(asked.text) ? '' : asked.text
    const question = { ...asked, text, ...(await whoAsks(last)) }
    const conversation = await parts.conversations.resume(last.session)
    if (conversation.choices === undefined && isPick(asked.text) && asked.quote === undefined) {
      return say(last, { text: words.NOTHING_TO_PICK, outcome: 'nothing-asked' })
    }
    const found = await answerWithoutDanger({ ...question, conversation }, parts.answering())
    // No ticket for what stands in a picture.
    if (found.outcome === 'declined' && unread && asked.quote === undefined) {
      return say(last, { text: words.PICTURE_UNREAD, outcome: 'nothing-asked' })
    }
    await give(last, question, found)
  }

  /** The newest line alone first: what was said before it must not make it a drill or a story. */
  const findDanger = (newest: InboundMessage, { own, ...asked }: ReturnType<typeof readQuestion>) => {
    const find = (text: string, quote?: string) =>
      findDangerInLong({ text, quote, audience: 'resident' }, parts.answering())
    const alone = newest.forwarded || newest.media === 'link' ? undefined : find(newest.text)
    return alone ?? find(own, asked.quote)
  }

  /** What to say to a message that cannot be looked up as it stands; undefined where it can. */
  const findUnclear = (
    { message, group }: Taken,
    { text, quote }: Pick<Asked, 'text' | 'quote'>,
    unread: boolean,
  ): string | undefined => {
    if (text.trim() === '' && quote === undefined)
      return message.media === 'text' ? words.NOTHING_ASKED : words.ONLY_TEXT
    if (isUnknownCommand(text)) return words.UNKNOWN_COMMAND
    if (quote === undefined && isBareLink(text)) return words.LINK_UNREAD
    if (quote !== undefined || message.repliesToUs || !isPointing(text)) return undefined
    if (unread || message.quote) return words.PICTURE_UNREAD
    return group === undefined ? words.POINTS_IN_PRIVATE : words.POINTS_IN_GROUP
  }

  const give = async (taken: Taken, asked: Pick<Asked, 'text' | 'quote' | 'region'>, found: Answer): Promise<void> => {
    const { channel, message, person, group, session } = taken
    if (!taken.asked && !isWhatWasHeard(taken, found)) return
    const noted = taken.asked
      ? (await noteUnanswered(found, { audience: 'resident', ...asked }, { asker: person, chat: group }, parts)).answer
      : found
    if (taken.asked) {
      parts.conversations.remember(session, noted.conversation)
      recent.remember(session, {
        question: [asked.text, asked.quote].filter((part) => part !== undefined && part !== '').join('\n'),
        region: asked.region,
        reasons: noted.reasons,
        card: noted.outcome === 'card' ? noted.card.id : undefined,
        choices: noted.outcome === 'clarify' ? noted.choices : undefined,
      })
    }
    const item = itemOf(noted)
    const minutes = group === undefined || item === undefined ? undefined : recent.noteInGroup(group, item)
    if (item !== undefined && minutes !== undefined && message.button === undefined) {
      return say(taken, { text: words.repeated(minutes, item), outcome: 'repeated' })
    }
    const { knowledge } = parts.answering()
    const where = { group: group !== undefined, capabilities: channel.capabilities, publicUrl: parts.publicUrl }
    const urgent = noted.outcome === 'life-threat'
    say(taken, { ...composeReply(noted, { ...where, knowledge }), outcome: noted.outcome, urgent })
  }

  const answerButton = async (taken: Taken, data: string): Promise<void> => {
    const { session, message } = taken
    const meaning = readButtonData(data)
    if (!meaning) return say(taken, { text: words.GONE, outcome: 'button-gone' })
    if (meaning.kind === 'unsolved') return runCommand(taken, { name: 'unsolved', argument: '' })
    if (meaning.kind === 'more') {
      recent.remember(session, { question: '', reasons: [], ...recent.find(session), card: meaning.slug })
      return runCommand(taken, { name: 'more', argument: '' })
    }
    const { audience, region } = await whoAsks(taken)
    const slug = meaning.kind === 'none' ? '' : meaning.slug
    const label = message.text === '' ? slug : message.text
    const chosen = answerChosen({ kind: meaning.kind, slug, label }, audience, parts.answering())
    if (!chosen) return say(taken, { text: words.GONE, outcome: 'button-gone' })
    const version =
      meaning.kind === 'none' ? undefined : parts.answering().knowledge.items[meaning.kind].get(slug)?.version
    const renewed = meaning.kind !== 'none' && version !== meaning.version
    return give(taken, { text: label, region }, renewed ? words.markRenewed(chosen) : chosen)
  }

  const runCommand = async (taken: Taken, command: Command): Promise<void> => {
    const { channel, person, group, session } = taken
    if (group !== undefined && (MANNERS_COMMANDS.has(command.name) || command.name === 'region')) {
      return manageGroup(taken, command, group)
    }
    const inGroup = group === undefined ? undefined : await answerCommandInGroup(taken, command)
    const from = { person, channel: channel.name, session, group }
    const { name, argument } = command
    const text =
      inGroup ?? (isPersonCommand(name) ? await runPersonCommand({ name, argument }, from, parts) : undefined)
    say(taken, { text: text ?? words.GROUP_ONLY, outcome: 'command' })
  }

  /** Where a command of one person is answered otherwise in front of everybody. */
  const answerCommandInGroup = async ({ channel }: Taken, { name, argument }: Command): Promise<string | undefined> => {
    if (name === 'help') return words.helpGroup(channel.mentionName)
    if (name === 'start') return words.welcomeGroup(parts.operator, channel.mentionName)
    if (name === 'more') return words.MORE_IN_PRIVATE
    if (name === 'bind' && argument !== '') {
      const store = parts.store()
      if (store) await burnStaffCode({ store, clock }, argument)
      return words.CODE_BURNT
    }
    return PRIVATE_COMMANDS.has(name) ? words.PRIVATE_ONLY : undefined
  }

  const manageGroup = async (taken: Taken, command: Command, group: string): Promise<void> => {
    const { channel, message, person } = taken
    if (!(await mayManage(taken))) return say(taken, { text: words.NOT_ADMIN, outcome: 'command' })
    if (command.name === 'leave') {
      if (!channel.leave) return say(taken, { text: words.CANNOT_LEAVE, outcome: 'command' })
      say(taken, { text: words.GOODBYE, outcome: 'command' })
      await parts.delivery.drain()
      await channel.leave(message.chat)
      await parts.groups.change(group, channel.name, (left) => ({ ...left, member: false }))
      return
    }
    if (!isGroupDecision(command.name)) return
    const text = await runGroupCommand(command, { group, channel: channel.name, person }, parts)
    say(taken, { text, outcome: 'command' })
  }

  /** The platform's administrators and owners, and our own staff. */
  const mayManage = async ({ channel, message, person }: Taken): Promise<boolean> => {
    if (await channel.isGroupAdmin?.(message.chat, message.sender.id)) return true
    const store = parts.store()
    return store !== null && (await findStaffByAccount(store.db, person)) !== undefined
  }

  const whoAsks = async ({ person, group }: Taken): Promise<Pick<Asked, 'audience' | 'region'>> => {
    const store = parts.store()
    const resident = store && findResident(store.db, person).catch(() => undefined)
    const known = resident ? await waitAtMost(resident, PATIENCE_MS, parts.timers) : undefined
    const settings = group === undefined ? undefined : (await parts.groups.get(group)).settings
    return { audience: known?.audience ?? 'resident', region: known?.region ?? settings?.region ?? undefined }
  }

  /**
   * Takes a token of the person, then of the group, then of the process: what one person may not say costs the others
   * nothing. Says so once to a chat, and to nobody who did not ask. Orders how we behave are not held to the group's.
   */
  const isLimited = (taken: Taken, command?: Command): boolean => {
    const { limiter } = parts
    if (!limiter) return false
    const { session, group, channel } = taken
    const ordered = command !== undefined && MANNERS_COMMANDS.has(command.name)
    const waitSeconds =
      limiter.take(`session:${session}`, SESSION_RATE) ||
      (group === undefined || ordered ? 0 : limiter.take(`group:${group}`, CHAT_RATE)) ||
      limiter.take('process', PROCESS_RATE)
    if (waitSeconds === 0) return false
    metrics.silent(channel.name, 'limit')
    const now = clock.now().getTime()
    const chat = group ?? session
    if (!taken.asked || now - (explained.get(chat) ?? -Infinity) < EXPLAIN_EVERY_MS) return true
    if (explained.size >= MAX_EXPLAINED) explained.clear()
    explained.set(chat, now)
    say(taken, { text: words.tooFast(waitSeconds), outcome: 'limited' })
    return true
  }

  return async (messages) => {
    const last = messages.at(-1)
    if (!last) return
    try {
      await answerTaken(messages, last)
    } catch (error) {
      const away = error instanceof AppError && error.code === 'store-unavailable'
      if (!away) log.error({ error, channel: last.channel.name }, 'message not answered')
      if (last.asked) say(last, { text: away ? words.STORE_AWAY : words.TROUBLE, outcome: 'failed' })
    }
  }
}

/** Names the reply to a message for good; no platform id of a person or a chat stands in it. */
export function replyKey(endpoint: string, messageId: string): string {
  return `reply:${endpoint}:${messageId}`
}

/** Nobody asked: only the danger or the very rumor that made us speak is answered. */
function isWhatWasHeard({ trigger, rumor }: Taken, answer: Answer): boolean {
  if (trigger === 'life-threat') return answer.outcome === 'life-threat'
  return answer.outcome === 'rebuttal' && answer.rebuttal.id === rumor
}
