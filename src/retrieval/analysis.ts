import { foldText } from '../base/fold-text.ts'
import { rememberLast } from '../base/remember-last.ts'
import { readFocus } from './question-focus.ts'
import type { Lexicon } from './lexicon.ts'
import { WordTrie } from './word-trie.ts'

/** A text as the index compares it. */
export interface AnalyzedText {
  /** Compared form: lower-case signs and numbers; `\n` between sentences, ` ` where punctuation parts a clause. */
  text: string
  /** The folded text before fillers go and words are rewritten, without gaps. */
  surface: string
  /** Bit set of what is asked (cause, symptom, …), 0 where nothing is recognised; see question-focus.ts. */
  focus: number
  /** `text` with everything but its topic blanked out. */
  topic: string
}

export interface AnalyzedQuery extends AnalyzedText {
  /** Slips that were mended, as `地镇→地震`. */
  mended: string[]
}

export interface Analyzer {
  /** For short texts: titles and wordings. */
  analyzeText(text: string): AnalyzedText
  /** For bodies: only the compared form. */
  analyzeBody(text: string): string
  /** `occurs` tells whether two neighbouring signs occur anywhere in the index: slips are mended only where they do not. */
  analyzeQuery(text: string, occurs: (first: number, second: number) => boolean): AnalyzedQuery
}

// One half of a surrogate pair is kept with the other.
const KEPT_SIGN = /[\p{L}\p{N}\p{Cs}]/u
const SENTENCE_END = new Set('\n。!?;…')

/** Builds the analysis of texts from a lexicon; pure and reusable. */
export function createAnalyzer(lexicon: Lexicon): Analyzer {
  const rewrites = buildRewrites(lexicon)
  const fillers = new WordTrie<'anywhere' | 'clause-end'>()
  for (const phrase of [...lexicon.stopwords.phrases, ...lexicon.forwardPrefixes.phrases]) {
    const folded = foldText(phrase)
    fillers.add(folded, folded.length === 1 ? 'clause-end' : 'anywhere')
  }
  const mends = buildMends(lexicon)

  const clausesOf = rememberLast(toClauses)
  /** Each kind of document is asked for the same query, mended for itself. */
  const finishQuery = rememberLast(finish)

  function finish(clauses: string): AnalyzedText {
    const text = rewriteWords(dropFillers(clauses, fillers), rewrites)
    return { text, surface: clauses.replace(/[ \n]+/g, ''), ...readFocus(text) }
  }

  return {
    analyzeText: (text) => finish(clausesOf(text)),
    analyzeBody: (text) => rewriteWords(clausesOf(text), rewrites),
    analyzeQuery(text, occurs) {
      const { text: mendedText, mended } = mendSlips(clausesOf(text), mends, occurs)
      return { ...finishQuery(mendedText), mended }
    },
  }
}

function buildRewrites(lexicon: Lexicon): WordTrie<string> {
  const direct = new WordTrie<string>()
  const words = new Set<string>()
  for (const { to, from } of [...lexicon.dialect.rewrites, ...lexicon.synonyms.rewrites]) {
    for (const word of from) {
      direct.add(foldText(word), foldText(to))
      words.add(foldText(word))
    }
  }
  // The word that is compared stays whole where a longer match would cut it.
  for (const { to } of [...lexicon.dialect.rewrites, ...lexicon.synonyms.rewrites]) {
    direct.add(foldText(to), foldText(to))
    words.add(foldText(to))
  }
  // A dialect word leads to an everyday word that may have a synonym of its own: followed here, once.
  const followed = new WordTrie<string>()
  for (const word of words) {
    const to = direct.findAt(word, 0)?.value ?? word
    followed.add(word, to === word ? word : rewriteWords(to, direct))
  }
  return followed
}

function toClauses(text: string): string {
  return partClauses(foldGrades(foldText(text)))
}

const GRADES: Record<string, string> = { iv: '4', iii: '3', ii: '2', i: '1' }

/** IV级 = 四级 = 4级. */
function foldGrades(folded: string): string {
  return folded.replace(/(?<![a-z])(iv|i{1,3})(?=级)/g, (grade) => GRADES[grade] ?? grade)
}

/** Keeps letters, digits and the point inside a number; everything else parts clauses or sentences. */
function partClauses(folded: string): string {
  let result = ''
  let gap = ''
  let start = -1
  for (let i = 0; i <= folded.length; i++) {
    const unit = i < folded.length ? folded.charCodeAt(i) : 0
    if (isWordUnit(unit, folded, i)) {
      if (start < 0) start = i
      continue
    }
    if (start >= 0) {
      result += result === '' ? folded.slice(start, i) : gap + folded.slice(start, i)
      start = -1
      gap = ''
    }
    const sign = folded[i] ?? ''
    if (SENTENCE_END.has(sign)) gap = '\n'
    else if (gap === '' && sign !== '"' && sign !== "'") gap = ' '
  }
  return result
}

function isWordUnit(unit: number, text: string, at: number): boolean {
  if (unit >= 0x4e00 && unit <= 0x9fff) return true
  if ((unit >= 0x61 && unit <= 0x7a) || (unit >= 0x30 && unit <= 0x39) || unit === 0x25) return true
  if (unit === 0x2e) return isDigit(text.charCodeAt(at - 1)) && isDigit(text.charCodeAt(at + 1))
  return unit > 0x7f && unit !== 0x3002 && KEPT_SIGN.test(text[at] ?? '')
}

function isDigit(unit: number): boolean {
  return unit >= 0x30 && unit <= 0x39
}

function dropFillers(text: string, fillers: WordTrie<'anywhere' | 'clause-end'>): string {
  let result = ''
  let kept = 0
  for (let i = 0; i < text.length;) {
    const found = fillers.findAt(text, i)
    const after = found ? text[i + found.length] : undefined
    if (!found || (found.value === 'clause-end' && after !== undefined && after !== ' ' && after !== '\n')) {
      i++
      continue
    }
    result += text.slice(kept, i)
    i += found.length
    kept = i
  }
  const dropped = kept === 0 ? text : result + text.slice(kept)
  // A text of nothing but fillers (「谢谢」) keeps its words.
  return dropped.trim() === '' ? text : dropped.trim()
}

function rewriteWords(text: string, rewrites: WordTrie<string>): string {
  let result = ''
  let kept = 0
  for (let i = 0; i < text.length;) {
    const found = rewrites.findAt(text, i)
    if (!found) {
      i++
      continue
    }
    result += text.slice(kept, i) + found.value
    i += found.length
    kept = i
  }
  return kept === 0 ? text : result + text.slice(kept)
}

function buildMends(lexicon: Lexicon): WordTrie<string> {
  const alike = new Map<string, Set<string>>()
  for (const signs of lexicon.homophones.signs) {
    for (const sign of signs) {
      const group = alike.get(sign) ?? new Set()
      for (const other of signs) if (other !== sign) group.add(other)
      alike.set(sign, group)
    }
  }
  const known = new Set([...lexicon.homophones.terms, ...lexicon.homophones.keep])
  for (const { to, from } of [...lexicon.dialect.rewrites, ...lexicon.synonyms.rewrites])
    for (const word of [to, ...from]) known.add(word)
  const mends = new WordTrie<string>()
  for (const term of lexicon.homophones.terms) {
    for (let i = 0; i < term.length; i++) {
      for (const other of alike.get(term[i] ?? '') ?? []) {
        const slip = term.slice(0, i) + other + term.slice(i + 1)
        if (!known.has(slip)) mends.add(slip, term)
      }
    }
  }
  return mends
}

function mendSlips(
  text: string,
  mends: WordTrie<string>,
  occurs: (first: number, second: number) => boolean,
): { text: string; mended: string[] } {
  let result = text
  const mended: string[] = []
  for (let i = 0; i < result.length; i++) {
    const found = mends.findAt(result, i)
    if (!found) continue
    const slip = result.slice(i, i + found.length)
    let seen = true
    for (let j = 0; j + 1 < slip.length && seen; j++) seen = occurs(slip.charCodeAt(j), slip.charCodeAt(j + 1))
    if (seen) continue
    result = result.slice(0, i) + found.value + result.slice(i + found.length)
    mended.push(`${slip}→${found.value}`)
    i += found.length - 1
  }
  return { text: result, mended }
}
