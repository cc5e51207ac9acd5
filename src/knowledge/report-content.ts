import { AUDIENCES, type Source } from './fields.ts'
import type { ItemKind, SeedItem } from './item.ts'

/** Law text, official page, standard, guideline and journal before media; what was read at the issuer before copies. */
export const SOURCE_GRADES = ['A', 'B', 'C'] as const
export type SourceGrade = (typeof SOURCE_GRADES)[number]

export interface TopicCoverage {
  topic: string
  title: string
  audiences: string[]
  lifeThreat: boolean
  rebuttals: number
  /** How many of the card's sources have each grade. */
  sources: Record<SourceGrade, number>
}

export interface ContentReport {
  /** Published and draft items of each kind. */
  counts: { kind: ItemKind; published: number; drafts: number }[]
  topics: TopicCoverage[]
  /** Cards, of all, that have a text for each audience. */
  audiences: { audience: string; cards: number; of: number }[]
  sources: Record<SourceGrade, number>
  /** Texts that no expert has approved, those of medicine first. */
  awaitingExpert: { kind: ItemKind; slug: string; medical: boolean }[]
  expiring: { kind: ItemKind; slug: string; validUntil: string }[]
  drafts: { kind: ItemKind; slug: string; missing: string }[]
}

/** What an editor has to know of all content; `until` is the last day that still counts as soon, `YYYY-MM-DD`. */
export function reportContent(items: readonly SeedItem[], until: string): ContentReport {
  const reviewed = items.flatMap((item) => ('review' in item.content ? [{ ...item, content: item.content }] : []))
  const isDraft = (item: (typeof reviewed)[number]) => item.content.review === 'draft'
  const published = reviewed.filter((item) => !isDraft(item))
  const cards = items.flatMap((item) => (item.kind === 'card' && item.content.review !== 'draft' ? [item.content] : []))
  const topics = cards.map((card): TopicCoverage => {
    const about = published.filter(({ content }) => 'topic' in content && content.topic === card.topic)
    return {
      topic: card.topic,
      title: card.title,
      audiences: ['resident', ...Object.keys(card.variants)],
      lifeThreat: about.some(({ kind }) => kind === 'life-threat'),
      rebuttals: about.filter(({ kind }) => kind === 'rebuttal').length,
      sources: countGrades(card.sources),
    }
  })
  const kinds = [...new Set(items.map(({ kind }) => kind))]
  return {
    counts: kinds.map((kind) => {
      const own = items.filter((item) => item.kind === kind)
      const drafts = reviewed.filter((item) => item.kind === kind && isDraft(item)).length
      return { kind, published: own.length - drafts, drafts }
    }),
    topics,
    audiences: AUDIENCES.map((audience) => ({
      audience,
      cards: topics.filter(({ audiences }) => audiences.includes(audience)).length,
      of: topics.length,
    })),
    sources: countGrades(published.flatMap(({ content }) => ('sources' in content ? content.sources : []))),
    awaitingExpert: published
      .filter(({ content }) => content.review !== 'expert-approved')
      .map(({ kind, slug, content }) => ({ kind, slug, medical: 'medical' in content && content.medical }))
      .sort((a, b) => Number(b.medical) - Number(a.medical)),
    expiring: published
      .flatMap(({ kind, slug, content }) =>
        'validUntil' in content && content.validUntil <= until ? [{ kind, slug, validUntil: content.validUntil }] : [],
      )
      .sort((a, b) => a.validUntil.localeCompare(b.validUntil)),
    drafts: reviewed.filter(isDraft).map(({ kind, slug, content }) => ({
      kind,
      slug,
      missing: 'missing' in content ? (content.missing ?? '') : '',
    })),
  }
}

/** A: law, standard, official page, guideline or journal, read at its issuer; B: the same read in a copy; C: media. */
export function gradeSource({ kind, read }: Source): SourceGrade {
  if (kind === 'media') return 'C'
  return read === 'issuer' ? 'A' : 'B'
}

function countGrades(sources: readonly Source[]): Record<SourceGrade, number> {
  const counts = { A: 0, B: 0, C: 0 }
  for (const source of sources) counts[gradeSource(source)]++
  return counts
}
