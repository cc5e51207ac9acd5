import type { DocumentKind } from './search-index.ts'

export const K1 = 1.2

/** How the fields of a kind weigh, and how far a longer field counts less (0…1). */
export interface FieldWeights {
  title: number
  wordings: number
  body: number
  titleLength: number
  wordingsLength: number
  bodyLength: number
}

export const FIELD_WEIGHTS: Record<DocumentKind, FieldWeights> = {
  rebuttal: { title: 1, wordings: 2, body: 1, titleLength: 0.5, wordingsLength: 0.5, bodyLength: 0.75 },
  card: { title: 1, wordings: 1, body: 1, titleLength: 0.5, wordingsLength: 0.65, bodyLength: 0.75 },
  plan: { title: 1, wordings: 1, body: 1, titleLength: 0.3, wordingsLength: 0.5, bodyLength: 0.75 },
}

/** What one occurrence of a term in each field of a document counts: weight ÷ relative length. */
export interface FieldValues {
  title: number
  wordings: number
  body: number
}

/** How often a term stands in each field, packed into 16 bits: title 3, wordings 5, body 8 (each capped). */
export function packCounts(title: number, wordings: number, body: number): number {
  return (Math.min(title, 7) << 13) | (Math.min(wordings, 31) << 8) | Math.min(body, 255)
}

/** BM25F: the saturated frequency of a term with packed counts, 0 … K1 + 1. */
export function saturate(counts: number, title: number, wordings: number, body: number): number {
  const frequency = (counts >>> 13) * title + ((counts >>> 8) & 31) * wordings + (counts & 255) * body
  return ((K1 + 1) * frequency) / (K1 + frequency)
}
