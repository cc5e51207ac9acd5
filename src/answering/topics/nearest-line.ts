import { foldText } from '../../base/fold-text.ts'
import type { Card } from '../../knowledge/card.ts'

/** Share of weighed pairs that question and line have in common (cosine) from which a line meets the question. */
const NEAR_ENOUGH = 0.2
/** So many pairs of signs must be shared: one word alone may be a chance. */
const SHARED_PAIRS = 3
const COLORS = ['蓝', '黄', '橙', '红']
/** A line that tells whom or what state it is for meets only a question that says the same. */
const STATES = [/成人|大人/u, /儿童/u, /婴儿|1岁以下/u, /孕/u, /昏迷|没有?意识|不醒/u, /清醒/u]
/** The question is about the time after: only what the card says of that time meets it. */
const OVER = /已经(?:不|停|没|过)|不[晃摇下]了|[停退完]了|过后|之后/u

interface Line {
  /** As the resident reads it: the card's own words. */
  shown: string
  text: string
  pairs: ReadonlySet<string>
}

/** A card's lines are read once. */
const prepared = new WeakMap<Card, Line[]>()

/**
 * The line of the card's own sections that is nearest to the question, as it is shown: verbatim, an `avoid` entry marked
 * as one; undefined when none is near enough or it is for another level, age or state than the question names.
 * `normalize` brings dialect and synonyms to one form; `shown` is what the answer says anyway.
 */
export function findNearestLine(
  question: string,
  card: Card,
  normalize: (text: string) => string,
  shown: readonly string[],
): string | undefined {
  const known = prepared.get(card) ?? listLines(card, normalize)
  prepared.set(card, known)
  const lines = known.filter((line) => !shown.includes(line.text))
  const occurrences = new Map<string, number>()
  for (const { pairs } of lines) for (const pair of pairs) occurrences.set(pair, (occurrences.get(pair) ?? 0) + 1)
  // A pair that most lines of the card have is its topic and does not tell one line from another.
  const weigh = (pair: string) => Math.log((lines.length + 1) / ((occurrences.get(pair) ?? 0) + 0.5))
  const asked = listPairs(normalize(question))
  const askedWeight = sumOf(asked, weigh)

  let best: { line: Line; near: number } | undefined
  for (const line of lines) {
    const shared = [...asked].filter((pair) => line.pairs.has(pair))
    if (shared.length < SHARED_PAIRS) continue
    const near = sumOf(shared, weigh) / Math.sqrt(askedWeight * sumOf(line.pairs, weigh))
    if (near >= NEAR_ENOUGH && near > (best?.near ?? 0)) best = { line, near }
  }
  if (!best || isAboutOther(question, best.line.text)) return undefined
  return OVER.test(question) && !card.after.includes(best.line.text) ? undefined : best.line.shown
}

function listLines(card: Card, normalize: (text: string) => string): Line[] {
  const plain = [...card.now, ...card.before, ...card.after, ...card.myths].map((text) => ({ shown: text, text }))
  const avoided = card.avoid.map(({ what, why }) => ({ shown: `千万别这样：${what}。${why}`, text: `${what}：${why}` }))
  const numbers = card.numbers.map(({ what, value }) => ({ shown: `${what}：${value}`, text: `${what}：${value}` }))
  return [...plain, ...avoided, ...numbers].map((line) => ({ ...line, pairs: listPairs(normalize(line.text)) }))
}

/** The line is for another colour, grade, age or state than the question names: the answer to its twin. */
function isAboutOther(question: string, line: string): boolean {
  const colors = COLORS.filter((color) => line.includes(color))
  const asked = COLORS.filter((color) => new RegExp(`${color}色|${color}预警`, 'u').test(question))
  if (asked.length > 0 && !asked.some((color) => colors.includes(color))) return true
  if (STATES.some((state) => state.test(line) && !state.test(question))) return true
  const grade = /\d(?=级|岁|个月|周岁)/gu
  const named: string[] = foldText(question).match(grade) ?? []
  const inLine: string[] = foldText(line).match(grade) ?? []
  return named.length > 0 && inLine.length > 0 && !named.some((number) => inLine.includes(number))
}

function listPairs(text: string): Set<string> {
  const pairs = new Set<string>()
  for (let i = 0; i + 1 < text.length; i++) {
    const pair = text.slice(i, i + 2)
    if (/^[\p{L}\p{N}]{2}$/u.test(pair)) pairs.add(pair)
  }
  return pairs
}

function sumOf(pairs: Iterable<string>, weigh: (pair: string) => number): number {
  let sum = 0
  for (const pair of pairs) sum += Math.max(weigh(pair), 0)
  return sum
}
