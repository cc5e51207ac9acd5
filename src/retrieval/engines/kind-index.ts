import type { AnalyzedText, Analyzer } from '../analysis.ts'
import type { MatchFeatures } from '../match-features.ts'
import { collectTerms, prepareWording, type PreparedQuery, type PreparedWording } from '../prepared-text.ts'
import { createTermScratch, QueryMatcher, type TermScratch } from '../query-matcher.ts'
import { packDocuments, unpackDocuments, type PackedDocuments, type StoredDocument } from './packed-documents.ts'
import { FIELD_WEIGHTS, packCounts, saturate } from '../bm25.ts'
import { grown, Postings, type SavedPostings } from '../postings.ts'
import type { DocumentKind, SearchDocument } from '../search-index.ts'
import { TermTable, visitTerms, type SavedTerms } from '../term-table.ts'

/** Postings read for one query, at most: the commonest terms of a long text are left to the close comparison. */
const POSTINGS_BUDGET = 15_000
/** A smaller collection counts as this large: a term that one of three documents holds is not thereby a common one. */
const SMALLEST_COLLECTION = 100

/** All that a kind has worked out of its documents, without their own texts. */
export interface SavedKind {
  table: SavedTerms
  postings: SavedPostings
  documents: PackedDocuments
  documentFrequency: Int32Array<ArrayBuffer>
  wordingFrequency: Int32Array<ArrayBuffer>
  totals: [title: number, wordings: number, body: number]
}

export interface Candidate {
  document: SearchDocument
  features: MatchFeatures
  wording: PreparedWording | undefined
}

/** All documents of one kind: postings for finding candidates, prepared texts for comparing them closely. */
export class KindIndex {
  readonly #kind: DocumentKind
  readonly #analyzer: Analyzer
  table = new TermTable()
  #postings = new Postings()
  readonly #numbers = new Map<string, number>()
  readonly #documents: (StoredDocument | undefined)[] = []
  #documentFrequency = new Int32Array(1 << 10)
  #wordingFrequency = new Int32Array(1 << 10)
  /** By term: the counting in which a wording held it last, so that a document counts once. */
  #countedIn = new Uint32Array(1 << 10)
  #countings = 0
  #titleValue = new Float32Array(1 << 8)
  #wordingsValue = new Float32Array(1 << 8)
  #bodyValue = new Float32Array(1 << 8)
  /** Terms in title, wordings and body of each document. */
  #counts = new Int32Array(3 << 8)
  #valuesStale = true
  #titleTotal = 0
  #wordingsTotal = 0
  #bodyTotal = 0
  #scores = new Float64Array(1 << 8)
  #counted: Uint32Array = new Uint32Array(1 << 12)
  #scratch = createTermScratch(1 << 12)
  /** Information of a term by its frequency, filled when first asked for; valid for `#idfSize` documents. */
  #idf = new Float64Array(0)
  #idfSize = -1

  constructor(kind: DocumentKind, analyzer: Analyzer) {
    this.#kind = kind
    this.#analyzer = analyzer
  }

  get size(): number {
    return this.#numbers.size
  }

  /** Entries of removed documents that still take room in the postings. */
  get removedEntries(): number {
    return this.#documents.length - this.#numbers.size
  }

  *documents(): Iterable<SearchDocument> {
    for (const document of this.#documents) if (document) yield document.source
  }

  find(id: string): SearchDocument | undefined {
    const number = this.#numbers.get(id)
    return number === undefined ? undefined : this.#documents[number]?.source
  }

  upsert(source: SearchDocument): void {
    this.remove(source.id)
    const number = this.#documents.length
    this.#reserve(number)
    const table = this.table
    const titleIsName = this.#kind === 'plan'
    const title = this.#analyzer.analyzeText(source.title)
    const texts = new Map<string, { source: string; analyzed: AnalyzedText }>()
    if (!titleIsName && title.text !== '') texts.set(title.text, { source: source.title, analyzed: title })
    for (const wording of source.wordings) {
      const analyzed = this.#analyzer.analyzeText(wording)
      if (analyzed.text !== '' && !texts.has(analyzed.text)) texts.set(analyzed.text, { source: wording, analyzed })
    }
    const counter = new TermCounter(this.#counted)
    const wordings = Array.from(texts.values(), (text) => {
      const field = titleIsName || text.analyzed !== title ? 'wordings' : 'title'
      return prepareWording(text.source, text.analyzed, table, true, (term) => counter.see(term, field))
    })
    if (titleIsName || texts.get(title.text)?.analyzed !== title) counter.count(title.text, table, 'title')
    counter.count(this.#analyzer.analyzeBody(source.body), table, 'body')
    const { terms, counts } = counter.finish()
    this.#counted = counter.room
    const stored: StoredDocument = {
      source,
      wordings,
      terms,
      counts,
      holders: undefined,
      titleTerms: titleIsName ? collectTerms(title.text, table, true) : NO_TERMS,
      titleCount: counter.lengths.title,
      wordingsCount: counter.lengths.wordings,
      bodyCount: counter.lengths.body,
    }
    this.#documents.push(stored)
    this.#counts.set([stored.titleCount, stored.wordingsCount, stored.bodyCount], 3 * number)
    this.#numbers.set(source.id, number)
    this.#growTerms()
    for (let i = 0; i < terms.length; i++) this.#postings.append(terms[i] ?? 0, number, counts[i] ?? 0)
    this.#account(stored, 1)
  }

  remove(id: string): void {
    const number = this.#numbers.get(id)
    if (number === undefined) return
    const stored = this.#documents[number]
    if (stored) this.#account(stored, -1)
    this.#documents[number] = undefined
    this.#numbers.delete(id)
  }

  save(): SavedKind {
    return {
      table: this.table.save(),
      postings: this.#postings.save(),
      documents: packDocuments(this.#documents),
      documentFrequency: this.#documentFrequency,
      wordingFrequency: this.#wordingFrequency,
      totals: [this.#titleTotal, this.#wordingsTotal, this.#bodyTotal],
    }
  }

  /** Takes over what was saved and gives each document the texts that `find` has for it; what it has not is removed. */
  static restore(
    kind: DocumentKind,
    analyzer: Analyzer,
    saved: SavedKind,
    find: (id: string) => SearchDocument | undefined,
  ): KindIndex {
    const index = new KindIndex(kind, analyzer)
    index.table = TermTable.restore(saved.table)
    index.#postings = Postings.restore(saved.postings)
    index.#documentFrequency = saved.documentFrequency
    index.#wordingFrequency = saved.wordingFrequency
    index.#countedIn = new Uint32Array(saved.wordingFrequency.length)
    ;[index.#titleTotal, index.#wordingsTotal, index.#bodyTotal] = saved.totals
    index.#reserve(saved.documents.ids.length)
    const gone: string[] = []
    for (const stored of unpackDocuments(saved.documents, find)) {
      const number = index.#documents.push(stored) - 1
      if (!stored) continue
      const { source, titleCount, wordingsCount, bodyCount } = stored
      index.#counts.set([titleCount, wordingsCount, bodyCount], 3 * number)
      index.#numbers.set(source.id, number)
      if (!find(source.id)) gone.push(source.id)
    }
    for (const id of gone) index.remove(id)
    index.state++
    return index
  }

  occurs(first: number, second: number): boolean {
    const id = this.table.pair(first, second, false)
    return id >= 0 && (this.#documentFrequency[id] ?? 0) > 0
  }

  /** The `limit` documents that `allows` and that BM25 puts first, closely compared, in BM25 order. */
  findCandidates(query: PreparedQuery, allows: (document: SearchDocument) => boolean, limit: number): Candidate[] {
    if (this.size === 0 || query.terms.length === 0) return []
    this.#score(query)
    const numbers = this.#selectBest(allows, limit)
    const matcher = new QueryMatcher(query, this)
    const candidates: Candidate[] = []
    for (const number of numbers) {
      const document = this.#documents[number]
      if (!document) continue
      const { features, wording } = matcher.compare(document, {
        title: this.#titleValue[number] ?? 0,
        wordings: this.#wordingsValue[number] ?? 0,
        body: this.#bodyValue[number] ?? 0,
      })
      candidates.push({ document: document.source, features, wording })
    }
    matcher.release()
    const topScore = candidates.reduce((most, { features }) => Math.max(most, features.bm25), 0)
    const topCosine = candidates.reduce((most, { features }) => Math.max(most, features.cosine), 0)
    for (const { features } of candidates) {
      features.bm25Share = topScore > 0 ? features.bm25 / topScore : 0
      features.cosineShare = topCosine > 0 ? features.cosine / topCosine : 0
    }
    return candidates
  }

  wordingIdf(term: number): number {
    return this.#idfOf(term < 0 ? 0 : (this.#wordingFrequency[term] ?? 0))
  }

  documentIdf(term: number): number {
    return this.#idfOf(term < 0 ? 0 : (this.#documentFrequency[term] ?? 0))
  }

  bm25Idf(term: number): number {
    const frequency = term < 0 ? 0 : (this.#documentFrequency[term] ?? 0)
    return Math.log(1 + (this.#countedSize - frequency + 0.5) / (frequency + 0.5))
  }

  state = 0

  get scratch(): TermScratch {
    if (this.#scratch.places.length < this.table.size) this.#scratch = createTermScratch(this.table.size * 1.6)
    return this.#scratch
  }

  get #countedSize(): number {
    return Math.max(this.size, SMALLEST_COLLECTION)
  }

  #idfOf(frequency: number): number {
    if (this.#idfSize !== this.size) {
      this.#idfSize = this.size
      this.#idf = new Float64Array(this.size + 1)
    }
    const known = this.#idf[frequency] ?? 0
    if (known > 0) return known
    const idf = Math.log(1 + (this.#countedSize + 1) / (frequency + 0.5))
    if (frequency < this.#idf.length) this.#idf[frequency] = idf
    return idf
  }

  /** Fills the scores with BM25 over the rarest terms that the budget allows. */
  #score(query: PreparedQuery): void {
    this.#refreshValues()
    const scores = this.#scores.fill(0, 0, this.#documents.length)
    const rarestFirst = query.terms.filter((term) => (this.#documentFrequency[term] ?? 0) > 0)
    rarestFirst.sort((a, b) => (this.#documentFrequency[a] ?? 0) - (this.#documentFrequency[b] ?? 0))
    let read = 0
    for (const term of rarestFirst) {
      if (read > POSTINGS_BUDGET) break
      read += this.#postings.lengthOf(term)
      this.#postings.addTo(scores, term, this.bm25Idf(term), this.state, this.#worthOf)
    }
  }

  readonly #worthOf = (document: number, counts: number) =>
    saturate(
      counts,
      this.#titleValue[document] as number, // a number of a document
      this.#wordingsValue[document] as number,
      this.#bodyValue[document] as number,
    )

  #selectBest(allows: (document: SearchDocument) => boolean, limit: number): number[] {
    const scores = this.#scores
    const documents = this.#documents
    const chosen: number[] = []
    let floor = 0
    for (let number = 0, total = documents.length; number < total; number++) {
      const score = scores[number] as number // inside the range, here and below
      if (score <= floor) continue
      const document = documents[number]
      if (!document || !allows(document.source)) continue
      // Insertion into a short sorted list; ties keep the order of arrival.
      let at = chosen.length < limit ? chosen.length : limit - 1
      for (; at > 0 && (scores[chosen[at - 1] as number] as number) < score; at--) chosen[at] = chosen[at - 1] as number
      chosen[at] = number
      if (chosen.length === limit) floor = scores[chosen[limit - 1] as number] as number
    }
    return chosen
  }

  #account(stored: StoredDocument, sign: 1 | -1): void {
    const { terms, wordings } = stored
    const [documents, held] = [this.#documentFrequency, this.#wordingFrequency]
    for (let i = 0; i < terms.length; i++) {
      const term = terms[i] as number // inside the range, here and below
      documents[term] = (documents[term] as number) + sign
    }
    const counting = ++this.#countings
    for (const wording of wordings) {
      for (let i = 0; i < wording.terms.length; i++) {
        const term = wording.terms[i] as number
        if (this.#countedIn[term] === counting) continue
        this.#countedIn[term] = counting
        held[term] = (held[term] as number) + sign
      }
    }
    this.#titleTotal += sign * stored.titleCount
    this.#wordingsTotal += sign * stored.wordingsCount
    this.#bodyTotal += sign * stored.bodyCount
    this.#valuesStale = true
    this.state++
  }

  #refreshValues(): void {
    if (!this.#valuesStale) return
    const weights = FIELD_WEIGHTS[this.#kind]
    const size = this.size || 1
    const fields = [
      [this.#titleValue, weights.title, weights.titleLength, this.#titleTotal],
      [this.#wordingsValue, weights.wordings, weights.wordingsLength, this.#wordingsTotal],
      [this.#bodyValue, weights.body, weights.bodyLength, this.#bodyTotal],
    ] as const
    fields.forEach(([values, weight, lengthShare, total], field) => {
      const average = total / size || 1
      for (let number = 0; number < this.#documents.length; number++) {
        const count = this.#counts[3 * number + field] as number // inside the range
        values[number] = weight / (1 - lengthShare + (lengthShare * count) / average)
      }
    })
    this.#valuesStale = false
  }

  #reserve(number: number): void {
    if (number < this.#scores.length) return
    const capacity = Math.ceil((number + 1) * 1.6)
    this.#counts = grown(this.#counts, new Int32Array(3 * capacity))
    this.#scores = grown(this.#scores, new Float64Array(capacity))
    this.#titleValue = grown(this.#titleValue, new Float32Array(capacity))
    this.#wordingsValue = grown(this.#wordingsValue, new Float32Array(capacity))
    this.#bodyValue = grown(this.#bodyValue, new Float32Array(capacity))
  }

  #growTerms(): void {
    if (this.table.size <= this.#documentFrequency.length) return
    const capacity = Math.ceil(this.table.size * 1.6)
    this.#documentFrequency = grown(this.#documentFrequency, new Int32Array(capacity))
    this.#wordingFrequency = grown(this.#wordingFrequency, new Int32Array(capacity))
    this.#countedIn = grown(this.#countedIn, new Uint32Array(capacity))
  }
}

const NO_TERMS = new Int32Array(0)

type Field = 'title' | 'wordings' | 'body'
const FIELD_STEP: Record<Field, number> = { title: 1 << 24, wordings: 1 << 16, body: 1 }

/** Counts the terms of one document by field in an array that is handed from document to document. */
class TermCounter {
  readonly lengths: Record<Field, number> = { title: 0, wordings: 0, body: 0 }
  room: Uint32Array
  readonly #seen: number[] = []

  /** `room` is all zero and is left all zero. */
  constructor(room: Uint32Array) {
    this.room = room
  }

  count(text: string, table: TermTable, field: Field): void {
    visitTerms(text, table, true, (term) => this.see(term, field))
  }

  see(term: number, field: Field): void {
    const step = FIELD_STEP[field]
    const mask = step === 1 ? 0xffff : 0xff * step
    this.lengths[field]++
    if (term >= this.room.length) this.room = grown(this.room, new Uint32Array(Math.ceil((term + 1) * 1.6)))
    const counted = this.room[term] as number // inside the range
    if (counted === 0) this.#seen.push(term)
    if ((counted & mask) >>> 0 < mask >>> 0) this.room[term] = counted + step
  }

  finish(): { terms: Int32Array; counts: Uint16Array } {
    const terms = new Int32Array(this.#seen).sort()
    const counts = new Uint16Array(terms.length)
    for (let i = 0; i < terms.length; i++) {
      const term = terms[i] as number // inside the range
      const counted = this.room[term] as number
      counts[i] = packCounts(counted >>> 24, (counted >>> 16) & 0xff, counted & 0xffff)
      this.room[term] = 0
    }
    return { terms, counts }
  }
}
