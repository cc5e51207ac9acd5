import { localHour } from '../base/clock.ts'
import type { Channel, ChannelEvent, InboundMessage } from '../channels/channel.ts'
import { findReply } from '../delivery/find-reply.ts'
import { newGroup } from '../people/groups.ts'
import { createTakenAnswering, replyKey, type AnswerTakenParts, type Taken } from './answer-taken.ts'
import { createBundles } from './bundles.ts'
import { hear, type HearParts } from './hear.ts'
import { maySpeak, type Heard } from './manners.ts'
import { followMembership, type MembershipParts } from './membership.ts'
import type { PendingQuestion, PendingQuestions } from './pending-questions.ts'

export interface ReceiverParts extends AnswerTakenParts, MembershipParts, HearParts {
  timeZone: string
  /** How long the lines of one person wait for each other. */
  bundleMs: number
  pending: PendingQuestions
}

/** Takes what happens on the channels: decides whether to speak, answers, and hands the answer to delivery. */
export interface Receiver {
  /** Resolves when the event is taken up; an answer may still be on its way. Never rejects. */
  receive(channel: Channel, event: ChannelEvent): Promise<void>
  /** Answers what a process that died had taken up from the channel. Never rejects. */
  resume(channel: Channel): Promise<void>
  /** Answers what is being waited on; resolves when every answer is handed over. */
  drain(): Promise<void>
}

export function createReceiver(parts: ReceiverParts): Receiver {
  const { clock, log, metrics, recent } = parts
  const underWay = new Set<Promise<void>>()
  const answer = createTakenAnswering(parts)

  const track = (work: Promise<void>) => {
    underWay.add(work)
    void work.finally(() => underWay.delete(work))
    return work
  }
  const bundles = createBundles<Taken>({ timers: parts.timers, waitMs: parts.bundleMs }, (messages) => {
    void track(answerPending(messages))
  })
  const answerPending = async (messages: readonly Taken[]): Promise<void> => {
    await answer(messages)
    await parts.pending.done(messages.map(keyOf))
  }

  /** Pseudonyms of who wrote, where, and of what they say to us there. */
  const identify = ({ name }: Channel, { sender, chat }: InboundMessage) => {
    const person = parts.pseudonyms.person(name, sender.id)
    const group = chat.kind === 'group' ? parts.pseudonyms.group(name, chat.id) : undefined
    return { person, group, session: parts.pseudonyms.session(group ?? person, person) }
  }

  const receiveMessage = async (channel: Channel, message: InboundMessage): Promise<void> => {
    const now = clock.now()
    metrics.heard(channel.name, message.chat.kind)
    const { person, group, session } = identify(channel, message)
    const getGroup = async () => (group === undefined ? newGroup() : parts.groups.get(group))
    const about = {
      now,
      connectedSince: channel.health().since,
      recent: recent.find(session),
      waited: bundles.isOpen(session),
      rumorsWanted: async () => (await getGroup()).settings.unaskedRumors,
    }
    const { heard, command } = await hear(message, about, parts)
    // Somebody in danger who turns to us does not wait for the store.
    const known = heard.private || (heard.danger && heard.addressed !== null) ? newGroup() : await getGroup()
    const speech = maySpeak(heard, known, { now, hour: localHour(now, parts.timeZone) })
    if (!speech.speak) return metrics.silent(channel.name, speech.reason)
    const { trigger } = speech
    const asked = heard.private || heard.addressed !== null
    const taken: Taken = {
      channel,
      message,
      person,
      group,
      session,
      trigger,
      asked,
      rumor: heard.rumor,
      command,
      at: now,
    }
    if (!(await takeOnce(taken, heard))) return metrics.silent(channel.name, 'duplicate')
    if (group !== undefined && !asked) noteSpoken(taken, group, heard)
    if (heard.danger) void track(answerPending([...bundles.take(session), taken]))
    else if (command || message.button !== undefined || !asked) await track(answer([taken]))
    else await answerWithNext(taken)
    if (command?.name !== 'forget') void track(keepContact(taken))
  }

  /** Lets the lines of one person wait for each other, and keeps them as long. */
  const answerWithNext = async (taken: Taken): Promise<void> => {
    const { channel, message, person, session, trigger, at } = taken
    bundles.add(session, taken)
    await parts.pending.keep({ key: keyOf(taken), message, trigger, at }, { channel: channel.name, person })
  }

  const takeUpAgain = (channel: Channel, { message, trigger, at }: PendingQuestion): void => {
    const who = identify(channel, message)
    const asked = { asked: true, rumor: undefined, command: undefined }
    bundles.add(who.session, { channel, message, ...who, trigger, at, ...asked })
  }

  /** False for what was answered before, also by a process that is gone; what it only took up is answered now. */
  const takeOnce = async ({ channel, message, person, group }: Taken, { danger }: Heard): Promise<boolean> => {
    const { chat, id } = message
    const seen = { channel: channel.name, account: channel.account, chat: chat.id, id }
    const endpoint = group ?? person
    const wasAnswered = async () => {
      const store = parts.store()
      return store === null || findReply(store.db, replyKey(endpoint, id), endpoint)
    }
    return parts.handled.take(seen, { urgent: danger !== undefined, wasAnswered })
  }

  /** What we said unasked counts for the caps. */
  const noteSpoken = ({ channel, trigger, at }: Taken, group: string, { danger, rumor }: Heard): void => {
    const noted = parts.groups.noteSpoken(group, channel.name, (spoken) =>
      trigger === 'rumor' && rumor !== undefined
        ? { ...spoken, rumorAt: at, rumors: { ...spoken.rumors, [rumor]: at } }
        : { ...spoken, lifeThreats: { ...spoken.lifeThreats, ...(danger && { [danger.topic]: at }) } },
    )
    void track(noted.catch((error: unknown) => log.warn({ error }, 'cap not noted in the store')))
  }

  /** Where the answer to a ticket can be brought. */
  const keepContact = async ({ channel, message, person, group, at }: Taken): Promise<void> => {
    const store = parts.store()
    if (!store) return
    const { id: chatId, title } = message.chat
    const kind = group === undefined ? ('person' as const) : ('group' as const)
    await parts.contacts
      .remember(store.db, group ?? person, { kind, channel: channel.name, chatId, title }, at)
      .catch((error: unknown) => log.warn({ error }, 'contact not kept'))
  }

  return {
    async receive(channel, event) {
      try {
        await (event.kind === 'message' ? receiveMessage(channel, event) : followMembership(channel, event, parts))
      } catch (error) {
        log.error({ error, channel: channel.name, kind: event.kind }, 'event not taken up')
      }
    },
    async resume(channel) {
      try {
        for (const question of await parts.pending.findLeft(channel.name)) takeUpAgain(channel, question)
        await parts.pending.forgetOld()
      } catch (error) {
        log.warn({ error, channel: channel.name }, 'questions of the process before not taken up')
      }
    },
    async drain() {
      bundles.flush()
      while (underWay.size > 0) await Promise.all(underWay)
      await parts.delivery.drain()
    },
  }
}

function keyOf({ group, person, message }: Taken): string {
  return replyKey(group ?? person, message.id)
}
