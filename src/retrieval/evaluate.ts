import { z } from 'zod'
import { acceptHit } from './acceptance.ts'
import type { DocumentKind, SearchDocument, SearchIndex } from './search-index.ts'

export const evaluationCorpusRowSchema = z.looseObject({
  id: z.string().min(1),
  claim: z.string().nullish(),
  rebuttal: z.string().nullish(),
  /** Passages of one document (plans). */
  doc_id: z.string().nullish(),
})
export type EvaluationCorpusRow = z.infer<typeof evaluationCorpusRowSchema>

export const evaluationQueryRowSchema = z.looseObject({
  query: z.string(),
  positive_ids: z.array(z.string()).default([]),
})
export type EvaluationQueryRow = z.infer<typeof evaluationQueryRowSchema>

export type EvaluationKind = 'rumors' | 'questions' | 'plans'
export const KIND_OF_EVALUATION: Record<EvaluationKind, DocumentKind> = {
  rumors: 'rebuttal',
  questions: 'card',
  plans: 'plan',
}

/** Shares 0…1; null where there is nothing to measure. */
export interface EvaluationResult {
  hit1: number | null
  hit5: number | null
  mrr10: number | null
  /** Confidence of the best hit: queries with an answer against negatives. */
  auroc: number | null
  /** Right and accepted where the threshold lets 5 % of the given negatives through. */
  okAt5: number | null
  /** Negatives answered, and queries answered rightly, at the product's own threshold. */
  acceptedNegatives: number | null
  rightAccepted: number | null
  p50Ms: number | null
  p95Ms: number | null
  indexMs: number
}

const FIRST_RANKS = 10
const NEGATIVES_LET_THROUGH = 0.05
/** Signs of a document's first passage that stand in for its title. */
const TITLE_SIGNS = 80

/** Documents as the product would store them: claim → wording, rebuttal → body; a plan's passages carry its head as title. */
export function readEvaluationCorpus(kind: EvaluationKind, rows: readonly EvaluationCorpusRow[]): SearchDocument[] {
  const heads = new Map<string, string>()
  for (const row of rows) {
    if (row.doc_id && (!heads.has(row.doc_id) || row.id.endsWith('#0')))
      heads.set(row.doc_id, (row.rebuttal ?? '').trim().slice(0, TITLE_SIGNS))
  }
  return rows.map((row) => ({
    id: row.id,
    kind: KIND_OF_EVALUATION[kind],
    title: row.doc_id ? (heads.get(row.doc_id) ?? '') : '',
    wordings: row.claim ? [row.claim] : [],
    body: row.rebuttal && row.rebuttal !== 'null' ? row.rebuttal : '',
  }))
}

/** Fills an empty index and measures it, as the product configures it, on someone's own files; fits nothing. */
export async function evaluateRetrieval(input: {
  kind: EvaluationKind
  index: SearchIndex
  corpus: readonly EvaluationCorpusRow[]
  queries: readonly EvaluationQueryRow[]
  negatives?: readonly EvaluationQueryRow[]
  onProgress?: (done: number, total: number) => void
}): Promise<EvaluationResult> {
  const documentKind = KIND_OF_EVALUATION[input.kind]
  const documents = readEvaluationCorpus(input.kind, input.corpus)
  const indexStart = performance.now()
  await input.index.upsert(documents)
  const indexMs = performance.now() - indexStart

  const times: number[] = []
  const total = input.queries.length + (input.negatives?.length ?? 0)
  const ask = async (text: string) => {
    const start = performance.now()
    const hits = await input.index.search({ text, kinds: [documentKind], limit: FIRST_RANKS })
    times.push(performance.now() - start)
    input.onProgress?.(times.length, total)
    return hits
  }
  const positives: { rank: number; confidence: number; accepted: boolean }[] = []
  for (const { query, positive_ids } of input.queries) {
    const hits = await ask(query)
    const top = hits[0]
    positives.push({
      rank: hits.findIndex(({ id }) => positive_ids.includes(id)),
      confidence: top?.confidence ?? 0,
      accepted: top !== undefined && acceptHit(top, hits[1]) === 'answer',
    })
  }
  const negatives: { confidence: number; accepted: boolean }[] = []
  for (const { query } of input.negatives ?? []) {
    const hits = await ask(query)
    const top = hits[0]
    negatives.push({
      confidence: top?.confidence ?? 0,
      accepted: top !== undefined && acceptHit(top, hits[1]) === 'answer',
    })
  }

  const share = (count: number, of: number) => (of === 0 ? null : round(count / of))
  const count = (matches: (one: { rank: number; confidence: number; accepted: boolean }) => boolean) =>
    share(positives.filter(matches).length, positives.length)
  const threshold = negatives.map(({ confidence }) => confidence).sort((a, b) => b - a)[
    Math.floor(NEGATIVES_LET_THROUGH * negatives.length)
  ]
  return {
    hit1: count(({ rank }) => rank === 0),
    hit5: count(({ rank }) => rank >= 0 && rank < 5),
    mrr10: share(
      positives.reduce((sum, { rank }) => sum + (rank < 0 ? 0 : 1 / (rank + 1)), 0),
      positives.length,
    ),
    auroc: areaUnderCurve(
      positives.map(({ confidence }) => confidence),
      negatives.map(({ confidence }) => confidence),
    ),
    okAt5: threshold === undefined ? null : count(({ rank, confidence }) => rank === 0 && confidence > threshold),
    acceptedNegatives: share(negatives.filter(({ accepted }) => accepted).length, negatives.length),
    rightAccepted: count(({ rank, accepted }) => rank === 0 && accepted),
    p50Ms: quantile(times, 0.5),
    p95Ms: quantile(times, 0.95),
    indexMs: round(indexMs),
  }
}

/** Chance that a positive's value exceeds a negative's, ties counting half. */
export function areaUnderCurve(positives: readonly number[], negatives: readonly number[]): number | null {
  if (positives.length === 0 || negatives.length === 0) return null
  const sorted = [...negatives].sort((a, b) => a - b)
  let wins = 0
  for (const value of positives) wins += (countBelow(sorted, value, false) + countBelow(sorted, value, true)) / 2
  return round(wins / positives.length / negatives.length)
}

function countBelow(sorted: readonly number[], value: number, orEqual: boolean): number {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >> 1
    const at = sorted[middle] ?? 0
    if (at < value || (orEqual && at === value)) low = middle + 1
    else high = middle
  }
  return low
}

function quantile(values: readonly number[], share: number): number | null {
  const sorted = [...values].sort((a, b) => a - b)
  const value = sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]
  return value === undefined ? null : round(value)
}

function round(value: number): number {
  return Math.round(value * 10_000) / 10_000
}
