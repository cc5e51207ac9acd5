import { and, eq, inArray, sql } from 'drizzle-orm'
import type { Logger } from '../base/log.ts'
import type { Db } from '../store/db.ts'
import { knowledgeItem, knowledgeVersion } from '../store/tables/knowledge.ts'
import { CONTENT_SCHEMAS, formatNumber, type ItemKind, type Published } from './item.ts'
import type { KnowledgeSnapshot } from './knowledge-base.ts'

export type AnyPublished = { [Kind in ItemKind]: Published<Kind> }[ItemKind]

/**
 * Every version that is published and has the review the deployment asks for. Validity dates are not looked at here:
 * they are asked for with each question. Content that no longer fits its schema is left out and logged, never half read.
 */
export async function readPublished(
  db: Db,
  options: { requireReview: 'source-checked' | 'expert-approved'; log: Logger },
): Promise<AnyPublished[]> {
  const reviews =
    options.requireReview === 'expert-approved' ? ['expert-approved'] : ['source-checked', 'expert-approved']
  const rows = await db
    .select({
      kind: knowledgeVersion.kind,
      slug: knowledgeVersion.slug,
      number: knowledgeItem.number,
      version: knowledgeVersion.version,
      origin: knowledgeVersion.origin,
      content: knowledgeVersion.content,
    })
    .from(knowledgeVersion)
    .innerJoin(
      knowledgeItem,
      and(eq(knowledgeItem.kind, knowledgeVersion.kind), eq(knowledgeItem.slug, knowledgeVersion.slug)),
    )
    .where(
      and(
        eq(knowledgeVersion.state, 'published'),
        sql`(${inArray(knowledgeVersion.review, reviews)} or ${knowledgeVersion.kind} in ('plan', 'hotline', 'life-threat'))`,
      ),
    )
    .orderBy(knowledgeVersion.kind, knowledgeItem.number)
  const published: AnyPublished[] = []
  for (const row of rows) {
    const schema = CONTENT_SCHEMAS[row.kind as ItemKind]
    const content = schema?.safeParse(row.content)
    if (!content?.success) {
      options.log.error(
        { kind: row.kind, slug: row.slug, issues: content?.error.issues },
        'stored content does not fit its schema',
      )
      continue
    }
    const kind = row.kind as ItemKind
    published.push({ ...row, kind, number: formatNumber(kind, row.number), content: content.data } as AnyPublished)
  }
  return published
}

/** The snapshot that holds exactly these items. */
export function buildSnapshot(published: readonly AnyPublished[]): KnowledgeSnapshot {
  const pick = <Kind extends ItemKind>(kind: Kind) =>
    new Map(
      published
        .filter((item): item is AnyPublished & Published<Kind> => item.kind === kind)
        .map((item) => [item.slug, item]),
    )
  return {
    items: {
      card: pick('card'),
      'life-threat': pick('life-threat'),
      rebuttal: pick('rebuttal'),
      plan: pick('plan'),
      hotline: pick('hotline'),
      'calendar-day': pick('calendar-day'),
      'quiz-question': pick('quiz-question'),
    },
    complete: true,
  }
}

/** A mark that differs whenever a version was added or changed its state. */
export async function readRevision(db: Db): Promise<string> {
  const [row] = await db
    .select({
      revision: sql<string>`concat_ws('/', count(*), max(${knowledgeVersion.createdAt}), max(${knowledgeVersion.publishedAt}), max(${knowledgeVersion.endedAt}), count(*) filter (where ${knowledgeVersion.state} = 'published'))`,
    })
    .from(knowledgeVersion)
  return row?.revision ?? ''
}
