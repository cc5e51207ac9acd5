import { and, asc, eq } from 'drizzle-orm'
import type { Channel } from '../channels/channel.ts'
import type { Contacts } from '../people/contacts.ts'
import type { Db } from '../store/db.ts'
import { delivery } from '../store/tables/delivery.ts'
import { routeOf } from './pump.ts'

const MOST_AT_ONCE = 20

/** Asks what became of tasks that wait for a member of staff, those first that were asked about longest ago. */
export async function checkTasks(
  db: Db,
  { channel, contacts, now }: { channel: Channel; contacts: Contacts; now: Date },
): Promise<void> {
  const rows = await db
    .select({ id: delivery.id, endpoint: delivery.endpoint, task: delivery.platformId })
    .from(delivery)
    .where(and(eq(delivery.channel, routeOf(channel)), eq(delivery.state, 'awaiting-human')))
    .orderBy(asc(delivery.updatedAt), asc(delivery.id))
    .limit(MOST_AT_ONCE)
  for (const { id, endpoint, task } of rows) {
    const contact = await contacts.find(db, endpoint)
    if (!contact || task === null || !channel.checkTask) continue
    const chat = { id: contact.chatId, kind: contact.kind === 'group' ? ('group' as const) : ('private' as const) }
    const result = await channel.checkTask(task, chat)
    const outcome =
      result === 'sent'
        ? { state: 'sent', reason: null }
        : result === 'failed'
          ? { state: 'dead', reason: 'refused' }
          : {}
    await db
      .update(delivery)
      .set({ ...outcome, updatedAt: now })
      .where(and(eq(delivery.id, id), eq(delivery.state, 'awaiting-human')))
  }
}
