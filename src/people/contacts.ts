import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { and, eq, lt } from 'drizzle-orm'
import { z } from 'zod'
import type { Db } from '../store/db.ts'
import { contact } from '../store/tables/people.ts'
import { deriveKey } from './secret-key.ts'

/** Where somebody can be reached. */
export interface Contact {
  kind: 'person' | 'group'
  channel: string
  /** The platform's id of the chat. */
  chatId: string
  title?: string | undefined
}

const NONCE_BYTES = 12
const TAG_BYTES = 16
const sealedSchema = z.object({ chatId: z.string(), title: z.string().optional() })

/** The only table that knows platform ids, and keeps them encrypted. Functions take a db or a transaction. */
export interface Contacts {
  remember(db: Db, pseudonym: string, contact: Contact, at: Date): Promise<void>
  /** Undefined when unknown, or sealed with another key. */
  find(db: Db, pseudonym: string): Promise<Contact | undefined>
  /** Answers whether there was one. */
  forget(db: Db, pseudonym: string): Promise<boolean>
  /** Deletes people who were not seen since `before`; groups stay as long as we are in them. */
  forgetUnseen(db: Db, before: Date): Promise<number>
}

export function createContacts(secret: Buffer): Contacts {
  const key = deriveKey(secret, 'contacts')
  const seal = (pseudonym: string, plain: object) => {
    const nonce = randomBytes(NONCE_BYTES)
    const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(pseudonym))
    const sealed = Buffer.concat([cipher.update(JSON.stringify(plain), 'utf8'), cipher.final()])
    return Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString('base64url')
  }
  const unseal = (pseudonym: string, sealed: string) => {
    const bytes = Buffer.from(sealed, 'base64url')
    const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, NONCE_BYTES))
      .setAAD(Buffer.from(pseudonym))
      .setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES))
    const plain = Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES)), decipher.final()])
    return sealedSchema.parse(JSON.parse(plain.toString('utf8')))
  }
  return {
    async remember(db, pseudonym, { kind, channel, chatId, title }, at) {
      const sealed = seal(pseudonym, { chatId, title })
      await db
        .insert(contact)
        .values({ pseudonym, kind, channel, sealed, seenAt: at })
        .onConflictDoUpdate({ target: contact.pseudonym, set: { sealed, seenAt: at } })
    },
    async find(db, pseudonym) {
      const [row] = await db.select().from(contact).where(eq(contact.pseudonym, pseudonym))
      if (!row) return undefined
      try {
        return { kind: row.kind, channel: row.channel, ...unseal(pseudonym, row.sealed) }
      } catch {
        return undefined
      }
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
