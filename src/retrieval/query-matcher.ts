import { K1, saturate, type FieldValues } from './bm25.ts'
import { emptyFeatures, type MatchFeatures } from './match-features.ts'
import {
  listHolders,
  PAIR,
  TOPIC,
  type PreparedDocument,
  type PreparedQuery,
  type PreparedWording,
} from './prepared-text.ts'
import { UnitPlaces } from './unit-places.ts'

/** How informative terms are: among the wordings and among the whole documents of one kind. Term -1 = one that no document holds. */
export interface TermStatistics {
  wordingIdf(term: number): number
  documentIdf(term: number): number
  bm25Idf(term: number): number
  /** Changes whenever a document comes or goes. */
  readonly state: number
  /** Empty; whoever writes there empties it again. */
  readonly scratch: TermScratch
}

/** Room for one number per term (-1 = none), and a bit for each term that has one: most are refused by the bit. */
export interface TermScratch {
  places: Int32Array
  marks: Uint32Array
}

export function createTermScratch(terms: number): TermScratch {
  const room = Math.ceil(terms)
  return { places: new Int32Array(room).fill(-1), marks: new Uint32Array((room >>> 5) + 1) }
}

const queryText = new UnitPlaces()
const querySurface = new UnitPlaces()

/** Compares one query with many documents; one at a time until its `release`. */
export class QueryMatcher {
  readonly #query: PreparedQuery
  readonly #statistics: TermStatistics
  /** Term → its place in the query, -1 for terms the query lacks. */
  readonly #places: Int32Array
  readonly #marks: Uint32Array
  readonly #gain: Float64Array
  #bestGain = 0
  readonly #wordingWeight: Float64Array
  readonly #documentWeight: Float64Array
  readonly #sentenceSquares: Float64Array
  readonly #sentenceDocumentSum: Float64Array
  readonly #hits: Float64Array
  #longestSentence = 0
  #topicSum = 0
  #wordingSum = 0
  #wordingSquares = 0
  #documentSum = 0
  #documentPairSum = 0

  constructor(query: PreparedQuery, statistics: TermStatistics) {
    this.#query = query
    this.#statistics = statistics
    const count = query.terms.length
    this.#places = statistics.scratch.places
    this.#marks = statistics.scratch.marks
    this.#gain = new Float64Array(count)
    this.#wordingWeight = new Float64Array(count)
    this.#documentWeight = new Float64Array(count)
    this.#sentenceSquares = new Float64Array(query.sentenceCount)
    this.#sentenceDocumentSum = new Float64Array(query.sentenceCount)
    this.#hits = new Float64Array(query.sentenceCount)
    queryText.set(query.text)
    querySurface.set(query.surface)
    const unseenWording = statistics.wordingIdf(-1)
    const unseenDocument = statistics.documentIdf(-1)
    for (let i = 0; i < count; i++) {
      const term = query.terms[i] ?? 0
      this.#places[term] = i
      this.#marks[term >>> 5] = (this.#marks[term >>> 5] ?? 0) | (1 << term)
      const wording = statistics.wordingIdf(term)
      const whole = statistics.documentIdf(term)
      this.#wordingWeight[i] = wording
      this.#documentWeight[i] = whole
      const gain = statistics.bm25Idf(term)
      this.#gain[i] = gain
      this.#bestGain += gain
      this.#wordingSum += wording
      this.#wordingSquares += wording * wording
      this.#documentSum += whole
      if (query.isTopic[i]) this.#topicSum += wording
      if (query.isPair[i]) this.#documentPairSum += whole
      for (let s = 0, bits = query.sentences[i] ?? 0; bits !== 0; s++, bits >>>= 1) {
        if (!(bits & 1)) continue
        this.#sentenceSquares[s] = (this.#sentenceSquares[s] ?? 0) + wording * wording
        this.#sentenceDocumentSum[s] = (this.#sentenceDocumentSum[s] ?? 0) + whole
      }
    }
    this.#bestGain += query.unknown * statistics.bm25Idf(-1)
    this.#topicSum += query.unknownTopic * unseenWording
    this.#wordingSum += query.unknown * unseenWording
    this.#wordingSquares += query.unknown * unseenWording ** 2
    this.#documentSum += query.unknown * unseenDocument
    this.#documentPairSum += query.unknownPairs * unseenDocument
    query.unknownPerSentence.forEach((unknown, s) => {
      this.#sentenceSquares[s] = (this.#sentenceSquares[s] ?? 0) + unknown * unseenWording ** 2
      this.#sentenceDocumentSum[s] = (this.#sentenceDocumentSum[s] ?? 0) + unknown * unseenDocument
    })
    this.#longestSentence = this.#sentenceDocumentSum.reduce((most, sum) => Math.max(most, sum), 0)
  }

  release(): void {
    for (const term of this.#query.terms) {
      this.#places[term] = -1
      this.#marks[term >>> 5] = 0
    }
    queryText.clear()
    querySurface.clear()
  }

  /** Everything except the two shares, which need the other documents. */
  compare(
    document: PreparedDocument,
    values: FieldValues,
  ): { features: MatchFeatures; wording: PreparedWording | undefined } {
    const features = emptyFeatures()
    this.#sumShared(document, values, features)
    const wording = this.#pickWording(document, features)
    if (wording) this.#compareDetails(wording, features)
    return { features, wording }
  }

  /** One walk over the terms of the document: what it shares with the query as a whole, and what each of its wordings does. */
  #sumShared(document: PreparedDocument, values: FieldValues, features: MatchFeatures): void {
    const { sentences, sentenceCount, isPair } = this.#query
    const { terms, counts, wordings } = document
    const { starts, wordings: holding } = (document.holders ??= listHolders(document))
    const places = this.#places
    const marks = this.#marks
    const gain = this.#gain
    const documentWeight = this.#documentWeight
    const wordingWeight = this.#wordingWeight
    const hits = this.#hits.fill(0)
    const ofWordings = clearedRoom(wordings.length * (2 + sentenceCount))
    let shared = 0
    let sharedPairs = 0
    let bm25 = 0
    for (let i = 0; i < terms.length; i++) {
      const term = terms[i] as number // inside the range, here and below
      if (((marks[term >>> 5] as number) & (1 << term)) === 0) continue
      const at = places[term] as number
      bm25 += (gain[at] as number) * saturate(counts[i] as number, values.title, values.wordings, values.body)
      const weight = documentWeight[at] as number
      const bits = sentences[at] as number
      shared += weight
      if (isPair[at]) sharedPairs += weight
      addToSentences(hits, 0, bits, weight)
      const ofWording = wordingWeight[at] as number
      const square = ofWording * ofWording
      for (let k = starts[i] as number, end = starts[i + 1] as number; k < end; k++) {
        const room = (holding[k] as number) * (2 + sentenceCount)
        ofWordings[room] = (ofWordings[room] as number) + ofWording
        ofWordings[room + 1] = (ofWordings[room + 1] as number) + square
        addToSentences(ofWordings, room + 2, bits, square)
      }
    }
    let title = 0
    for (const term of document.titleTerms) {
      const at = places[term] as number // one per term
      if (at >= 0) title += this.#documentWeight[at] ?? 0
    }
    features.bm25 = this.#bestGain > 0 ? bm25 / (this.#bestGain * (K1 + 1)) : 0
    features.documentCovered = this.#documentSum > 0 ? shared / this.#documentSum : 0
    features.documentPairsCovered = this.#documentPairSum > 0 ? sharedPairs / this.#documentPairSum : 0
    features.titleCovered = this.#documentSum > 0 ? title / this.#documentSum : 0
    for (let s = 0; s < sentenceCount; s++) {
      const own = this.#sentenceDocumentSum[s] ?? 0
      if (own >= this.#longestSentence * 0.3 && own > 0)
        features.sentenceInDocument = Math.max(features.sentenceInDocument, (hits[s] ?? 0) / own)
    }
  }

  /** The wording that is most like the query, by what `#sumShared` has left in the room. */
  #pickWording({ wordings }: PreparedDocument, features: MatchFeatures): PreparedWording | undefined {
    const { sentenceCount } = this.#query
    let best = -1
    let bestValue = -1
    for (let number = 0; number < wordings.length; number++) {
      const { squares } = this.#weigh(wordings[number] as PreparedWording) // inside the range
      const room = number * (2 + sentenceCount)
      const sharedSquares = wordingRoom[room + 1] as number
      let sentenceCosine = 0
      for (let s = 0; s < sentenceCount; s++) {
        const own = this.#sentenceSquares[s] ?? 0
        const hit = wordingRoom[room + 2 + s] as number
        if (own > 0 && squares > 0) sentenceCosine = Math.max(sentenceCosine, hit / Math.sqrt(own * squares))
      }
      const cosine =
        squares > 0 && this.#wordingSquares > 0 ? sharedSquares / Math.sqrt(squares * this.#wordingSquares) : 0
      const value = cosine + 0.5 * sentenceCosine
      if (value <= bestValue) continue
      bestValue = value
      best = number
      features.cosine = cosine
      features.sentenceCosine = sentenceCosine
    }
    const wording = wordings[best]
    if (!wording) return undefined
    const { total } = this.#weigh(wording)
    const shared = wordingRoom[best * (2 + sentenceCount)] as number
    features.wordingCovered = total > 0 ? shared / total : 0
    features.queryCovered = this.#wordingSum > 0 ? shared / this.#wordingSum : 0
    return wording
  }

  #weigh(wording: PreparedWording): PreparedWording['weighed'] {
    const { weighed } = wording
    if (weighed.at === this.#statistics.state) return weighed
    const { terms, flags } = wording
    weighed.total = 0
    weighed.squares = 0
    weighed.topic = 0
    for (let i = 0; i < terms.length; i++) {
      const weight = this.#statistics.wordingIdf(terms[i] as number) // inside the range
      weighed.total += weight
      weighed.squares += weight * weight
      if ((flags[i] as number) & TOPIC) weighed.topic += weight
    }
    weighed.at = this.#statistics.state
    return weighed
  }

  #compareTopics(wording: PreparedWording, features: MatchFeatures): void {
    const query = this.#query
    const { terms, flags } = wording
    const { topic } = this.#weigh(wording)
    const marks = this.#marks
    let shared = 0
    let sharedByQuery = 0
    let sharedSigns = 0
    for (let i = 0; i < terms.length; i++) {
      const term = terms[i] as number // inside the range, here and below
      if (((marks[term >>> 5] as number) & (1 << term)) === 0) continue
      const at = this.#places[term] as number
      const weight = this.#wordingWeight[at] as number
      const flag = flags[i] as number
      if (!(flag & PAIR)) sharedSigns++
      if (flag & TOPIC) shared += weight
      if (query.isTopic[at]) sharedByQuery += weight
    }
    features.signsOfWordingCovered = wording.signCount > 0 ? sharedSigns / wording.signCount : 0
    features.signsOfQueryCovered = query.signCount > 0 ? sharedSigns / query.signCount : 0
    features.signsShared = Math.min(features.signsOfWordingCovered, features.signsOfQueryCovered)
    features.topicOfWordingCovered = topic > 0 ? shared / topic : 0
    features.topicOfQueryCovered = this.#topicSum > 0 ? sharedByQuery / this.#topicSum : 0
    features.topicShared = Math.min(features.topicOfWordingCovered, features.topicOfQueryCovered)
  }

  #surfaceDice(surface: string): number {
    const shared = querySurface.countPairs(surface)
    const total = this.#query.surface.length - 1 + surface.length - 1
    return total > 0 ? Math.min(1, (2 * shared) / total) : Number(surface === this.#query.surface)
  }

  #compareDetails(wording: PreparedWording, features: MatchFeatures): void {
    const query = this.#query
    const run = queryText.longestRun(wording.text)
    features.commonRun = wording.text.length > 0 ? run / wording.text.length : 0
    const shared = countBits(query.focus & wording.focus)
    const either = countBits(query.focus | wording.focus)
    features.focusAgrees = either > 0 ? shared / either : 0
    features.focusConflicts = shared === 0 && query.focus !== 0 && wording.focus !== 0 ? 1 : 0
    features.focusOnlyInWording = wording.focus & ~query.focus ? 1 : 0
    this.#compareTopics(wording, features)
    if (wording.numbers.length > 0 && query.numbers.length > 0) {
      const agreeing = wording.numbers.filter((number) => query.numbers.includes(number)).length
      features.numbersAgree = agreeing / wording.numbers.length
      features.numbersConflict = agreeing === 0 ? 1 : 0
    }
    features.surfaceDice = this.#surfaceDice(wording.surface)
    features.polarityConflicts = query.text.length <= 60 && query.negated !== wording.negated ? 1 : 0
  }
}

function countBits(bits: number): number {
  let count = 0
  for (let rest = bits; rest !== 0; rest &= rest - 1) count++
  return count
}

/** Shared, its squares, and the squares by sentence, one wording after the other. */
let wordingRoom = new Float64Array(1 << 8)

function clearedRoom(size: number): Float64Array {
  if (size > wordingRoom.length) wordingRoom = new Float64Array(2 * size)
  return wordingRoom.fill(0, 0, size)
}

function addToSentences(sums: Float64Array, from: number, bits: number, value: number): void {
  for (let at = from, rest = bits; rest !== 0; at++, rest >>>= 1) {
    if (rest & 1) sums[at] = (sums[at] as number) + value // one per sentence
  }
}
