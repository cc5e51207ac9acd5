/** What a document is: decides field weights and the acceptance model. */
export type DocumentKind = 'card' | 'rebuttal' | 'plan'

export interface SearchDocument {
  id: string
  kind: DocumentKind
  title: string
  /** Short texts a message may equal: claims, variants, questions, aliases. */
  wordings: string[]
  body: string
  /** GB/T 2260 code; absent = valid everywhere. */
  region?: string
  /** First and last day (`YYYY-MM-DD`, inclusive) on which the document may answer. */
  validFrom?: string
  validUntil?: string
}

export interface SearchQuery {
  text: string
  /** Absent = every kind. */
  kinds?: DocumentKind[]
  /** Allowed document regions; documents without a region are always allowed. Absent = no restriction. */
  regions?: string[]
  /** The day of asking (`YYYY-MM-DD`); absent = validity is not checked. */
  on?: string
  /** Default 10. */
  limit?: number
}

/** Why a document was found, for editors and for 「为什么」. */
export interface Reason {
  code: string
  /** Chinese, readable by an editor. */
  text: string
}

export interface SearchHit {
  id: string
  kind: DocumentKind
  /** Orders the hits of one query; not comparable between queries. */
  score: number
  /** 0…1, calibrated: comparable between queries, see acceptance.ts. */
  confidence: number
  /** The stored wording (else the title) that matched best. */
  wording: string
  reasons: Reason[]
}

/**
 * The port of every search engine. Kind, region and validity are part of the query: a document outside them
 * takes no part in ranking. A document is visible to the search that follows its `upsert`.
 */
export interface SearchIndex {
  upsert(documents: SearchDocument[]): Promise<void>
  /** Unknown ids are ignored. */
  remove(ids: string[]): Promise<void>
  /** Best first; empty for a text that holds nothing to search for. Never throws for any text. */
  search(query: SearchQuery): Promise<SearchHit[]>
  /** Number of documents that can be found. */
  readonly size: number
}
