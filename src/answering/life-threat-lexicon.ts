import { z } from 'zod'
import { foldText } from '../base/fold-text.ts'
import { slugSchema } from '../knowledge/fields.ts'
import { parseSeed, type SeedResult } from '../knowledge/seed-file.ts'

/**
 * A phrase is folded text with a few signs of its own: `…` up to 8 signs of one sentence whose last is no negation,
 * `#` a number, `<name>` any of the words of that name, `^` and `$` begin and end of a clause, `!(a)` and `<!(a)` not
 * followed, not preceded by; `(a|b)` and `a?` as in a regular expression. There is no unbounded repetition, so
 * matching time grows with the length of the text only.
 */
const phraseSchema = z.string().min(1).max(400)
const phrasesSchema = z.array(phraseSchema).default([])

const guardSchema = z.enum([
  'hypothetical',
  'asking',
  'learning',
  'past',
  'lately',
  'elsewhere',
  'over',
  'figurative',
  'drill',
])
export type Guard = z.infer<typeof guardSchema>

const lexiconSchema = z.strictObject({
  /** Spellings and dialect words, replaced by the word that phrases use. */
  rewrites: z.array(z.strictObject({ to: z.string(), from: z.array(z.string().min(1)).min(1) })),
  /** Word groups for `<name>`; a group may use the groups above it. */
  words: z.record(z.string(), z.array(phraseSchema).min(1)),
  /** Idioms and namesakes of dangers; taken out before anything is looked for. */
  harmless: phrasesSchema,
  /** What makes an event a present one: `done` directly behind it, `present` anywhere in the message. `asks`: question words. */
  marks: z.strictObject({
    done: z.array(phraseSchema).min(1),
    present: z.array(phraseSchema).min(1),
    asks: z.array(phraseSchema).min(1),
  }),
  /** What shows that nobody is in danger now: in the same sentence before or after what was said, or anywhere. */
  guards: z.array(
    z.strictObject({
      guard: guardSchema,
      before: phrasesSchema,
      after: phrasesSchema,
      anywhere: phrasesSchema,
      /** Lifts this guard wherever it stands. */
      unless: phrasesSchema,
    }),
  ),
  topics: z.array(
    z.strictObject({
      topic: slugSchema,
      rules: z
        .array(
          z.strictObject({
            /** A state speaks for itself; an event (触电, 地震) needs one of the marks. */
            as: z.enum(['state', 'event']).default('state'),
            /** One of these must be said, not negated. */
            say: z.array(phraseSchema).min(1),
            /**
             * And one of each of these lists, anywhere in the message. A list with `<le>` or `<live>` wants a sign that
             * it is happening; a message that asks nothing needs none.
             */
            with: z.array(z.array(phraseSchema).min(1)).default([]),
            /** And none of these. */
            not: phrasesSchema,
            /** Guards that this rule does without. */
            despite: z.array(guardSchema).default([]),
            /** Decides between topics: the heaviest rule that applies. */
            weight: z.number().positive(),
          }),
        )
        .min(1),
      /** Messages that must, and messages that must not be taken for this danger; checked by the tests. */
      must: z.array(z.string()).min(1),
      mustNot: z.array(z.string()).min(1),
    }),
  ),
})
type Lexicon = z.infer<typeof lexiconSchema>

export interface LifeThreatRule {
  event: boolean
  say: RegExp
  with: { pattern: RegExp; sign: boolean }[]
  not: RegExp | null
  despite: ReadonlySet<Guard>
  weight: number
}

export interface LifeThreatGuard {
  guard: Guard
  before: RegExp | null
  after: RegExp | null
  anywhere: RegExp | null
  unless: RegExp | null
}

export interface LifeThreatLexicon {
  rewrites: { pattern: RegExp; to: ReadonlyMap<string, string> }
  harmless: RegExp | null
  marks: { done: RegExp; present: RegExp; asks: RegExp }
  guards: LifeThreatGuard[]
  topics: { topic: string; rules: LifeThreatRule[]; must: string[]; mustNot: string[] }[]
}

/** Reads the lexicon of life-threat phrases; problems name line and field, for a phrase its words. */
export function readLifeThreatLexicon(file: string, text: string): SeedResult<LifeThreatLexicon> {
  const parsed = parseSeed(file, text, lexiconSchema)
  if (!parsed.ok) return parsed
  try {
    return { ok: true, value: compileLexicon(parsed.value) }
  } catch (error) {
    return {
      ok: false,
      problems: [{ file, line: 1, field: '', message: error instanceof Error ? error.message : String(error) }],
    }
  }
}

function compileLexicon({ rewrites, words, harmless, marks, guards, topics }: Lexicon): LifeThreatLexicon {
  const groups = new Map<string, string>()
  for (const [name, phrases] of Object.entries(words)) groups.set(name, joinPhrases(phrases, groups))
  const compile = (phrases: readonly string[]) =>
    phrases.length === 0 ? null : new RegExp(joinPhrases(phrases, groups), 'gu')
  const compileSome = (phrases: readonly string[]) => new RegExp(joinPhrases(phrases, groups), 'gu')
  return {
    rewrites: compileRewrites(rewrites),
    harmless: compile(harmless),
    marks: {
      // Up to two signs may stand between an event and 了: 地震来了, 着火起来了.
      done: new RegExp(`[^。!?\\n,; ]{0,2}?${joinPhrases(marks.done, groups)}`, 'uy'),
      present: compileSome(marks.present),
      asks: compileSome(marks.asks),
    },
    guards: guards.map(({ guard, before, after, anywhere, unless }) => ({
      guard,
      before: compile(before),
      after: compile(after),
      anywhere: compile(anywhere),
      unless: compile(unless),
    })),
    topics: topics.map(({ topic, rules, must, mustNot }) => ({
      topic,
      must,
      mustNot,
      rules: rules.map((rule) => ({
        event: rule.as === 'event',
        say: compileSome(rule.say),
        with: rule.with.map((phrases) => ({
          pattern: compileSome(phrases),
          sign: phrases.includes('<le>') || phrases.includes('<live>'),
        })),
        not: compile(rule.not),
        despite: new Set(rule.despite),
        weight: rule.weight,
      })),
    })),
  }
}

function compileRewrites(rewrites: Lexicon['rewrites']): LifeThreatLexicon['rewrites'] {
  const to = new Map(rewrites.flatMap((rewrite) => rewrite.from.map((word) => [foldText(word), rewrite.to] as const)))
  const longestFirst = [...to.keys()].toSorted((a, b) => b.length - a.length).map(escapePattern)
  return { pattern: new RegExp(longestFirst.join('|') || '(?!)', 'gu'), to }
}

function joinPhrases(phrases: readonly string[], groups: ReadonlyMap<string, string>): string {
  return `(?:${phrases.map((phrase) => compilePhrase(phrase, groups)).join('|')})`
}

/** 没, 不是 and the like; not the 不会 of 会不会, the 不是 of 是不是, the 别 of 特别, the 没 of 有没有. */
export const NEGATION =
  '(?:(?<!有)没有?|(?<!是)不是|(?<!会)不会|不再|并非|未|(?<![特级区])别|莫)(?:发生|出现|什么|任何|再|真的?)?'

const SIGNS: Record<string, string> = {
  '…': `[^。!?\\n;]{0,8}?(?<!${NEGATION})`,
  '#': '\\d{1,4}',
  '!(': '(?!',
  '<!(': '(?<!',
  '(': '(?:',
  ')': ')',
  '|': '|',
  '?': '?',
  '^': '(?<![^。!?\\n,;~ ])',
  $: '(?![^。!?\\n,;~. ])',
}

function compilePhrase(phrase: string, groups: ReadonlyMap<string, string>): string {
  const source = phrase
    .split(/(<!\(|!\(|[…()|?#^$]|<[a-z-]+>)/u)
    .map(
      (part) =>
        SIGNS[part] ??
        (/^<[a-z-]+>$/u.test(part) ? readGroup(part, phrase, groups) : escapePattern(foldKeepingSpaces(part))),
    )
    .join('')
  try {
    return new RegExp(source, 'u').source
  } catch {
    throw new Error(`“${phrase}” is not a phrase: its brackets do not match`)
  }
}

function readGroup(part: string, phrase: string, groups: ReadonlyMap<string, string>): string {
  const group = groups.get(part.slice(1, -1))
  if (group === undefined) throw new Error(`“${phrase}” uses ${part}, which no word group above it is called`)
  return group
}

function foldKeepingSpaces(part: string): string {
  return (part.startsWith(' ') ? ' ' : '') + foldText(part) + (part.length > 1 && part.endsWith(' ') ? ' ' : '')
}

function escapePattern(text: string): string {
  return text.replace(/[\\^$.*+?()|[\]{}/]/gu, '\\$&')
}
