import { acceptanceFeatures, readConfidence } from '../acceptance.ts'
import type { AnalyzedQuery, Analyzer } from '../analysis.ts'
import { prepareQuery, type PreparedQuery } from '../prepared-text.ts'
import { rankScore } from '../ranking.ts'
import { explainMatch } from '../reasons.ts'
import type { DocumentKind, SearchDocument, SearchHit, SearchIndex, SearchQuery } from '../search-index.ts'
import { KindIndex, type Candidate, type SavedKind } from './kind-index.ts'

const KINDS: readonly DocumentKind[] = ['card', 'rebuttal', 'plan']
const CANDIDATES = 16
const DEFAULT_LIMIT = 10
/** Documents indexed between two chances for other work (about 10 ms). */
const SLICE = 100
const MIN_REMOVED = 500
/** With fewer stored questions a card answers exactly these; with as many, its topic. */
const MANY_QUESTIONS = 5
/** So short a query must nearly equal a stored wording: a long body holds any word. */
const BRIEF_SIGNS = 4

export type SavedIndex = ReadonlyMap<DocumentKind, SavedKind>

export interface RankedCandidate extends Candidate {
  score: number
  /** Lead over the best other candidate ÷ own score, -1…1. */
  margin: number
  /** The query is a word or two. */
  brief: boolean
}

/** The search engine inside the process: no network. Built from the documents at start, or restored by index-file.ts. */
export class EmbeddedSearchIndex implements SearchIndex {
  readonly #analyzer: Analyzer
  readonly #indexes: Map<DocumentKind, KindIndex>
  readonly #rebuilds = new Map<DocumentKind, Set<string>>()

  constructor(analyzer: Analyzer) {
    this.#analyzer = analyzer
    this.#indexes = new Map(KINDS.map((kind) => [kind, new KindIndex(kind, analyzer)]))
  }

  get size(): number {
    let size = 0
    for (const index of this.#indexes.values()) size += index.size
    return size
  }

  async upsert(documents: SearchDocument[]): Promise<void> {
    let inSlice = 0
    for (const document of documents) {
      if (++inSlice % SLICE === 0) await new Promise<void>((resolve) => setImmediate(resolve))
      // An id is unique over all kinds.
      for (const [kind, index] of this.#indexes) {
        if (kind !== document.kind) index.remove(document.id)
        this.#rebuilds.get(kind)?.add(document.id)
      }
      this.#indexOf(document.kind).upsert(document)
    }
    this.#rebuildWhereWorn()
  }

  async remove(ids: string[]): Promise<void> {
    for (const id of ids) {
      for (const [kind, index] of this.#indexes) {
        index.remove(id)
        this.#rebuilds.get(kind)?.add(id)
      }
    }
    this.#rebuildWhereWorn()
  }

  /** What was worked out of the documents. It is not a copy: to be written down before the index changes. */
  save(): SavedIndex {
    return new Map(Array.from(this.#indexes, ([kind, index]) => [kind, index.save()]))
  }

  /** Puts what was saved in the place of everything; documents that `find` does not have are left out. */
  restore(saved: SavedIndex, find: (id: string) => SearchDocument | undefined): void {
    const restored = KINDS.map((kind) => {
      const own = saved.get(kind)
      return [
        kind,
        own ? KindIndex.restore(kind, this.#analyzer, own, find) : new KindIndex(kind, this.#analyzer),
      ] as const
    })
    for (const [kind, index] of restored) this.#indexes.set(kind, index)
  }

  async search(query: SearchQuery): Promise<SearchHit[]> {
    const limit = query.limit ?? DEFAULT_LIMIT
    const lists = (query.kinds ?? KINDS).map((kind) => this.#searchKind(kind, query, limit))
    return mergeByConfidence(lists).slice(0, limit)
  }

  /** The candidates of one kind with everything that acceptance is fitted on, best first. */
  rank(
    kind: DocumentKind,
    query: SearchQuery,
  ): { candidates: RankedCandidate[]; analyzed: AnalyzedQuery; prepared: PreparedQuery } {
    const index = this.#indexOf(kind)
    const analyzed = this.#analyzer.analyzeQuery(query.text, (first, second) => index.occurs(first, second))
    const prepared = prepareQuery(analyzed, index.table)
    const brief = analyzed.text.length <= BRIEF_SIGNS
    const ranked = index
      .findCandidates(prepared, (document) => isAllowed(document, query), CANDIDATES)
      .map(({ document, features, wording }) => {
        const score = rankScore(kind, features)
        return { document, features, wording, score, margin: 0, brief }
      })
      .sort((a, b) => b.score - a.score)
    ranked.forEach((candidate, i) => {
      const rival = ranked[i === 0 ? 1 : 0]?.score ?? 0
      candidate.margin = Math.max(
        -1,
        Math.min(1, (candidate.score - rival) / Math.max(Math.abs(candidate.score), 1e-9)),
      )
    })
    return { candidates: ranked, analyzed, prepared }
  }

  #searchKind(kind: DocumentKind, query: SearchQuery, limit: number): SearchHit[] {
    const { candidates, analyzed, prepared } = this.rank(kind, query)
    return candidates.slice(0, limit).map((candidate) => ({
      id: candidate.document.id,
      kind,
      score: candidate.score,
      confidence: candidateConfidence(kind, candidate),
      wording: candidate.wording?.source ?? candidate.document.title,
      reasons: explainMatch(candidate, analyzed, prepared),
    }))
  }

  #indexOf(kind: DocumentKind): KindIndex {
    const index = this.#indexes.get(kind)
    if (!index) throw new Error(`no index for ${kind}`)
    return index
  }

  #rebuildWhereWorn(): void {
    for (const [kind, index] of this.#indexes) {
      if (index.removedEntries > Math.max(MIN_REMOVED, index.size) && !this.#rebuilds.has(kind))
        void this.#rebuild(kind)
    }
  }

  /** Copies a kind into a fresh index, slice by slice, while the worn one goes on answering. */
  async #rebuild(kind: DocumentKind): Promise<void> {
    const touched = new Set<string>()
    this.#rebuilds.set(kind, touched)
    const worn = this.#indexOf(kind)
    const fresh = new KindIndex(kind, this.#analyzer)
    let inSlice = 0
    for (const document of worn.documents()) {
      if (worn.find(document.id) === document) fresh.upsert(document)
      if (++inSlice % SLICE === 0) await new Promise<void>((resolve) => setImmediate(resolve))
    }
    for (const id of touched) {
      const document = worn.find(id)
      if (document) fresh.upsert(document)
      else fresh.remove(id)
    }
    this.#indexes.set(kind, fresh)
    this.#rebuilds.delete(kind)
  }
}

/** Calibrated acceptance of one candidate of a kind. */
export function candidateConfidence(kind: DocumentKind, candidate: RankedCandidate): number {
  const features = acceptanceFeatures(kind, candidate.features, candidate.margin)
  if (kind === 'rebuttal') return readConfidence('rebuttal', features)
  if (kind === 'plan') return readConfidence('plan', features)
  // A body may hold any word: it speaks for a card only where nobody has stored how people ask for it.
  if (!candidate.wording) return readConfidence('cardByBody', features)
  const exact = candidate.brief || candidate.document.wordings.length < MANY_QUESTIONS
  return readConfidence(exact ? 'cardByQuestion' : 'cardByQuestions', features)
}

function isAllowed(document: SearchDocument, query: SearchQuery): boolean {
  if (query.regions && document.region !== undefined && !query.regions.includes(document.region)) return false
  if (query.on === undefined) return true
  // ISO dates compare as text.
  if (document.validFrom !== undefined && query.on < document.validFrom) return false
  return document.validUntil === undefined || query.on <= document.validUntil
}

/** Keeps the order inside each list; the list whose next hit is most certain goes first. */
function mergeByConfidence(lists: SearchHit[][]): SearchHit[] {
  if (lists.length === 1) return lists[0] ?? []
  const queues = lists.map((list) => [...list])
  const merged: SearchHit[] = []
  for (;;) {
    let best: SearchHit[] | undefined
    for (const queue of queues) {
      const head = queue[0]
      if (head && (!best?.[0] || head.confidence > best[0].confidence)) best = queue
    }
    const next = best?.shift()
    if (!next) return merged
    merged.push(next)
  }
}
