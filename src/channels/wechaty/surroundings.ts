import type { z } from 'zod'
import type { Clock } from '../../base/clock.ts'
import type { Timers } from '../../base/timers.ts'
import type { Puppet } from './connect-puppet.ts'
import { contactPayloadSchema, linkPayloadSchema, memberPayloadSchema, roomPayloadSchema } from './payloads.ts'
import type { Surroundings } from './read-message.ts'
import { within } from './within.ts'

/** A name that is not known by then is done without. */
const ASK_MS = 3_000
const ALIAS_MS = 600_000
const MAX_ALIASES = 1_000

/** Asks the puppet. What it does not tell, tells wrongly or too late is left out. */
export function createSurroundings(
  puppet: Puppet,
  ourId: string,
  parts: { clock: Clock; timers: Timers; saidByUs(chatId: string, text: string): boolean },
): Surroundings {
  /** Puppets do not keep what members are called in a room. */
  const aliases = new Map<string, { alias: string; at: number }>()

  const ask = async <T extends z.ZodType>(schema: T, question: () => Promise<unknown>) => {
    try {
      const answer = schema.safeParse(await within(parts.timers, ASK_MS, question()))
      return answer.success ? answer.data : undefined
    } catch {
      return undefined
    }
  }
  const findContact = (id: string) => ask(contactPayloadSchema, () => puppet.contactPayload(id))
  const findMember = (roomId: string, id: string) =>
    ask(memberPayloadSchema, () => puppet.roomMemberPayload(roomId, id))
  const findRoom = (roomId: string) => ask(roomPayloadSchema, () => puppet.roomPayload(roomId))

  const findOurAlias = async (roomId: string): Promise<string> => {
    const now = parts.clock.now().getTime()
    const known = aliases.get(roomId)
    if (known && now - known.at < ALIAS_MS) return known.alias
    const alias = (await findMember(roomId, ourId))?.roomAlias ?? ''
    if (aliases.size >= MAX_ALIASES) aliases.clear()
    aliases.set(roomId, { alias, at: now })
    return alias
  }

  return {
    ourId,
    findContact,
    findTopic: async (roomId) => (await findRoom(roomId))?.topic || undefined,
    async findOurNames(roomId) {
      const name = (await findContact(ourId))?.name ?? ''
      const alias = roomId === undefined ? '' : await findOurAlias(roomId)
      return [name, alias].filter((known) => known !== '')
    },
    async findMemberNames(roomId) {
      const members = (await findRoom(roomId))?.memberIdList ?? []
      const names = members.filter((id) => id !== ourId).map((id) => findMember(roomId, id))
      return (await Promise.all(names)).flatMap((member) => (member ? [member.roomAlias, member.name] : []))
    },
    findLink: (messageId) => ask(linkPayloadSchema, () => puppet.messageUrl(messageId)),
    saidByUs: parts.saidByUs,
  }
}
