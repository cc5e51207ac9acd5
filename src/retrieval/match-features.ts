/** What one query–document pair looks like. All values 0…1 unless said. */
export interface MatchFeatures {
  /** BM25 over all fields ÷ the best value any document could reach. */
  bm25: number
  /** The same ÷ the best of this query's documents. */
  bm25Share: number
  /** idf-weighted cosine with the best wording, and ÷ the best of this query. */
  cosine: number
  cosineShare: number
  /** Share of the wording's information found in the query; share of the query's found in the wording. */
  wordingCovered: number
  queryCovered: number
  /** Best single sentence of the query against the wording. */
  sentenceCosine: number
  /** Share of the query's information found anywhere in the document: all terms, pairs only, best sentence. */
  documentCovered: number
  documentPairsCovered: number
  sentenceInDocument: number
  titleCovered: number
  /** Longest common run of signs ÷ signs of the wording. */
  commonRun: number
  /** The same two shares among topic terms only. */
  topicOfWordingCovered: number
  topicOfQueryCovered: number
  /** The two shares of distinct single signs and runs, without weights: the way of asking counts fully. */
  signsOfWordingCovered: number
  signsOfQueryCovered: number
  /** The smaller of the two shares: a short alias inside a long question, or the reverse, is no match. */
  signsShared: number
  topicShared: number
  /** Foci both ask for ÷ foci either asks for (0 where neither has one). */
  focusAgrees: number
  /** 1 where both have foci and none is shared. */
  focusConflicts: number
  /** 1 where the wording asks for something the query does not name. */
  focusOnlyInWording: number
  /** Share of the wording's numbers the query repeats (0 without numbers); 1 where both have numbers and none agrees. */
  numbersAgree: number
  numbersConflict: number
  /** Dice coefficient of the pairs of signs as written (after folding). */
  surfaceDice: number
  /** 1 where exactly one of the two is negated. */
  polarityConflicts: number
}

/** Nothing matches. */
export function emptyFeatures(): MatchFeatures {
  return {
    bm25: 0,
    bm25Share: 0,
    cosine: 0,
    cosineShare: 0,
    wordingCovered: 0,
    queryCovered: 0,
    sentenceCosine: 0,
    documentCovered: 0,
    documentPairsCovered: 0,
    sentenceInDocument: 0,
    titleCovered: 0,
    commonRun: 0,
    topicOfWordingCovered: 0,
    topicOfQueryCovered: 0,
    signsOfWordingCovered: 0,
    signsOfQueryCovered: 0,
    signsShared: 0,
    topicShared: 0,
    focusAgrees: 0,
    focusConflicts: 0,
    focusOnlyInWording: 0,
    numbersAgree: 0,
    numbersConflict: 0,
    polarityConflicts: 0,
    surfaceDice: 0,
  }
}
