import { moveTicketsOf } from '../answering/tickets.ts'
import type { Channel, ChatChange } from '../channels/channel.ts'
import type { Config } from '../config/config.ts'
import type { Delivery } from '../delivery/delivery.ts'
import type { Contacts } from '../people/contacts.ts'
import { renameGroup } from '../people/groups.ts'
import type { Pseudonyms } from '../people/pseudonyms.ts'
import { inTransaction } from '../store/transaction.ts'
import type { ChatMetrics } from './chat-metrics.ts'
import { welcomeGroup, welcomePerson } from './chat-words.ts'
import type { ChatParts } from './converse.ts'
import type { GroupBook } from './group-book.ts'
import type { HandledMessages } from './handled-messages.ts'

export interface MembershipParts extends ChatParts {
  pseudonyms: Pseudonyms
  contacts: Contacts
  groups: GroupBook
  handled: HandledMessages
  delivery: Delivery
  metrics: ChatMetrics
  operator: Config['operator']
}

/** A welcome that comes later than this surprises more than it helps. */
const WELCOME_WITHIN_MS = 5 * 60_000

/** We were taken into a chat, put out of it, or it got another name. */
export async function followMembership(channel: Channel, change: ChatChange, parts: MembershipParts): Promise<void> {
  const { chat } = change
  const { pseudonyms } = parts
  parts.metrics.heard(channel.name, 'change')
  const pseudonym =
    chat.kind === 'group' ? pseudonyms.group(channel.name, chat.id) : pseudonyms.person(channel.name, chat.id)
  // May come twice: moving to where one is changes nothing.
  if (change.kind === 'moved') return followMove(channel, change, pseudonym, parts)
  const id = `${change.kind}:${change.sentAt.getTime()}`
  if (!(await parts.handled.take({ channel: channel.name, account: channel.account, chat: chat.id, id }))) {
    return parts.metrics.silent(channel.name, 'duplicate')
  }
  const joined = change.kind === 'joined'
  if (chat.kind === 'group') await noteMember(channel, change, pseudonym, joined, parts)
  if (joined) welcome(channel, change, pseudonym, parts)
}

async function noteMember(
  channel: Channel,
  { chat }: ChatChange,
  pseudonym: string,
  member: boolean,
  parts: MembershipParts,
): Promise<void> {
  const store = parts.store()
  if (!store) return
  await parts.groups.change(pseudonym, channel.name, (group) => ({ ...group, member }))
  const contact = { kind: 'group' as const, channel: channel.name, chatId: chat.id, title: chat.title }
  if (member) await parts.contacts.remember(store.db, pseudonym, contact, parts.clock.now())
  else await parts.contacts.forget(store.db, pseudonym)
}

/** What was released to the group under its old name still finds it, and so do the answers it waits for. */
async function followMove(
  channel: Channel,
  { chat, movedTo }: ChatChange,
  from: string,
  parts: MembershipParts,
): Promise<void> {
  const store = parts.store()
  if (!store || movedTo === undefined) return
  const now = parts.clock.now()
  const to = parts.pseudonyms.group(channel.name, movedTo)
  const contact = { kind: 'group' as const, channel: channel.name, chatId: movedTo, title: chat.title }
  await inTransaction(
    store,
    async (tx) => {
      await renameGroup(tx, from, to, now)
      await moveTicketsOf(tx, from, to)
      for (const name of [from, to]) await parts.contacts.remember(tx, name, contact, now)
    },
    { durable: true },
  )
  for (const name of [from, to]) parts.groups.forget(name)
}

function welcome(
  channel: Channel,
  { chat, sentAt, replyHandle }: ChatChange,
  endpoint: string,
  { clock, delivery, metrics, operator }: MembershipParts,
): void {
  if (clock.now().getTime() - sentAt.getTime() > WELCOME_WITHIN_MS) return
  const text = chat.kind === 'group' ? welcomeGroup(operator, channel.mentionName) : welcomePerson(operator)
  const sender = { id: chat.id, bot: false }
  const tied = replyHandle === undefined ? {} : { inReplyTo: { messageId: '', replyHandle, sender } }
  const key = `welcome:${endpoint}:${sentAt.getTime()}`
  void delivery
    .deliver({ channel: channel.name, endpoint, chat, text, key, ...tied })
    .then(({ kind }) => metrics.sent(channel.name, 'welcome', kind, 0))
}
