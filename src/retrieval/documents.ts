import { createHash } from 'node:crypto'
import type { KnowledgeSnapshot } from '../knowledge/knowledge-base.ts'
import type { SearchDocument } from './search-index.ts'

/** By id what each document says, hashed; the same from one start to the next of one program. */
export function hashDocuments(documents: readonly SearchDocument[]): ReadonlyMap<string, string> {
  return new Map(
    documents.map((document) => [document.id, createHash('sha256').update(JSON.stringify(document)).digest('base64')]),
  )
}

/** What is searched of a snapshot: one document per card and rebuttal, one per unit of a plan text. Ids are `kind:slug`. */
export function toSearchDocuments({ items }: KnowledgeSnapshot): SearchDocument[] {
  const documents: SearchDocument[] = []
  for (const { slug, content } of items.card.values()) {
    documents.push({
      id: `card:${slug}`,
      kind: 'card',
      title: content.title,
      wordings: [...content.aliases, ...content.questions],
      body: [
        content.private.lead,
        ...content.private.steps,
        ...content.now,
        ...content.before,
        ...content.after,
        ...content.avoid.map(({ what, why }) => `${what}：${why}`),
        ...content.numbers.map(({ what, value }) => `${what}：${value}`),
        ...content.myths,
      ].join('\n'),
      ...validity(content),
    })
  }
  for (const { slug, content } of items.rebuttal.values()) {
    documents.push({
      id: `rebuttal:${slug}`,
      kind: 'rebuttal',
      title: content.claim,
      wordings: [content.claim, ...content.variants],
      body: [content.private.lead, ...content.facts, content.why ?? ''].join('\n'),
      ...validity(content),
    })
  }
  for (const { content } of items.plan.values()) {
    for (const unit of content.units) {
      documents.push({
        id: `plan:${unit.id}`,
        kind: 'plan',
        title: [content.shortTitle ?? content.title, ...unit.path].join(' '),
        wordings: [],
        body: unit.text,
        region: content.region,
      })
    }
  }
  return documents
}

function validity(content: { region?: string | undefined; validFrom?: string | undefined; validUntil: string }) {
  return {
    validUntil: content.validUntil,
    ...(content.region === undefined ? {} : { region: content.region }),
    ...(content.validFrom === undefined ? {} : { validFrom: content.validFrom }),
  }
}
