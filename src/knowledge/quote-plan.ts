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

/** Picks the words of `unit` that answer `query` best: whole sentences for a private chat, one clause for a group. */
export function quoteSentence(unit: PlanUnit, query: string): PlanQuote {
  const sentences = splitAfter(unit.text, SENTENCE_END).filter((sentence) => !LABEL.test(sentence.trim()))
  const asked = readQuery(query, unit.text)
  return { text: quoteForPrivate(unit.text, sentences, asked), group: quoteForGroup(sentences, asked) }
}

const SENTENCE_END = /[。！？!?｜\n]/
const CLAUSE_END = /[。！？!?｜\n，,；;：:]/
/** A label such as 推进计划： says nothing by itself. */
const LABEL = /^[^，。；]{0,8}[：:]$/
/** A clause that begins so has its subject in the clause before. */
const DEPENDENT = /^(其中|并|而|且|但|以及|同时|从而|进而|不断|除)/
const PAIRS = ['“”', '‘’', '（）', '()', '《》', '〔〕', '「」'] as const
const NUMBER_BONUS = 1.5
const HEAD_WEIGHT = 4
/** A clause that fits but says much less than the best one would mislead: then none fits. */
const LEAST_SHARE = 0.6
const ASKS_AMOUNT =
  /多少|多久|多长|几[个家名人次项所年月天]|比例|占比|百分|哪[一]?年|哪[一]?天|什么时候|何时|啥子时候|目标|多大|几时/

interface Asked {
  /** What each pair of signs of the question is worth; what the unit repeats is worth less. */
  weights: Map<string, number>
  wantsNumber: boolean
}

function readQuery(query: string, text: string): Asked {
  const folded = foldText(query)
  const counts = new Map<string, number>()
  for (const pair of pairsOf(foldText(text))) counts.set(pair, (counts.get(pair) ?? 0) + 1)
  const weights = new Map<string, number>()
  for (const pair of pairsOf(folded)) {
    const count = counts.get(pair)
    if (count !== undefined) weights.set(pair, 1 / Math.sqrt(count))
  }
  // The other words of a question about a row only say which row; its column head says which cell is wanted.
  for (const pair of pairsOf(foldText(readHeads(text)))) if (weights.has(pair)) weights.set(pair, HEAD_WEIGHT)
  return { weights, wantsNumber: ASKS_AMOUNT.test(folded) }
}

function readHeads(text: string): string {
  const cells = text.split('｜')
  return cells.length < 2 ? '' : cells.map((cell) => cell.split('：')[0] ?? '').join(' ')
}

function foldText(text: string): string {
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

function score(text: string, asked: Asked): number {
  const folded = foldText(text)
  let shared = 0
  for (const pair of new Set(pairsOf(folded))) shared += asked.weights.get(pair) ?? 0
  if (shared > 0 && asked.wantsNumber && /\d/.test(folded)) shared *= NUMBER_BONUS
  return shared
}

/** The whole unit where it fits, else the run of sentences that shares most with the question. */
function quoteForPrivate(whole: string, sentences: readonly string[], asked: Asked): string {
  const trimmed = trimCut(whole)
  if (trimmed !== '' && countSigns(trimmed) <= MAX_PRIVATE_SIGNS) return trimmed
  const best = bestRun(sentences, MAX_PRIVATE_SIGNS, (run) => score(run, asked), isWhole)
  if (best !== undefined) return best
  const clauses = sentences.flatMap((sentence) => splitAfter(sentence, CLAUSE_END))
  return (
    bestRun(
      clauses,
      MAX_PRIVATE_SIGNS,
      (run) => score(run, asked),
      () => true,
    ) ?? trimmed
  )
}

function quoteForGroup(sentences: readonly string[], asked: Asked): string | undefined {
  let best: { cut: string; value: number } | undefined
  let most = 0
  for (const sentence of sentences) {
    const clauses = splitAfter(sentence, CLAUSE_END)
    most = Math.max(most, ...clauses.map((clause) => score(clause, asked)))
    const cut = bestRun(clauses, MAX_GROUP_SIGNS, (run) => valueOf(run, asked), canStandAlone)
    const value = cut === undefined ? 0 : valueOf(cut, asked)
    if (cut !== undefined && value > (best?.value ?? 0)) best = { cut, value }
  }
  return best !== undefined && best.value >= most * LEAST_SHARE ? best.cut : undefined
}

/** Nothing shared is worth nothing; among equals the shorter cut wins. */
function valueOf(text: string, asked: Asked): number {
  const shared = score(text, asked)
  return shared === 0 ? 0 : shared - countSigns(text) / 100
}

/** The run of neighbouring parts that is worth most; of equal ones the first, and there the longest. */
function bestRun(
  parts: readonly string[],
  maxSigns: number,
  value: (run: string) => number,
  accept: (run: string) => boolean,
): string | undefined {
  let best: { run: string; value: number } | undefined
  for (let start = 0; start < parts.length; start++) {
    let joined = ''
    for (const part of parts.slice(start)) {
      joined += part
      const run = trimCut(joined)
      if (countSigns(run) > maxSigns) break
      if (run === '' || !accept(run)) continue
      const worth = value(run)
      if (best === undefined || worth > best.value || (worth === best.value && run.startsWith(best.run)))
        best = { run, value: worth }
    }
  }
  return best?.run
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
