import { and, eq } from 'drizzle-orm'
import type { Db } from '../store/db.ts'
import { delivery } from '../store/tables/delivery.ts'

/** Whether a reply of this name was ever handed over for the chat; rows of replies are kept for a day. */
export async function findReply(db: Db, version: string, endpoint: string): Promise<boolean> {
  const rows = await db
    .select({ id: delivery.id })
    .from(delivery)
    .where(and(eq(delivery.version, version), eq(delivery.endpoint, endpoint)))
  return rows.length > 0
}

/** Deletes the words and addresses of replies to a chat that have left or never will. */
export async function forgetReplies(tx: Db, endpoint: string): Promise<void> {
  await tx
    .update(delivery)
    .set({ sealed: null })
    .where(and(eq(delivery.endpoint, endpoint), eq(delivery.state, 'sent')))
}
