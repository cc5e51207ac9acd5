import type { AnalyzedText } from './analysis.ts'
import { readPolarity } from './polarity.ts'
import { isGap, visitTerms, type TermTable } from './term-table.ts'

/** One stored short text, ready to be compared. */
export interface PreparedWording {
  /** As stored, for showing. */
  source: string
  text: string
  /** Folded text without rewriting, signs only: tells near-equal wordings apart. */
  surface: string
  /** Distinct terms. */
  terms: Int32Array
  /** `TOPIC` where the term belongs to the topic, not to the way of asking; `PAIR` for pairs of signs; beside `terms`. */
  flags: Uint8Array
  /** Number of terms that are no pairs. */
  signCount: number
  focus: number
  negated: boolean
  numbers: string[]
  /** Sums over the weights of its terms, and the state of the statistics that they were taken at; kept by the matcher. */
  weighed: { at: number; total: number; squares: number }
}

export interface PreparedDocument {
  wordings: PreparedWording[]
  /** Distinct terms of the whole document, and their packed counts beside them. */
  terms: Int32Array
  counts: Uint16Array
  /** Distinct terms of the title where the title is not among the wordings (plan texts: name of the document). */
  titleTerms: Int32Array
}

export interface PreparedQuery {
  text: string
  surface: string
  focus: number
  negated: boolean
  numbers: string[]
  /** Distinct known terms. */
  terms: Int32Array
  /** 1 where the term is a pair of signs; beside `terms`. */
  isPair: Uint8Array
  /** Distinct terms that are no pairs, unknown ones included. */
  signCount: number
  /** Bit per sentence in which the term stands; beside `terms`. */
  sentences: Int32Array
  /** 1 where the term belongs to the topic; beside `terms`. */
  isTopic: Uint8Array
  sentenceCount: number
  /** Distinct terms that no document holds: all, pairs only, topic terms; and all per sentence. */
  unknown: number
  unknownPairs: number
  unknownTopic: number
  unknownPerSentence: number[]
}

const MAX_SENTENCES = 24
// Numbers, warning colors and grades of events: what makes another case of the same thing.
const NUMBER = /\d+(?:\.\d+)?|[红橙黄蓝](?=色|码|预警)|特别重大|特大|重大|较大|一般(?=级|事故|事件|突发|灾害)/g

export const TOPIC = 1
export const PAIR = 2

export function prepareWording(
  source: string,
  analyzed: AnalyzedText,
  table: TermTable,
  create: boolean,
): PreparedWording {
  const terms: number[] = []
  const isPair = new Set<number>()
  visitTerms(analyzed.text, table, create, (id, form) => {
    if (id < 0) return
    terms.push(id)
    if (form === 'pair') isPair.add(id)
  })
  const isTopic = new Set<number>()
  visitTerms(analyzed.topic, table, create, (id) => isTopic.add(id))
  const distinct = sortDistinct(terms)
  return {
    source,
    text: analyzed.text,
    surface: analyzed.surface,
    terms: distinct,
    flags:
      distinct.length === 0
        ? new Uint8Array(0)
        : Uint8Array.from(distinct, (term) => (isTopic.has(term) ? TOPIC : 0) | (isPair.has(term) ? PAIR : 0)),
    signCount: distinct.length - isPair.size,
    focus: analyzed.focus,
    negated: readPolarity(analyzed.text) === 'negated',
    numbers: analyzed.text.match(NUMBER) ?? [],
    weighed: { at: -1, total: 0, squares: 0 },
  }
}

/** Distinct terms in order of number. */
export function collectTerms(text: string, table: TermTable, create: boolean): Int32Array {
  const terms: number[] = []
  visitTerms(text, table, create, (id) => {
    if (id >= 0) terms.push(id)
  })
  return sortDistinct(terms)
}

function sortDistinct(terms: number[]): Int32Array {
  const sorted = Int32Array.from(terms).sort()
  let count = 0
  for (let i = 0; i < sorted.length; i++) if (i === 0 || sorted[i] !== sorted[i - 1]) sorted[count++] = sorted[i] ?? 0
  return sorted.slice(0, count)
}

export function prepareQuery(analyzed: AnalyzedText, table: TermTable): PreparedQuery {
  const { text } = analyzed
  const sentenceAt = new Uint8Array(text.length)
  let sentence = 0
  let length = 0
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    // A clause shorter than 6 signs is not a sentence of its own.
    if ((unit === 0x0a && length >= 4) || (unit === 0x20 && length >= 6)) {
      if (sentence < MAX_SENTENCES - 1) sentence++
      length = 0
    }
    if (!isGap(unit)) length++
    sentenceAt[i] = sentence
  }
  const topic = new Set<number>()
  let unknownTopic = 0
  visitTerms(analyzed.topic, table, false, (id) => {
    if (id >= 0) topic.add(id)
    else unknownTopic++
  })
  const known = new Map<number, { pair: boolean; sentences: number }>()
  const unknown = new Map<string, { pair: boolean; sentences: number }>()
  visitTerms(text, table, false, (id, form, position) => {
    const bit = 1 << (sentenceAt[position] ?? 0)
    if (id >= 0) {
      const entry = known.get(id)
      if (entry) entry.sentences |= bit
      else known.set(id, { pair: form === 'pair', sentences: bit })
      return
    }
    const key = `${form}${text.slice(position, position + (form === 'sign' ? 1 : form === 'pair' ? 2 : 12))}`
    const entry = unknown.get(key)
    if (entry) entry.sentences |= bit
    else unknown.set(key, { pair: form === 'pair', sentences: bit })
  })
  const sentenceCount = sentence + 1
  const unknownPerSentence = Array.from({ length: sentenceCount }, () => 0)
  let unknownPairs = 0
  for (const { pair, sentences } of unknown.values()) {
    if (pair) unknownPairs++
    for (let i = 0; i < sentenceCount; i++)
      if (sentences & (1 << i)) unknownPerSentence[i] = (unknownPerSentence[i] ?? 0) + 1
  }
  const entries = [...known].sort((a, b) => a[0] - b[0])
  return {
    text,
    surface: analyzed.surface,
    focus: analyzed.focus,
    negated: readPolarity(text) === 'negated',
    numbers: text.match(NUMBER) ?? [],
    terms: Int32Array.from(entries, ([id]) => id),
    isPair: Uint8Array.from(entries, ([, { pair }]) => (pair ? 1 : 0)),
    signCount: entries.filter(([, { pair }]) => !pair).length + unknown.size - unknownPairs,
    sentences: Int32Array.from(entries, ([, { sentences }]) => sentences),
    isTopic: Uint8Array.from(entries, ([id]) => (topic.has(id) ? 1 : 0)),
    sentenceCount,
    unknownTopic,
    unknown: unknown.size,
    unknownPairs,
    unknownPerSentence,
  }
}
