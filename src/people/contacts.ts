import { and, eq, inArray, lt } from 'drizzle-orm'
import { z } from 'zod'
import type { Db } from '../store/db.ts'
import { contact } from '../store/tables/people.ts'
import { createSealer } from './sealer.ts'

/** Where somebody can be reached. */
export interface Contact {
  kind: 'person' | 'group'
  channel: string
  /** The platform's id of the chat. */
  chatId: string
  title?: string | undefined
}

const sealedSchema = z.object({ chatId: z.string(), title: z.string().optional() })

/** The only table that knows platform ids, and keeps them encrypted. Functions take a db or a transaction. */
export interface Contacts {
  remember(db: Db, pseudonym: string, contact: Contact, at: Date): Promise<void>
  /** Those that are known; one that was sealed with another key is not. */
  findAll(db: Db, pseudonyms: readonly string[]): Promise<ReadonlyMap<string, Contact>>
  find(db: Db, pseudonym: string): Promise<Contact | undefined>
  /** Answers whether there was one. */
  forget(db: Db, pseudonym: string): Promise<boolean>
  /** Deletes people who were not seen since `before`; groups stay as long as we are in them. */
  forgetUnseen(db: Db, before: Date): Promise<number>
}

export function createContacts(secret: Buffer): Contacts {
  const sealer = createSealer(secret, 'contacts')
  const findAll: Contacts['findAll'] = async (db, pseudonyms) => {
    if (pseudonyms.length === 0) return new Map()
    const rows = await db
      .select()
      .from(contact)
      .where(inArray(contact.pseudonym, [...pseudonyms]))
    const found = new Map<string, Contact>()
    for (const { pseudonym, kind, channel, sealed } of rows) {
      const plain = sealedSchema.safeParse(sealer.unseal(pseudonym, sealed))
      if (plain.success) found.set(pseudonym, { kind, channel, ...plain.data })
    }
    return found
  }
  return {
    findAll,
    find: async (db, pseudonym) => (await findAll(db, [pseudonym])).get(pseudonym),
    async remember(db, pseudonym, { kind, channel, chatId, title }, at) {
      const sealed = sealer.seal(pseudonym, { chatId, title })
      await db
        .insert(contact)
        .values({ pseudonym, kind, channel, sealed, seenAt: at })
        .onConflictDoUpdate({ target: contact.pseudonym, set: { sealed, seenAt: at } })
    },
    async forget(db, pseudonym) {
      const gone = await db.delete(contact).where(eq(contact.pseudonym, pseudonym)).returning({ id: contact.pseudonym })
      return gone.length > 0
    },
    async forgetUnseen(db, before) {
      const gone = await db
        .delete(contact)
        .where(and(eq(contact.kind, 'person'), lt(contact.seenAt, before)))
        .returning({ id: contact.pseudonym })
      return gone.length
    },
  }
}
