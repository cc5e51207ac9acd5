import { K1, saturate, type FieldValues } from './bm25.ts'
import { emptyFeatures, type MatchFeatures } from './match-features.ts'
import { PAIR, TOPIC, type PreparedDocument, type PreparedQuery, type PreparedWording } from './prepared-text.ts'

/** How informative terms are: among the wordings and among the whole documents of one kind. Term -1 = one that no document holds. */
export interface TermStatistics {
  wordingIdf(term: number): number
  documentIdf(term: number): number
  bm25Idf(term: number): number
  /** Changes whenever a document comes or goes. */
  readonly state: number
  /** Room for one number per term, all -1; whoever writes restores them. */
  readonly scratch: Int32Array
}

/** Compares one query with many documents. It occupies the scratch of the statistics until `release`. */
export class QueryMatcher {
  readonly #query: PreparedQuery
  readonly #statistics: TermStatistics
  /** Term → its place in the query, -1 for terms the query lacks. */
  readonly #places: Int32Array
  readonly #gain: Float64Array
  #bestGain = 0
  readonly #wordingWeight: Float64Array
  readonly #documentWeight: Float64Array
  readonly #sentenceSum: Float64Array
  readonly #sentenceSquares: Float64Array
  readonly #sentenceDocumentSum: Float64Array
  readonly #hits: Float64Array
  readonly #surfacePairs = new Set<number>()
  #topicSum = 0
  #wordingSum = 0
  #wordingSquares = 0
  #documentSum = 0
  #documentPairSum = 0

  constructor(query: PreparedQuery, statistics: TermStatistics) {
    this.#query = query
    this.#statistics = statistics
    const count = query.terms.length
    this.#places = statistics.scratch
    this.#gain = new Float64Array(count)
    this.#wordingWeight = new Float64Array(count)
    this.#documentWeight = new Float64Array(count)
    this.#sentenceSum = new Float64Array(query.sentenceCount)
    this.#sentenceSquares = new Float64Array(query.sentenceCount)
    this.#sentenceDocumentSum = new Float64Array(query.sentenceCount)
    this.#hits = new Float64Array(query.sentenceCount)
    for (let i = 1; i < query.surface.length; i++) {
      this.#surfacePairs.add((query.surface.charCodeAt(i - 1) << 16) | query.surface.charCodeAt(i))
    }
    const unseenWording = statistics.wordingIdf(-1)
    const unseenDocument = statistics.documentIdf(-1)
    for (let i = 0; i < count; i++) {
      const term = query.terms[i] ?? 0
      this.#places[term] = i
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
        this.#sentenceSum[s] = (this.#sentenceSum[s] ?? 0) + wording
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
      this.#sentenceSum[s] = (this.#sentenceSum[s] ?? 0) + unknown * unseenWording
      this.#sentenceSquares[s] = (this.#sentenceSquares[s] ?? 0) + unknown * unseenWording ** 2
      this.#sentenceDocumentSum[s] = (this.#sentenceDocumentSum[s] ?? 0) + unknown * unseenDocument
    })
  }

  release(): void {
    for (const term of this.#query.terms) this.#places[term] = -1
  }

  /** Everything except the two shares, which need the other documents. */
  compare(
    document: PreparedDocument,
    values: FieldValues,
  ): { features: MatchFeatures; wording: PreparedWording | undefined } {
    const features = emptyFeatures()
    let best: PreparedWording | undefined
    let bestValue = -1
    for (const wording of document.wordings) {
      const similarity = this.#compareWording(wording)
      const value = similarity.cosine + 0.5 * similarity.sentenceCosine
      if (value <= bestValue) continue
      bestValue = value
      best = wording
      Object.assign(features, similarity)
    }
    this.#compareWhole(document, values, features)
    if (best) this.#compareDetails(best, features)
    return { features, wording: best }
  }

  #compareWording(
    wording: PreparedWording,
  ): Pick<MatchFeatures, 'cosine' | 'wordingCovered' | 'queryCovered' | 'sentenceCosine'> {
    const { sentences, sentenceCount } = this.#query
    const { total, squares } = this.#weigh(wording)
    let shared = 0
    let sharedSquares = 0
    const hits = this.#hits.fill(0)
    const { terms } = wording
    for (let i = 0; i < terms.length; i++) {
      const at = this.#places[terms[i] as number] as number // one per term
      if (at < 0) continue
      const weight = this.#wordingWeight[at] ?? 0
      shared += weight
      sharedSquares += weight * weight
      for (let s = 0, bits = sentences[at] ?? 0; bits !== 0; s++, bits >>>= 1) {
        if (bits & 1) hits[s] = (hits[s] ?? 0) + weight * weight
      }
    }
    let sentenceCosine = 0
    for (let s = 0; s < sentenceCount; s++) {
      const own = this.#sentenceSquares[s] ?? 0
      const hit = hits[s] ?? 0
      if (own > 0 && squares > 0) sentenceCosine = Math.max(sentenceCosine, hit / Math.sqrt(own * squares))
    }
    return {
      cosine: squares > 0 && this.#wordingSquares > 0 ? sharedSquares / Math.sqrt(squares * this.#wordingSquares) : 0,
      wordingCovered: total > 0 ? shared / total : 0,
      queryCovered: this.#wordingSum > 0 ? shared / this.#wordingSum : 0,
      sentenceCosine,
    }
  }

  #weigh(wording: PreparedWording): PreparedWording['weighed'] {
    const { weighed } = wording
    if (weighed.at === this.#statistics.state) return weighed
    weighed.total = 0
    weighed.squares = 0
    for (const term of wording.terms) {
      const weight = this.#statistics.wordingIdf(term)
      weighed.total += weight
      weighed.squares += weight * weight
    }
    weighed.at = this.#statistics.state
    return weighed
  }

  #compareTopics(wording: PreparedWording, features: MatchFeatures): void {
    const query = this.#query
    let total = 0
    let shared = 0
    let sharedByQuery = 0
    let sharedSigns = 0
    for (let i = 0; i < wording.terms.length; i++) {
      const term = wording.terms[i] ?? -1
      const flags = wording.flags[i] ?? 0
      const at = this.#places[term] as number // one per term
      const weight = at < 0 ? this.#statistics.wordingIdf(term) : (this.#wordingWeight[at] ?? 0)
      if (flags & TOPIC) total += weight
      if (at < 0) continue
      if (!(flags & PAIR)) sharedSigns++
      if (flags & TOPIC) shared += weight
      if (query.isTopic[at]) sharedByQuery += weight
    }
    features.signsOfWordingCovered = wording.signCount > 0 ? sharedSigns / wording.signCount : 0
    features.signsOfQueryCovered = query.signCount > 0 ? sharedSigns / query.signCount : 0
    features.signsShared = Math.min(features.signsOfWordingCovered, features.signsOfQueryCovered)
    features.topicOfWordingCovered = total > 0 ? shared / total : 0
    features.topicOfQueryCovered = this.#topicSum > 0 ? sharedByQuery / this.#topicSum : 0
    features.topicShared = Math.min(features.topicOfWordingCovered, features.topicOfQueryCovered)
  }

  #surfaceDice(surface: string): number {
    let shared = 0
    const pairs = this.#surfacePairs
    for (let i = 1; i < surface.length; i++)
      if (pairs.has((surface.charCodeAt(i - 1) << 16) | surface.charCodeAt(i))) shared++
    const total = this.#query.surface.length - 1 + surface.length - 1
    return total > 0 ? Math.min(1, (2 * shared) / total) : Number(surface === this.#query.surface)
  }

  #compareWhole(document: PreparedDocument, values: FieldValues, features: MatchFeatures): void {
    const { sentences, sentenceCount, isPair } = this.#query
    let shared = 0
    let sharedPairs = 0
    let bm25 = 0
    const hits = this.#hits.fill(0)
    for (let i = 0; i < document.terms.length; i++) {
      const term = document.terms[i] as number // inside the range
      const at = this.#places[term] as number // one per term
      if (at < 0) continue
      bm25 += (this.#gain[at] ?? 0) * saturate(document.counts[i] ?? 0, values.title, values.wordings, values.body)
      const weight = this.#documentWeight[at] ?? 0
      shared += weight
      if (isPair[at]) sharedPairs += weight
      for (let s = 0, bits = sentences[at] ?? 0; bits !== 0; s++, bits >>>= 1)
        if (bits & 1) hits[s] = (hits[s] ?? 0) + weight
    }
    let title = 0
    for (const term of document.titleTerms) {
      const at = this.#places[term] as number // one per term
      if (at >= 0) title += this.#documentWeight[at] ?? 0
    }
    features.bm25 = this.#bestGain > 0 ? bm25 / (this.#bestGain * (K1 + 1)) : 0
    features.documentCovered = this.#documentSum > 0 ? shared / this.#documentSum : 0
    features.documentPairsCovered = this.#documentPairSum > 0 ? sharedPairs / this.#documentPairSum : 0
    features.titleCovered = this.#documentSum > 0 ? title / this.#documentSum : 0
    const longest = this.#sentenceDocumentSum.reduce((most, sum) => Math.max(most, sum), 0)
    for (let s = 0; s < sentenceCount; s++) {
      const own = this.#sentenceDocumentSum[s] ?? 0
      if (own >= longest * 0.3 && own > 0)
        features.sentenceInDocument = Math.max(features.sentenceInDocument, (hits[s] ?? 0) / own)
    }
  }

  #compareDetails(wording: PreparedWording, features: MatchFeatures): void {
    const query = this.#query
    const run = longestCommonRun(query.text, wording.text)
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

const runLengths = new Uint16Array(256)

/** Signs of the longest run both texts share; wordings longer than 255 units are compared up to there. */
function longestCommonRun(long: string, short: string): number {
  const width = Math.min(short.length, 255)
  const lengths = runLengths.fill(0, 0, width + 1)
  let best = 0
  for (let i = 0; i < long.length; i++) {
    const unit = long.charCodeAt(i)
    let diagonal = 0
    for (let j = 1; j <= width; j++) {
      const above = lengths[j] ?? 0
      const length = short.charCodeAt(j - 1) === unit ? diagonal + 1 : 0
      lengths[j] = length
      if (length > best) best = length
      diagonal = above
    }
  }
  return best
}
