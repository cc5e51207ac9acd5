import { eq } from 'drizzle-orm'
import { audienceSchema, type Audience } from '../knowledge/fields.ts'
import type { Db } from '../store/db.ts'
import { resident } from '../store/tables/people.ts'

/** What a resident has told about themselves. */
export interface Resident {
  audience: Audience
  /** GB/T 2260 code. */
  region: string | undefined
}

export async function findResident(db: Db, pseudonym: string): Promise<Resident | undefined> {
  const [row] = await db.select().from(resident).where(eq(resident.pseudonym, pseudonym))
  return row && { audience: audienceSchema.catch('resident').parse(row.audience), region: row.region ?? undefined }
}

export async function saveResident(db: Db, pseudonym: string, { audience, region }: Resident, at: Date): Promise<void> {
  const values = { audience, region: region ?? null, updatedAt: at }
  await db
    .insert(resident)
    .values({ pseudonym, ...values })
    .onConflictDoUpdate({ target: resident.pseudonym, set: values })
}

/** Answers whether there was anything. */
export async function forgetResident(db: Db, pseudonym: string): Promise<boolean> {
  const gone = await db.delete(resident).where(eq(resident.pseudonym, pseudonym)).returning({ id: resident.pseudonym })
  return gone.length > 0
}
