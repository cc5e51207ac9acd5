import { foldText } from '../base/fold-text.ts'
import { countSigns } from '../base/signs.ts'
import type { PlanUnit } from './plan.ts'

const MAX_PRIVATE_SIGNS = 220
const MAX_GROUP_SIGNS = 32

/** Cut-outs of a unit's text, never altered and cut only at punctuation. */
export interface PlanQuote {
  /** For a private chat: at most 220 signs, longer only where the text has no punctuation to cut at. */
  text: string
  /** For a group: at most 32 signs; undefined where no clause fits or none has a word of the question. */
  group: string | undefined
}

export interface QuoteOptions {
  /** What the words hold, folded, when they answer (a percentage, a date); without it the query tells. */
  wanted?: RegExp | undefined
  /** Room for the private quote, at most 220 signs. */
  maxSigns?: number
}

/** Picks the words of `unit` that answer `query` best: whole sentences for a private chat, one clause for a group. */
export function quoteSentence(unit: PlanUnit, query: string, { wanted, maxSigns }: QuoteOptions = {}): PlanQuote {
  const asked = readQuery(query, unit.text, wanted)
  const room = Math.min(maxSigns ?? MAX_PRIVATE_SIGNS, MAX_PRIVATE_SIGNS)
  const sentences = splitAfter(unit.text, SENTENCE_END).map((sentence) => weighPart(sentence, asked))
  return { text: quoteForPrivate(unit.text, sentences, { asked, room }), group: quoteForGroup(sentences, asked) }
}

const SENTENCE_END = /[。！？!?｜\n]/
const CLAUSE_END = /[。！？!?｜\n，,；;：:]/
/** A label such as 推进计划： says nothing by itself. */
const LABEL = /^[^，。；]{0,8}[：:]$/
/** A clause that begins so has its subject in the clause before. */
const DEPENDENT = /^(其中|并|而|且|但|以及|同时|从而|进而|不断|除)/
const PAIRS = ['“”', '‘’', '（）', '()', '《》', '〔〕', '「」'] as const
const FORM_BONUS = 1.5
/** What a part is about stands at its beginning. */
const TOPIC_BONUS = 1.2
const TOPIC_SIGNS = 4
const HEAD_WEIGHT = 4
/** How much more it counts that a quote holds the best part than that it shares many words. */
const BEST_PART_WEIGHT = 3
/** A clause that fits but says much less than the best one would mislead: then none fits. */
const LEAST_SHARE = 0.6
const ASKS_AMOUNT =
  /多少|多久|多长|几[个家名人次项所年月天]|比例|占比|百分|哪[一]?年|哪[一]?天|什么时候|何时|啥子时候|目标|多大|几时/

interface Asked {
  /** What each pair of signs of the question is worth; what the unit repeats is worth less. */
  weights: Map<string, number>
  wanted: RegExp | undefined
  /** A group has no room for what leads to the answer: its clause holds the form or there is none. */
  mustHold: boolean
}

function readQuery(query: string, text: string, wanted: RegExp | undefined): Asked {
  const folded = foldWords(query)
  const counts = new Map<string, number>()
  for (const pair of pairsOf(foldWords(text))) counts.set(pair, (counts.get(pair) ?? 0) + 1)
  const weights = new Map<string, number>()
  for (const pair of pairsOf(folded)) {
    const count = counts.get(pair)
    if (count !== undefined) weights.set(pair, 1 / Math.sqrt(count))
  }
  // The other words of a question about a row only say which row; its column head says which cell is wanted.
  for (const pair of pairsOf(foldWords(readHeads(text)))) if (weights.has(pair)) weights.set(pair, HEAD_WEIGHT)
  return {
    weights,
    wanted: wanted ?? (ASKS_AMOUNT.test(folded) ? /\d/ : undefined),
    mustHold: wanted !== undefined,
  }
}

function readHeads(text: string): string {
  const cells = text.split('｜')
  return cells.length < 2 ? '' : cells.map((cell) => cell.split('：')[0] ?? '').join(' ')
}

function foldWords(text: string): string {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}%]+/gu, ' ')
}

/** Neighbouring signs, numbers and Latin words whole. */
function pairsOf(folded: string): string[] {
  const pairs: string[] = []
  for (const run of folded.match(/[a-z]+|\d+|\p{Script=Han}+/gu) ?? []) {
    if (/^[a-z\d]/.test(run)) pairs.push(run)
    else for (let index = 0; index + 2 <= run.length; index++) pairs.push(run.slice(index, index + 2))
  }
  return pairs
}

/** A sentence or a clause with what it shares with the question. */
interface Part {
  text: string
  signs: number
  /** Pairs of the question that it holds. */
  shared: ReadonlySet<string>
  hasForm: boolean
  beginsWithTopic: boolean
}

function weighPart(text: string, { weights, wanted }: Asked): Part {
  const folded = foldWords(text)
  const shared = new Set(pairsOf(folded).filter((pair) => weights.has(pair)))
  return {
    text,
    signs: countSigns(text),
    shared,
    hasForm: shared.size > 0 && wanted !== undefined && wanted.test(foldText(text)),
    beginsWithTopic: pairsOf(folded.trimStart().slice(0, TOPIC_SIGNS)).some((pair) => weights.has(pair)),
  }
}

function score(parts: readonly Part[], { weights }: Asked): number {
  const shared = new Set<string>()
  for (const part of parts) for (const pair of part.shared) shared.add(pair)
  let worth = 0
  for (const pair of shared) worth += weights.get(pair) ?? 0
  if (parts[0]?.beginsWithTopic === true) worth *= TOPIC_BONUS
  return parts.some(({ hasForm }) => hasForm) ? worth * FORM_BONUS : worth
}

interface Choosing {
  asked: Asked
  room: number
}

/** The whole unit where it fits, else the best sentence with as much around it as fits. */
function quoteForPrivate(whole: string, sentences: readonly Part[], { asked, room }: Choosing): string {
  const trimmed = trimCut(whole)
  if (trimmed !== '' && countSigns(trimmed) <= room) return trimmed
  return (
    runAroundBest(sentences, { asked, room }, isWhole) ??
    runAroundBest(splitSentences(sentences, asked), { asked, room }, () => true) ??
    trimmed
  )
}

function splitSentences(sentences: readonly Part[], asked: Asked): Part[] {
  return sentences.flatMap(({ text }) => splitAfter(text, CLAUSE_END).map((clause) => weighPart(clause, asked)))
}

/** The run that says most among those that hold the best part; undefined where that part alone is too long. */
function runAroundBest(
  parts: readonly Part[],
  { asked, room }: Choosing,
  accept: (run: string) => boolean,
): string | undefined {
  const worths = parts.map((part) => valueOf([part], asked))
  const most = Math.max(...worths)
  const best = parts[worths.indexOf(most)]
  const run = bestRun(
    parts,
    room,
    (run) => score(run, asked) + (best !== undefined && run.includes(best) ? most * BEST_PART_WEIGHT : 0),
    accept,
  )
  return best !== undefined && best.signs - trimmedSigns(best) > room ? undefined : run?.text
}

function quoteForGroup(sentences: readonly Part[], asked: Asked): string | undefined {
  let best: { text: string; value: number } | undefined
  let most = 0
  for (const sentence of sentences) {
    if (sentence.shared.size === 0) continue
    const clauses = splitSentences([sentence], asked)
    most = Math.max(most, ...clauses.map((clause) => score([clause], asked)))
    const cut = bestRun(clauses, MAX_GROUP_SIGNS, (run) => valueOf(run, asked), canStandAlone)
    if (cut !== undefined && cut.value > (best?.value ?? 0)) best = cut
  }
  if (best === undefined || best.value < most * LEAST_SHARE) return undefined
  return asked.mustHold && asked.wanted?.test(foldText(best.text)) === false ? undefined : best.text
}

const SIGNS_PER_WORTH = 100

/** Nothing shared is worth nothing; among equals the shorter cut wins. */
function valueOf(parts: readonly Part[], asked: Asked): number {
  const shared = score(parts, asked)
  return shared === 0 ? 0 : shared - parts.reduce((sum, { signs }) => sum + signs, 0) / SIGNS_PER_WORTH
}

/** The run of neighbouring parts that is worth most; of equal ones the first, and there the longest. */
function bestRun(
  parts: readonly Part[],
  maxSigns: number,
  value: (run: readonly Part[]) => number,
  accept: (run: string) => boolean,
): { text: string; value: number } | undefined {
  let best: { text: string; value: number; start: number } | undefined
  for (let start = 0; start < parts.length; start++) {
    let signs = 0
    for (let end = start; end < parts.length; end++) {
      const last = parts[end]
      if (last === undefined) break
      signs += last.signs
      if (signs - trimmedSigns(last) > maxSigns) break
      const run = parts.slice(start, end + 1)
      const worth = value(run)
      if (best !== undefined && (worth < best.value || (worth === best.value && start !== best.start))) continue
      const text = trimCut(run.map((part) => part.text).join(''))
      if (text !== '' && !LABEL.test(text) && accept(text)) best = { text, value: worth, start }
    }
  }
  return best
}

function trimmedSigns({ text, signs }: Part): number {
  return /[，,；;：:｜]\s*$/.test(text) ? signs - countSigns(trimCut(text)) : 0
}

/** Leaves the end of a full sentence, drops the comma or colon that a cut leaves behind. */
function trimCut(text: string): string {
  return text
    .trim()
    .replace(/[，,；;：:｜]+$/, '')
    .trim()
}

function isWhole(run: string): boolean {
  return PAIRS.every(([open, close]) => {
    let depth = 0
    for (const sign of run) {
      if (sign === open) depth++
      if (sign === close) depth--
      if (depth < 0) return false
    }
    return depth === 0
  })
}

function canStandAlone(run: string): boolean {
  return isWhole(run) && !DEPENDENT.test(run) && !LABEL.test(`${run}：`)
}

function splitAfter(text: string, end: RegExp): string[] {
  const parts: string[] = []
  let part = ''
  for (const sign of text) {
    part += sign
    if (!end.test(sign)) continue
    parts.push(part)
    part = ''
  }
  if (part !== '') parts.push(part)
  return parts
}
