import type { ItemKind, Published } from './item.ts'

/** Every published item at one moment. Immutable: a change makes a new snapshot, so that an answer sees one state. */
export interface KnowledgeSnapshot {
  readonly items: { readonly [Kind in ItemKind]: ReadonlyMap<string, Published<Kind>> }
  /** False while only the texts that need no store are there. */
  readonly complete: boolean
}

export function emptySnapshot(): KnowledgeSnapshot {
  return {
    items: {
      card: new Map(),
      'life-threat': new Map(),
      rebuttal: new Map(),
      plan: new Map(),
      hotline: new Map(),
      'calendar-day': new Map(),
      'quiz-question': new Map(),
    },
    complete: false,
  }
}

/** Hotlines that may be shown: those with a source that was read; the nearest region's and the lowest order first. */
export function listHotlines(snapshot: KnowledgeSnapshot, regions: readonly string[]): Published<'hotline'>[] {
  return [...snapshot.items.hotline.values()]
    .filter(({ content }) => content.verifiedOn !== undefined && content.source !== undefined)
    .filter(({ content }) => content.region === undefined || regions.includes(content.region))
    .sort((a, b) => a.content.order - b.content.order)
}
