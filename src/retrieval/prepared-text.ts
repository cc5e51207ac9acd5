import type { AnalyzedText } from './analysis.ts'
import { readPolarity } from './polarity.ts'
import { grown } from './postings.ts'
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
  /** Sums over the weights of its terms (of the topic's alone, too), and the state of the statistics that they were taken at; kept by the matcher. */
  weighed: { at: number; total: number; squares: number; topic: number }
}

export interface PreparedDocument {
  wordings: PreparedWording[]
  /** Distinct terms of the whole document in order of number, and their packed counts beside them. */
  terms: Int32Array
  counts: Uint16Array
  /** Which wordings hold its terms; listed when the document is first compared. */
  holders: WordingHolders | undefined
  /** Distinct terms of the title where the title is not among the wordings (plan texts: name of the document). */
  titleTerms: Int32Array
}

/** For the term at `i`, its wordings stand in `wordings` from `starts[i]` up to `starts[i + 1]`, in order. */
export interface WordingHolders {
  starts: Uint32Array
  wordings: Uint16Array
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
const IN_TEXT = 4
const FLAG_BITS = 3

/** Each term that is met in a wording with its flags below its number; handed from wording to wording. */
let met = new Uint32Array(1 << 8)

/** `see` is told each term of the text, repeats included. */
export function prepareWording(
  source: string,
  analyzed: AnalyzedText,
  table: TermTable,
  create: boolean,
  see: (term: number) => void = () => {},
): PreparedWording {
  let count = 0
  const meet = (term: number, flags: number) => {
    if (count === met.length) met = grown(met, new Uint32Array(2 * met.length))
    met[count++] = (term << FLAG_BITS) | flags
  }
  visitTerms(analyzed.text, table, create, (term, form) => {
    if (term < 0) return
    meet(term, form === 'pair' ? IN_TEXT | PAIR : IN_TEXT)
    see(term)
  })
  visitTerms(analyzed.topic, table, create, (term) => {
    if (term >= 0) meet(term, TOPIC)
  })
  const { terms, flags, signCount } = joinMet(met.subarray(0, count).sort())
  return {
    source,
    text: analyzed.text,
    surface: analyzed.surface,
    terms,
    flags,
    signCount,
    focus: analyzed.focus,
    negated: readPolarity(analyzed.text) === 'negated',
    numbers: analyzed.text.match(NUMBER) ?? [],
    weighed: { at: -1, total: 0, squares: 0, topic: 0 },
  }
}

/** One entry for each term of the text with the flags of all its places. Writes over `sorted`. */
function joinMet(sorted: Uint32Array): { terms: Int32Array; flags: Uint8Array; signCount: number } {
  let count = 0
  let signCount = 0
  for (let i = 0; i < sorted.length;) {
    let entry = sorted[i] as number // inside the range, here and below
    const term = entry >>> FLAG_BITS
    for (i++; i < sorted.length && (sorted[i] as number) >>> FLAG_BITS === term; i++) entry |= sorted[i] as number
    if ((entry & IN_TEXT) === 0) continue
    if ((entry & PAIR) === 0) signCount++
    sorted[count++] = entry
  }
  const terms = new Int32Array(count)
  const flags = new Uint8Array(count)
  for (let i = 0; i < count; i++) {
    const entry = sorted[i] as number
    terms[i] = entry >>> FLAG_BITS
    flags[i] = entry & (TOPIC | PAIR)
  }
  return { terms, flags, signCount }
}

/** Every term of a wording is one of the document's. */
export function listHolders({ terms, wordings }: Pick<PreparedDocument, 'terms' | 'wordings'>): WordingHolders {
  const starts = new Uint32Array(terms.length + 1)
  const visit = (see: (at: number, wording: number) => void) => {
    wordings.forEach((wording, number) => {
      let at = 0
      for (const term of wording.terms) {
        while ((terms[at] ?? term) < term) at++
        see(at, number)
      }
    })
  }
  visit((at) => (starts[at + 1] = (starts[at + 1] ?? 0) + 1))
  for (let at = 1; at < starts.length; at++) starts[at] = (starts[at] ?? 0) + (starts[at - 1] ?? 0)
  const holding = new Uint16Array(starts.at(-1) ?? 0)
  const next = starts.slice()
  visit((at, wording) => {
    const free = next[at] ?? 0
    holding[free] = wording
    next[at] = free + 1
  })
  return { starts, wordings: holding }
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
  const sorted = new Int32Array(terms).sort()
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
  const topic: number[] = []
  let unknownTopic = 0
  visitTerms(analyzed.topic, table, false, (id) => {
    if (id >= 0) topic.push(id)
    else unknownTopic++
  })
  // Term, sentence and form in one number: sorting brings together what belongs to one term.
  const found: number[] = []
  const unknown = new Map<string, { pair: boolean; sentences: number }>()
  visitTerms(text, table, false, (id, form, position) => {
    const sentence = sentenceAt[position] ?? 0
    if (id >= 0) {
      found.push(id * FOUND_STEP + 2 * sentence + (form === 'pair' ? 1 : 0))
      return
    }
    const bit = 1 << sentence
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
  const { terms, isPair, sentences } = joinFound(found)
  let pairs = 0
  for (const pair of isPair) pairs += pair
  return {
    text,
    surface: analyzed.surface,
    focus: analyzed.focus,
    negated: readPolarity(text) === 'negated',
    numbers: text.match(NUMBER) ?? [],
    terms,
    isPair,
    signCount: terms.length - pairs + unknown.size - unknownPairs,
    sentences,
    isTopic: markTerms(terms, sortDistinct(topic)),
    sentenceCount,
    unknownTopic,
    unknown: unknown.size,
    unknownPairs,
    unknownPerSentence,
  }
}

const FOUND_STEP = 64

/** Distinct terms in order, and beside them their form and the sentences in which they stand. */
function joinFound(found: readonly number[]): Pick<PreparedQuery, 'terms' | 'isPair' | 'sentences'> {
  const sorted = Float64Array.from(found).sort()
  const terms = new Int32Array(sorted.length)
  const isPair = new Uint8Array(sorted.length)
  const sentences = new Int32Array(sorted.length)
  let count = 0
  for (const entry of sorted) {
    const term = Math.floor(entry / FOUND_STEP)
    const rest = entry % FOUND_STEP
    if (count === 0 || terms[count - 1] !== term) {
      terms[count] = term
      isPair[count++] = rest & 1
    }
    sentences[count - 1] = (sentences[count - 1] ?? 0) | (1 << (rest >>> 1))
  }
  return { terms: terms.slice(0, count), isPair: isPair.slice(0, count), sentences: sentences.slice(0, count) }
}

/** 1 for each of `terms` that is among `some`; both in order. */
function markTerms(terms: Int32Array, some: Int32Array): Uint8Array {
  const marks = new Uint8Array(terms.length)
  let at = 0
  for (let i = 0; i < terms.length; i++) {
    const term = terms[i] ?? 0
    while ((some[at] ?? term) < term) at++
    marks[i] = some[at] === term ? 1 : 0
  }
  return marks
}
