import { foldText } from '../base/fold-text.ts'
import type { Reason } from '../retrieval/search-index.ts'
import { NEGATION, type LifeThreatGuard, type LifeThreatLexicon, type LifeThreatRule } from './life-threat-lexicon.ts'

export interface LifeThreatHit {
  topic: string
  reasons: Reason[]
}

const NEGATED = new RegExp(`${NEGATION}$`, 'u')
/** Sounds of hesitation that dictation writes down, and signs typed over and over. */
const FILLERS =
  /[嗯呃唔诶欸]+[,、.…~ ]*|哎[呀哟哦]?[,、.…~ ]*|(?:那个|这个|就是)[,、.…~ ]*(?:那个|这个|就是)[,、.…~ ]*|就是说[,、 ]*|我的?(?:个)?(?:天|妈|娘)(?:呐|哪|呀|啊|耶)[,、!~ ]*/gu
const REPEATED = /(\p{Script=Han})\1{2,}/gu
const DOTS = /[、.…]{2,}|\.(?!\d)|、/gu
const SENTENCE_END = /[。!?\n;]/u
const CLAUSE_END = /[。!?\n;, ]/u
const HAPPENED = /[了啦咯喽着在正]|一直|起来|不(?:应|醒|动|出|到|住|上)/u

interface Message {
  /** Without idioms and namesakes. */
  text: string
  /** With them. */
  whole: string
  present: boolean
  asks: boolean
  /** Guards that stand somewhere in the message and that nothing lifts. */
  guards: LifeThreatGuard[]
}

/**
 * Somebody is in danger now: decided by phrases alone, with guards against questions about the past, the possible and
 * the figurative. Needs no store, no index and no model; never throws.
 */
export function detectLifeThreat(text: string, lexicon: LifeThreatLexicon): LifeThreatHit | undefined {
  const message = readMessage(text, lexicon)
  if (message.text === '') return undefined
  let best: { topic: string; weight: number; said: string } | undefined
  for (const { topic, rules } of lexicon.topics) {
    for (const rule of rules) {
      if (rule.weight <= (best?.weight ?? 0)) continue
      const said = findSaid(rule, message, lexicon)
      if (said !== undefined) best = { topic, weight: rule.weight, said }
    }
  }
  if (!best) return undefined
  return { topic: best.topic, reasons: [{ code: 'danger-now', text: `说到正在发生的危险：“${best.said}”` }] }
}

function readMessage(text: string, { rewrites, harmless, marks, guards }: LifeThreatLexicon): Message {
  let read = foldText(text).replace(DOTS, ',').replace(FILLERS, '').replace(REPEATED, '$1$1')
  const whole = read.replace(rewrites.pattern, (word) => rewrites.to.get(word) ?? word)
  read = harmless ? whole.replace(harmless, '□') : whole
  return {
    text: read,
    whole,
    present: matches(marks.present, read),
    asks: matches(marks.asks, read),
    guards: guards.filter(
      ({ before, after, anywhere, unless }) =>
        ((anywhere && matches(anywhere, whole)) ||
          [before, after].some((pattern) => pattern && matches(pattern, read))) &&
        !(unless && matches(unless, read)),
    ),
  }
}

function findSaid(rule: LifeThreatRule, message: Message, lexicon: LifeThreatLexicon): string | undefined {
  const { text } = message
  if (!matches(rule.say, text)) return undefined
  if (rule.not && matches(rule.not, text)) return undefined
  if (!rule.with.every(({ pattern, sign }) => (sign && !message.asks) || matches(pattern, text))) return undefined
  const guards = message.guards.filter(({ guard }) => !rule.despite.has(guard))
  if (guards.some(({ guard, anywhere }) => guard !== 'asking' && anywhere && matches(anywhere, message.whole)))
    return undefined
  for (const match of text.matchAll(rule.say)) {
    const end = match.index + match[0].length
    if (NEGATED.test(text.slice(Math.max(0, match.index - 8), match.index))) continue
    if (rule.event && !message.present && !isDone(text, end, lexicon)) continue
    if (guards.some((guard) => standsBeside(guard, text, match.index, end))) continue
    if (!guards.some((guard) => asksAbout(guard, text, match.index, end))) return match[0]
  }
  return undefined
}

function isDone(text: string, end: number, { marks }: LifeThreatLexicon): boolean {
  marks.done.lastIndex = end
  return marks.done.test(text)
}

/** A condition before what was said, or a 时/后 behind it, in the same sentence. */
function standsBeside({ before, after }: LifeThreatGuard, text: string, start: number, end: number): boolean {
  const head = text.slice(0, end).split(SENTENCE_END).at(-1) ?? ''
  if (before && matches(before, head)) return true
  const tail = text.slice(start).split(SENTENCE_END)[0] ?? ''
  const said = end - start
  return after !== null && [...tail.matchAll(after)].some((match) => match.index + match[0].length > said)
}

/** 「触电了能不能拉」 asks about what was said; in 「喊不应了，怎么按」 the clause before the question has told that it is so. */
function asksAbout({ guard, anywhere }: LifeThreatGuard, text: string, start: number, end: number): boolean {
  if (guard !== 'asking' || !anywhere || !matches(anywhere, text)) return false
  const head = text.slice(0, start).split(CLAUSE_END).at(-1) ?? ''
  const tail = text.slice(end).split(CLAUSE_END)[0] ?? ''
  const clause = head + text.slice(start, end) + tail
  return matches(anywhere, clause) || !HAPPENED.test(clause)
}

function matches(pattern: RegExp, text: string): boolean {
  return text.search(pattern) >= 0
}
