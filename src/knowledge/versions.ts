import { randomUUID } from 'node:crypto'
import { and, eq, max, sql } from 'drizzle-orm'
import { appendAudit } from '../audit/audit-log.ts'
import type { Clock } from '../base/clock.ts'
import { AppError } from '../base/errors.ts'
import type { Db } from '../store/db.ts'
import type { Store } from '../store/store.ts'
import { knowledgeItem, knowledgeSeedLoad, knowledgeVersion } from '../store/tables/knowledge.ts'
import { inTransaction } from '../store/transaction.ts'
import { hashContent, type ItemKind, type SeedItem } from './item.ts'
import type { Seeds } from './read-seeds.ts'

/** Told after commit which items answer differently from now on. */
export type KnowledgeChanged = (changes: { kind: ItemKind; slug: string }[]) => void | Promise<void>

interface Parts {
  store: Store
  clock: Clock
  changed: KnowledgeChanged
}

export interface SeedReport {
  added: number
  updated: number
  unchanged: number
  drafts: number
  /** Newer shipped versions that wait because a local version or withdrawal wins. */
  proposals: number
  withdrawn: number
}

const FOREVER = '9999-12-31'

/** The mark under which the seed files were loaded last; undefined when they never were without a problem. */
export async function readSeedMark(db: Db): Promise<string | undefined> {
  const [row] = await db.select().from(knowledgeSeedLoad)
  return row?.fingerprint
}

/**
 * Brings the shipped items into the store, and notes `mark` as what was loaded. Running it again with the same files changes nothing. A local version or
 * withdrawal always wins: a newer shipped version then becomes a proposal. A shipped item that is no longer among
 * the files of a kind that was read whole is withdrawn.
 */
export async function loadSeeds(parts: Parts, seeds: Seeds, mark?: string): Promise<SeedReport> {
  const report: SeedReport = { added: 0, updated: 0, unchanged: 0, drafts: 0, proposals: 0, withdrawn: 0 }
  await inTransaction(
    parts.store,
    async (tx, afterCommit) => {
      // One loader at a time, also where several processes start together.
      await tx.execute(sql`select pg_advisory_xact_lock(20260001)`)
      const stored = await readVersionHeads(tx)
      const changes: { kind: ItemKind; slug: string }[] = []
      for (const item of seeds.items) {
        const outcome = await loadSeed(tx, item, stored.get(`${item.kind}:${item.slug}`) ?? [], parts.clock.now())
        report[outcome]++
        if (outcome === 'added' || outcome === 'updated') changes.push({ kind: item.kind, slug: item.slug })
      }
      const shipped = new Set(seeds.items.map((item) => `${item.kind}:${item.slug}`))
      for (const [key, heads] of stored) {
        const published = heads.find((head) => head.state === 'published' && head.origin === 'shipped')
        if (!published || shipped.has(key) || !seeds.wholeKinds.includes(published.kind)) continue
        await endVersion(tx, published.id, 'withdrawn', 'no longer shipped', parts.clock.now())
        report.withdrawn++
        changes.push({ kind: published.kind, slug: published.slug })
      }
      await noteSeedMark(tx, mark, parts.clock.now())
      if (changes.length > 0) {
        await appendAudit(tx, {
          at: parts.clock.now(),
          actor: 'system',
          act: 'seeds-loaded',
          subject: 'knowledge',
          detail: { ...report },
        })
        afterCommit(() => parts.changed(changes))
      }
    },
    { durable: true },
  )
  return report
}

async function noteSeedMark(tx: Db, mark: string | undefined, now: Date): Promise<void> {
  await tx.delete(knowledgeSeedLoad)
  if (mark === undefined) return
  await tx.insert(knowledgeSeedLoad).values({ name: 'shipped', fingerprint: mark, loadedAt: now })
}

interface VersionHead {
  id: string
  kind: ItemKind
  slug: string
  version: number
  origin: 'shipped' | 'local'
  state: 'draft' | 'proposal' | 'published' | 'superseded' | 'withdrawn'
  contentHash: string
  reason: string | null
}

async function readVersionHeads(tx: Db): Promise<Map<string, VersionHead[]>> {
  const rows = await tx
    .select({
      id: knowledgeVersion.id,
      kind: knowledgeVersion.kind,
      slug: knowledgeVersion.slug,
      version: knowledgeVersion.version,
      origin: knowledgeVersion.origin,
      state: knowledgeVersion.state,
      contentHash: knowledgeVersion.contentHash,
      reason: knowledgeVersion.reason,
    })
    .from(knowledgeVersion)
    .orderBy(knowledgeVersion.version)
  const heads = new Map<string, VersionHead[]>()
  for (const row of rows) {
    // The column is plain text so that a kind can be added without a migration; only this module writes it.
    const head = row as VersionHead
    const key = `${head.kind}:${head.slug}`
    heads.set(key, [...(heads.get(key) ?? []), head])
  }
  return heads
}

async function loadSeed(
  tx: Db,
  item: SeedItem,
  heads: VersionHead[],
  now: Date,
): Promise<'added' | 'updated' | 'unchanged' | 'drafts' | 'proposals'> {
  const newest = heads.findLast((head) => head.origin === 'shipped')
  const takenOut = newest?.state === 'withdrawn' && newest.reason === 'no longer shipped'
  if (newest?.contentHash === hashContent(item.content) && !takenOut) return 'unchanged'
  if (heads.length === 0) await insertItem(tx, item, now)
  const version = (heads.at(-1)?.version ?? 0) + 1
  const row = { origin: 'shipped', version, now } as const
  if ('review' in item.content && item.content.review === 'draft') {
    const published = heads.find((head) => head.state === 'published' && head.origin === 'shipped')
    if (published) await endVersion(tx, published.id, 'withdrawn', 'shipped again as a draft', now)
    await insertVersion(tx, item, { ...row, state: 'draft' })
    return published ? 'updated' : 'drafts'
  }
  const localWins = heads.some(
    (head) =>
      (head.origin === 'local' && head.state === 'published') ||
      (head.state === 'withdrawn' && head.reason !== 'no longer shipped' && head.reason !== 'shipped again as a draft'),
  )
  if (localWins) {
    await insertVersion(tx, item, { ...row, state: 'proposal' })
    return 'proposals'
  }
  const published = heads.find((head) => head.state === 'published')
  if (published) await endVersion(tx, published.id, 'superseded', null, now)
  await insertVersion(tx, item, { ...row, state: 'published' })
  return published ? 'updated' : 'added'
}

async function insertItem(tx: Db, { kind, slug }: SeedItem, now: Date): Promise<void> {
  const [last] = await tx
    .select({ number: max(knowledgeItem.number) })
    .from(knowledgeItem)
    .where(eq(knowledgeItem.kind, kind))
  await tx.insert(knowledgeItem).values({ kind, slug, number: (last?.number ?? 0) + 1, createdAt: now })
}

async function insertVersion(
  tx: Db,
  { kind, slug, content }: SeedItem,
  row: { origin: 'shipped' | 'local'; version: number; state: VersionHead['state']; now: Date },
): Promise<void> {
  await tx.insert(knowledgeVersion).values({
    id: randomUUID(),
    kind,
    slug,
    version: row.version,
    origin: row.origin,
    state: row.state,
    content,
    contentHash: hashContent(content),
    review: 'review' in content ? content.review : 'source-checked',
    region: content.region ?? null,
    validFrom: 'validFrom' in content ? (content.validFrom ?? null) : null,
    validUntil: 'validUntil' in content ? content.validUntil : FOREVER,
    createdAt: row.now,
    publishedAt: row.state === 'published' ? row.now : null,
  })
}

async function endVersion(
  tx: Db,
  id: string,
  state: 'superseded' | 'withdrawn',
  reason: string | null,
  now: Date,
): Promise<void> {
  await tx.update(knowledgeVersion).set({ state, reason, endedAt: now }).where(eq(knowledgeVersion.id, id))
}

/** Stores an item as a local draft, e.g. from an import. Drafts never answer; publishing one takes two people. */
export async function saveLocalDraft(
  parts: Omit<Parts, 'changed'>,
  item: SeedItem,
  actor: string,
): Promise<'added' | 'unchanged'> {
  return inTransaction(parts.store, async (tx) => {
    await tx.execute(sql`select pg_advisory_xact_lock(20260001)`)
    const heads = (await readVersionHeads(tx)).get(`${item.kind}:${item.slug}`) ?? []
    if (heads.some((head) => head.contentHash === hashContent(item.content) && head.state !== 'withdrawn'))
      return 'unchanged'
    const now = parts.clock.now()
    if (heads.length === 0) await insertItem(tx, item, now)
    await insertVersion(tx, item, { origin: 'local', version: (heads.at(-1)?.version ?? 0) + 1, state: 'draft', now })
    await appendAudit(tx, { at: now, actor, act: 'draft-saved', subject: `${item.kind}:${item.slug}`, detail: {} })
    return 'added'
  })
}

/**
 * Takes the published version of an item out of answering, with the reason. A shipped update cannot bring it back.
 * @throws AppError `not-published`
 */
export async function withdrawItem(
  parts: Parts,
  item: { kind: ItemKind; slug: string },
  by: { actor: string; reason: string },
): Promise<void> {
  await inTransaction(
    parts.store,
    async (tx, afterCommit) => {
      const now = parts.clock.now()
      const ended = await tx
        .update(knowledgeVersion)
        .set({ state: 'withdrawn', reason: by.reason, endedAt: now })
        .where(
          and(
            eq(knowledgeVersion.kind, item.kind),
            eq(knowledgeVersion.slug, item.slug),
            eq(knowledgeVersion.state, 'published'),
          ),
        )
        .returning({ id: knowledgeVersion.id })
      if (ended.length === 0) throw new AppError('not-published', `${item.kind} ${item.slug} is not published`)
      await appendAudit(tx, {
        at: now,
        actor: by.actor,
        act: 'item-withdrawn',
        subject: `${item.kind}:${item.slug}`,
        detail: { reason: by.reason },
      })
      afterCommit(() => parts.changed([item]))
    },
    { durable: true },
  )
}
