import { answerChosen, answerWithoutDanger } from '../answering/answer-question.ts'
import type { Answer } from '../answering/answer.ts'
import { localHour } from '../base/clock.ts'
import { AppError } from '../base/errors.ts'
import type { Timers } from '../base/timers.ts'
import type { Channel, ChannelEvent, ChatChange, InboundMessage } from '../channels/channel.ts'
import type { Config } from '../config/config.ts'
import type { Delivery } from '../delivery/delivery.ts'
import { newGroup, renameGroup } from '../people/groups.ts'
import type { Pseudonyms } from '../people/pseudonyms.ts'
import { findResident } from '../people/residents.ts'
import { findStaffByAccount } from '../people/staff.ts'
import { findDangerInLong } from './ask.ts'
import { createBundles } from './bundles.ts'
import { readButtonData } from './button-data.ts'
import type { ChatMetrics } from './chat-metrics.ts'
import type { CheckClaim } from './check-claim.ts'
import * as words from './chat-words.ts'
import { MANNERS_COMMANDS, type Command } from './commands.ts'
import { composeReply, type ComposedReply } from './compose-reply.ts'
import { cutQuote, MAX_TEXT } from './contract.ts'
import { noteUnanswered, type Asked } from './converse.ts'
import { isGroupDecision, runGroupCommand, type GroupCommandParts } from './group-commands.ts'
import type { HandledMessages } from './handled-messages.ts'
import { hear } from './hear.ts'
import { CHAT_RATE, PROCESS_RATE, SESSION_RATE } from './limits.ts'
import { maySpeak, type Trigger } from './manners.ts'
import { isPersonCommand, PRIVATE_COMMANDS, runPersonCommand, type PersonCommandParts } from './person-commands.ts'
import { itemOf } from './recent-answers.ts'

export interface ReceiverParts extends PersonCommandParts, GroupCommandParts {
  pseudonyms: Pseudonyms
  delivery: Delivery
  handled: HandledMessages
  timers: Timers
  metrics: ChatMetrics
  checkClaim: CheckClaim
  operator: Config['operator']
  publicUrl: string | null
  /** How long the lines of one person wait for each other. */
  bundleMs: number
}

/** Takes what happens on the channels: decides whether to speak, answers, and hands the answer to delivery. */
export interface Receiver {
  /** Resolves when the event is taken up; an answer may still be on its way. Never rejects. */
  receive(channel: Channel, event: ChannelEvent): Promise<void>
  /** Answers what is being waited on; resolves when every answer is handed over. */
  drain(): Promise<void>
}

/** A message that we answer. */
interface Taken {
  channel: Channel
  message: InboundMessage
  /** Pseudonyms. */
  person: string
  group: string | undefined
  session: string
  trigger: Trigger
  command: Command | undefined
  /** When it reached us. */
  at: Date
}

/** A named thing to say, and what it counts as. */
interface Said extends ComposedReply {
  outcome: string
  urgent?: boolean
}

/** A limit is explained once in this time, not at every further message. */
const EXPLAIN_EVERY_MS = 60_000

export function createReceiver(parts: ReceiverParts): Receiver {
  const { clock, log, metrics, recent } = parts
  const answering = new Set<Promise<void>>()
  const explained = new Map<string, number>()

  const track = (work: Promise<void>) => {
    answering.add(work)
    void work.finally(() => answering.delete(work))
    return work
  }

  const bundles = createBundles<Taken>({ timers: parts.timers, waitMs: parts.bundleMs }, (messages) => {
    void track(answer(messages))
  })

  /** Sends a reply to the last of `messages`; resolves when it is handed over, not when it has arrived. */
  const say = ({ channel, message, person, group, at }: Taken, said: Said): void => {
    const { outcome, urgent, ...reply } = said
    const { id, chat, sender, replyHandle } = message
    const endpoint = group ?? person
    const key = `reply:${endpoint}:${id}`
    const outgoing = {
      channel: channel.name,
      endpoint,
      chat,
      ...reply,
      inReplyTo: { messageId: id, replyHandle, sender },
      key,
    }
    void parts.delivery.deliver({ ...outgoing, ...(urgent === true && { urgent }) }).then((result) => {
      const seconds = (clock.now().getTime() - at.getTime()) / 1000
      metrics.sent(channel.name, outcome, result.kind, seconds)
      if (result.kind === 'failed' && result.failure.kind === 'throttled') metrics.throttled(channel.name)
    })
  }

  const answer = async (messages: readonly Taken[]): Promise<void> => {
    const last = messages.at(-1)
    if (!last) return
    try {
      await answerTaken(messages, last)
    } catch (error) {
      if (error instanceof AppError && error.code === 'store-unavailable') {
        say(last, { text: words.STORE_AWAY, outcome: 'failed' })
        return
      }
      log.error({ error, channel: last.channel.name }, 'message not answered')
      say(last, { text: words.TROUBLE, outcome: 'failed' })
    }
  }

  const answerTaken = async (messages: readonly Taken[], last: Taken): Promise<void> => {
    const asked = readQuestion(messages.map(({ message }) => message))
    const danger =
      last.trigger === 'rumor' ? undefined : findDangerInLong({ ...asked, audience: 'resident' }, parts.answering())
    if (!danger && isLimited(last)) return
    if (last.command) return runCommand(last, last.command)
    if (last.message.button !== undefined) return answerButton(last, last.message.button)
    if (!danger && asked.text.trim() === '' && asked.quote === undefined) {
      const text = last.message.media === 'text' ? words.NOTHING_ASKED : words.ONLY_TEXT
      return say(last, { text, outcome: 'nothing-asked' })
    }
    const { audience, region } = danger ? { audience: 'resident' as const, region: undefined } : await whoAsks(last)
    const question = { ...asked, audience, region }
    const conversation = await parts.conversations.resume(last.session)
    const found = danger ?? (await answerWithoutDanger({ ...question, conversation }, parts.answering()))
    await give(last, question, found)
  }

  const give = async (taken: Taken, asked: Asked, found: Answer): Promise<void> => {
    const { channel, message, person, group, session, trigger } = taken
    parts.conversations.remember(session, found.conversation)
    const { answer: noted } =
      trigger === 'rumor'
        ? { answer: found }
        : await noteUnanswered(found, asked, { asker: person, chat: group }, parts)
    recent.remember(session, {
      question: [asked.text, asked.quote].filter((part) => part !== undefined && part !== '').join('\n'),
      reasons: noted.reasons,
      card: noted.outcome === 'card' ? noted.card.id : undefined,
      choices: noted.outcome === 'clarify' ? noted.choices : undefined,
    })
    const urgent = noted.outcome === 'life-threat'
    const item = itemOf(noted)
    const minutes = group === undefined || item === undefined ? undefined : recent.noteInGroup(group, item)
    if (item !== undefined && minutes !== undefined && taken.message.button === undefined) {
      return say(taken, { text: words.repeated(minutes, item), outcome: 'repeated' })
    }
    const where = { group: message.chat.kind === 'group', capabilities: channel.capabilities }
    const { knowledge } = parts.answering()
    const reply = composeReply(noted, { ...where, knowledge, publicUrl: parts.publicUrl })
    say(taken, { ...reply, outcome: noted.outcome, urgent })
  }

  const answerButton = async (taken: Taken, data: string): Promise<void> => {
    const meaning = readButtonData(data)
    if (!meaning) return say(taken, { text: words.GONE, outcome: 'button-gone' })
    if (meaning.kind === 'unsolved') return runCommand(taken, { name: 'unsolved', argument: '' })
    if (meaning.kind === 'more') {
      recent.remember(taken.session, { question: '', reasons: [], ...recent.find(taken.session), card: meaning.slug })
      return runCommand(taken, { name: 'more', argument: '' })
    }
    const { audience } = await whoAsks(taken)
    const slug = meaning.kind === 'none' ? '' : meaning.slug
    const label = taken.message.text === '' ? slug : taken.message.text
    const chosen = answerChosen({ kind: meaning.kind, slug, label }, audience, parts.answering())
    if (!chosen) return say(taken, { text: words.GONE, outcome: 'button-gone' })
    const { knowledge } = parts.answering()
    const version = meaning.kind === 'none' ? undefined : knowledge.items[meaning.kind].get(slug)?.version
    const renewed = meaning.kind !== 'none' && version !== meaning.version
    const shown = renewed ? { ...chosen, text: `${words.RENEWED}\n${chosen.text}` } : chosen
    return give(taken, { text: label, audience }, shown)
  }

  const runCommand = async (taken: Taken, command: Command): Promise<void> => {
    const { channel, person, group, session } = taken
    const inGroup = group !== undefined
    if (command.name === 'help' && inGroup) {
      return say(taken, { text: words.helpGroup(channel.account), outcome: 'command' })
    }
    const forGroup = inGroup && (MANNERS_COMMANDS.has(command.name) || command.name === 'region')
    if (forGroup) return manageGroup(taken, command, group)
    const text = !isPersonCommand(command.name)
      ? words.GROUP_ONLY
      : inGroup && PRIVATE_COMMANDS.has(command.name)
        ? words.PRIVATE_ONLY
        : inGroup && command.name === 'start'
          ? words.welcomeGroup(parts.operator, channel.account)
          : await runPersonCommand(
              { name: command.name, argument: command.argument },
              { person, channel: channel.name, session, group },
              parts,
            )
    say(taken, { text, outcome: 'command' })
  }

  const manageGroup = async (taken: Taken, command: Command, group: string): Promise<void> => {
    const { channel, message, person } = taken
    if (!(await mayManage(taken))) return say(taken, { text: words.NOT_ADMIN, outcome: 'command' })
    if (command.name === 'leave') {
      say(taken, { text: words.GOODBYE, outcome: 'command' })
      await parts.delivery.drain()
      await parts.groups.change(group, channel.name, (left) => ({ ...left, member: false }))
      await channel.leave?.(message.chat)
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
    const known = store === null ? undefined : await findResident(store.db, person).catch(() => undefined)
    const settings = group === undefined ? undefined : (await parts.groups.get(group)).settings
    return { audience: known?.audience ?? 'resident', region: known?.region ?? settings?.region ?? undefined }
  }

  /** Takes a token of the person, the group and the process; says once that there is none. */
  const isLimited = (taken: Taken): boolean => {
    const { limiter } = parts
    if (!limiter) return false
    const { session, group, channel, message } = taken
    const waitSeconds = Math.max(
      limiter.take(`session:${session}`, SESSION_RATE),
      group === undefined ? 0 : limiter.take(`group:${group}`, CHAT_RATE),
      limiter.take('process', PROCESS_RATE),
    )
    if (waitSeconds === 0) return false
    metrics.silent(channel.name, 'limit')
    const now = clock.now().getTime()
    if (now - (explained.get(session) ?? -Infinity) < EXPLAIN_EVERY_MS) return true
    explained.set(session, now)
    if (explained.size > 5_000) explained.clear()
    log.info({ channel: channel.name, kind: message.chat.kind }, 'limit reached')
    say(taken, { text: words.tooFast(waitSeconds), outcome: 'limited' })
    return true
  }

  const receiveMessage = async (channel: Channel, message: InboundMessage): Promise<void> => {
    const now = clock.now()
    metrics.heard(channel.name, message.chat.kind)
    const person = parts.pseudonyms.person(channel.name, message.sender.id)
    const group = message.chat.kind === 'group' ? parts.pseudonyms.group(channel.name, message.chat.id) : undefined
    const session = parts.pseudonyms.session(group ?? person, person)
    const getGroup = async () => (group === undefined ? newGroup() : parts.groups.get(group))
    const rumorsWanted = async () => (await getGroup()).settings.unaskedRumors
    const about = { now, recent: recent.find(session), waited: bundles.isOpen(session), rumorsWanted }
    const { heard, command } = await hear(message, about, parts)
    // Somebody in danger who turns to us does not wait for the store; neither does silence that needs no group.
    const known = heard.private || (heard.danger && heard.addressed !== null) ? newGroup() : await getGroup()
    const speech = maySpeak(heard, known, { now, hour: localHour(now, parts.timeZone) })
    if (!speech.speak) return metrics.silent(channel.name, speech.reason)
    const seen = { channel: channel.name, account: channel.account, chat: message.chat.id, id: message.id }
    if (!(await parts.handled.take(seen, { urgent: heard.danger !== undefined }))) {
      return metrics.silent(channel.name, 'duplicate')
    }
    const taken: Taken = { channel, message, person, group, session, trigger: speech.trigger, command, at: now }
    noteSpoken(taken, heard)
    const alone = heard.danger !== undefined || command !== undefined || message.button !== undefined
    if (alone || speech.trigger === 'rumor')
      await track(answer([...(heard.danger ? bundles.take(session) : []), taken]))
    else bundles.add(session, taken)
    await keepContact(taken)
  }

  /** What we said unasked counts for the caps. */
  const noteSpoken = (
    { channel, group, trigger, at }: Taken,
    heard: { danger?: { topic: string }; rumor?: string },
  ) => {
    if (group === undefined || (trigger !== 'rumor' && trigger !== 'life-threat')) return
    const { danger, rumor } = heard
    const change = parts.groups.change(group, channel.name, (known) => ({
      ...known,
      spoken: {
        ...known.spoken,
        ...(rumor !== undefined && trigger === 'rumor'
          ? { rumorAt: at, rumors: { ...known.spoken.rumors, [rumor]: at } }
          : {}),
        ...(danger && trigger === 'life-threat'
          ? { lifeThreats: { ...known.spoken.lifeThreats, [danger.topic]: at } }
          : {}),
      },
    }))
    void track(change.then(ignore, (error: unknown) => log.warn({ error }, 'cap not noted')))
  }

  /** Where the answer to a ticket can be brought; kept after the answer has left. */
  const keepContact = async ({ channel, message, person, group, at }: Taken): Promise<void> => {
    const store = parts.store()
    if (!store) return
    const { id: chatId, title } = message.chat
    const kind = group === undefined ? ('person' as const) : ('group' as const)
    const contact = { kind, channel: channel.name, chatId, title }
    await parts.contacts
      .remember(store.db, group ?? person, contact, at)
      .catch((error: unknown) => log.warn({ error }, 'contact not kept'))
  }

  const receiveChange = async (channel: Channel, change: ChatChange): Promise<void> => {
    metrics.heard(channel.name, 'change')
    const { chat } = change
    const now = clock.now()
    const pseudonym =
      chat.kind === 'group'
        ? parts.pseudonyms.group(channel.name, chat.id)
        : parts.pseudonyms.person(channel.name, chat.id)
    const id = `${change.kind}:${change.sentAt.getTime()}`
    if (!(await parts.handled.take({ channel: channel.name, account: channel.account, chat: chat.id, id }))) {
      return metrics.silent(channel.name, 'duplicate')
    }
    const store = parts.store()
    if (change.kind === 'moved') {
      if (!store || change.movedTo === undefined) return
      const to = parts.pseudonyms.group(channel.name, change.movedTo)
      await renameGroup(store.db, pseudonym, to, now)
      await parts.contacts.forget(store.db, pseudonym)
      const contact = { kind: 'group' as const, channel: channel.name, chatId: change.movedTo, title: chat.title }
      await parts.contacts.remember(store.db, to, contact, now)
      for (const name of [pseudonym, to]) parts.groups.forget(name)
      return
    }
    const joined = change.kind === 'joined'
    if (store && chat.kind === 'group') {
      await parts.groups.change(pseudonym, channel.name, (group) => ({ ...group, member: joined }))
      const contact = { kind: 'group' as const, channel: channel.name, chatId: chat.id, title: chat.title }
      if (joined) await parts.contacts.remember(store.db, pseudonym, contact, now)
      else await parts.contacts.forget(store.db, pseudonym)
    }
    if (joined) welcome(channel, pseudonym, change)
  }

  const welcome = (channel: Channel, endpoint: string, { chat, sentAt, replyHandle }: ChatChange): void => {
    if (clock.now().getTime() - sentAt.getTime() > EXPLAIN_EVERY_MS * 5) return
    const text =
      chat.kind === 'group' ? words.welcomeGroup(parts.operator, channel.account) : words.welcomePerson(parts.operator)
    const tied =
      replyHandle === undefined
        ? {}
        : { inReplyTo: { messageId: '', replyHandle, sender: { id: chat.id, bot: false } } }
    const key = `welcome:${endpoint}:${sentAt.getTime()}`
    void parts.delivery
      .deliver({ channel: channel.name, endpoint, chat, text, key, ...tied })
      .then(({ kind }) => metrics.sent(channel.name, 'welcome', kind, 0))
  }

  return {
    async receive(channel, event) {
      try {
        await (event.kind === 'message' ? receiveMessage(channel, event) : receiveChange(channel, event))
      } catch (error) {
        log.error({ error, channel: channel.name, kind: event.kind }, 'event not taken up')
      }
    },
    async drain() {
      bundles.flush()
      while (answering.size > 0) await Promise.all(answering)
      await parts.delivery.drain()
    },
  }
}

function ignore(): void {}

/** What several messages of one person ask together. What is forwarded, quoted or too long to be typed is a quote. */
function readQuestion(messages: readonly InboundMessage[]): { text: string; quote?: string } {
  const typed: string[] = []
  const quoted: string[] = []
  for (const { text, forwarded, quote, media } of messages) {
    if (quote && !quote.ours && quote.text.trim() !== '') quoted.push(quote.text)
    const told = forwarded || media === 'link' || [...text].length > MAX_TEXT
    if (text.trim() !== '') (told ? quoted : typed).push(text)
  }
  const text = typed.join('\n').toWellFormed().replaceAll('\u0000', '').normalize('NFC')
  if (quoted.length === 0 && [...text].length <= MAX_TEXT) return { text }
  const quote = cutQuote([...quoted, ...([...text].length > MAX_TEXT ? [text] : [])].join('\n').toWellFormed()).quote
  return { text: [...text].length > MAX_TEXT ? '' : text, quote: quote.replaceAll('\u0000', '') }
}
