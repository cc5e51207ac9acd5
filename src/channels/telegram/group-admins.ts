import type { Clock } from '../../base/clock.ts'
import type { Chat } from '../channel.ts'
import { ANONYMOUS_ADMIN_ID } from './read-update.ts'

const REMEMBER_MS = 60_000
const MAX_REMEMBERED = 1000

/** Who runs a group, remembered for a minute. Where Telegram does not say it, nobody does. */
export function createGroupAdmins(
  clock: Clock,
  askStatus: (chatId: number, userId: number) => Promise<string>,
): (chat: Chat, senderId: string) => Promise<boolean> {
  const remembered = new Map<string, { admin: boolean; at: number }>()
  return async (chat, senderId) => {
    if (chat.kind !== 'group') return false
    if (senderId === ANONYMOUS_ADMIN_ID) return true
    const chatId = Number(chat.id)
    const userId = Number(senderId)
    // A negative id is a channel that writes in the group.
    if (!Number.isSafeInteger(chatId) || !Number.isSafeInteger(userId) || userId <= 0) return false
    const key = `${chatId} ${userId}`
    const now = clock.now().getTime()
    const before = remembered.get(key)
    if (before && now - before.at < REMEMBER_MS) return before.admin
    remembered.delete(key)
    try {
      const status = await askStatus(chatId, userId)
      const admin = status === 'creator' || status === 'administrator'
      remembered.set(key, { admin, at: now })
      const oldest = remembered.keys().next().value
      if (remembered.size > MAX_REMEMBERED && oldest !== undefined) remembered.delete(oldest)
      return admin
    } catch {
      return false
    }
  }
}
