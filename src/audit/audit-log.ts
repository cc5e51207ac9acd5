import { createHash } from 'node:crypto'

import { asc, desc, gt, sql } from 'drizzle-orm'

import type { Db } from '../store/db.ts'
import { auditEntry } from '../store/tables/audit.ts'
import { canonicalJson } from './canonical-json.ts'

export interface AuditAct {
  at: Date
  /** Pseudonym or staff id, never a platform id. */
  actor: string
  act: string
  subject: string
  /** Plain JSON data. */
  detail: Record<string, unknown>
}

export type AuditVerdict = { ok: true; count: number } | { ok: false; seq: number; why: string }

type AuditEntry = typeof auditEntry.$inferSelect

const firstPreviousHash = '0'.repeat(64)
/** Any number that no other advisory lock of ours uses. */
const appendLock = 0x61756469

/** Appends one act to the chain and returns its number. Writers wait for each other until their transaction ends. */
export async function appendAudit(tx: Db, act: AuditAct): Promise<number> {
  await tx.execute(sql`select pg_advisory_xact_lock(${appendLock})`)
  const [last] = await tx.select().from(auditEntry).orderBy(desc(auditEntry.seq)).limit(1)
  const detail: unknown = JSON.parse(canonicalJson(act.detail))
  const entry = { ...act, detail, seq: (last?.seq ?? 0) + 1, previousHash: last?.hash ?? firstPreviousHash }
  await tx.insert(auditEntry).values({ ...entry, hash: hashEntry(entry) })
  return entry.seq
}

/** Recomputes the whole chain. A cut tail cannot be seen from inside: compare `count` with one noted elsewhere. */
export async function verifyAudit(db: Db): Promise<AuditVerdict> {
  let previousHash = firstPreviousHash
  let count = 0
  for (;;) {
    const entries = await db
      .select()
      .from(auditEntry)
      .where(gt(auditEntry.seq, count))
      .orderBy(asc(auditEntry.seq))
      .limit(1000)
    for (const entry of entries) {
      const why = findFault(entry, count + 1, previousHash)
      if (why !== undefined) return { ok: false, seq: count + 1, why }
      previousHash = entry.hash
      count++
    }
    if (entries.length < 1000) return { ok: true, count }
  }
}

function findFault(entry: AuditEntry, seq: number, previousHash: string): string | undefined {
  if (entry.seq !== seq) return 'the entry is missing'
  if (entry.previousHash !== previousHash) return 'the entry does not follow the one before it'
  if (entry.hash !== hashEntry(entry)) return 'the entry was changed'
  return undefined
}

function hashEntry(entry: Omit<AuditEntry, 'hash'>): string {
  const { seq, at, actor, act, subject, detail, previousHash } = entry
  const text = canonicalJson({ seq, at: at.toISOString(), actor, act, subject, detail, previousHash })
  return createHash('sha256').update(text).digest('hex')
}
