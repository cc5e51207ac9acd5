import { z } from 'zod'
import { foldText } from '../../base/fold-text.ts'
import { lineSchema, slugSchema } from '../../knowledge/fields.ts'
import { parseSeed, type SeedResult } from '../../knowledge/seed-file.ts'

const entriesSchema = z.array(z.string().min(1).max(4000)).default([])
const topicLexiconSchema = z.strictObject({
  sets: z.record(z.string(), z.string()).default({}),
  cares: entriesSchema,
  aspects: z.array(
    z.strictObject({
      aspect: slugSchema,
      name: lineSchema,
      weight: z.number().min(0).max(1),
      words: entriesSchema,
      unless: entriesSchema,
    }),
  ),
  topics: z
    .array(
      z.strictObject({
        topic: slugSchema,
        name: lineSchema,
        setting: z.boolean().default(false),
        decides: entriesSchema,
        names: entriesSchema,
        hints: entriesSchema,
        except: entriesSchema,
      }),
    )
    .min(1),
})

/** How much an entry says about its topic: it settles it, it names it, or it needs company. */
export const LEVELS = ['decides', 'names', 'hints'] as const
export type Level = (typeof LEVELS)[number]

export interface LexiconTopic {
  topic: string
  name: string
  /** Tells who or where, not what happens: without a card of its own the card of what happens answers. */
  setting: boolean
}

/** An entry of the lexicon that a text says; `number` tells entries of one lexicon apart. */
export interface SaidEntry {
  number: number
  level: Level
}

export interface TopicWords {
  topic: LexiconTopic
  /** Entries that the text says, each once. */
  entries: SaidEntry[]
  /** The words that were found, the most telling entry first; for reasons. */
  said: string[]
  /** Signs of the text that those words cover. */
  covered: number
}

export interface HeardWords {
  /** By topic id; topics of which nothing is said are left out. */
  topics: Map<string, TopicWords>
  /** Aspects that make the question another matter, with how surely they do. */
  aspects: { name: string; weight: number }[]
  /** How many kinds of asking about safety are said. */
  cares: number
  /** Signs of the text, gaps not counted. */
  signs: number
}

/** The words of every topic of the field, compiled: one pass over a text finds all of them. */
export interface TopicLexicon {
  topics: ReadonlyMap<string, LexiconTopic>
  /** Words count from the text and from its `mended` form; shares are of the text. */
  listen(text: string, mended?: string): HeardWords
}

export function readTopicLexicon(file: string, text: string): SeedResult<TopicLexicon> {
  const parsed = parseSeed(file, text, topicLexiconSchema)
  if (!parsed.ok) return parsed
  try {
    return { ok: true, value: compileLexicon(parsed.value) }
  } catch (error) {
    return { ok: false, problems: [{ file, line: 1, field: 'topics', message: String(error) }] }
  }
}

type Written = z.infer<typeof topicLexiconSchema>
type Role = Level | 'except' | 'aspect' | 'unless' | 'cares'

interface Entry {
  role: Role
  /** Index of the topic or aspect. */
  owner: number
  /** The written entry: it counts once, however many of its alternatives are said. */
  source: number
  /** Part numbers that must all be said. */
  parts: number[]
}

interface Node {
  next: Map<number, Node>
  parts: number[]
  /** Topics for which the word means something else. */
  except: number[]
}

interface Span {
  start: number
  end: number
}

function compileLexicon({ sets, cares, aspects, topics }: Written): TopicLexicon {
  const root = newNode()
  const partNumbers = new Map<string, number>()
  const entries: Entry[] = []
  /** Entries by part. */
  const entriesOf: number[][] = []

  const addPart = (alternatives: string): number => {
    const known = partNumbers.get(alternatives)
    if (known !== undefined) return known
    const part = partNumbers.size
    partNumbers.set(alternatives, part)
    entriesOf.push([])
    for (const word of listWords(alternatives, sets)) findOrAddNode(root, word).parts.push(part)
    return part
  }
  let sources = 0
  const addParts = (written: string[], role: Role, owner: number) => {
    const parts = [...new Set(written.map((part) => addPart(part.trim())))]
    for (const part of parts) entriesOf[part]?.push(entries.length)
    entries.push({ role, owner, source: sources, parts })
  }
  const addEntry = (written: string, role: Role, owner: number) => {
    sources++
    const parts = written.split(' & ')
    if (parts.length > 1) return addParts(parts, role, owner)
    const alternatives = written.split('|')
    const plain = alternatives.filter((each) => !each.includes('&'))
    if (plain.length > 0) addParts([plain.join('|')], role, owner)
    for (const pair of alternatives) if (pair.includes('&')) addParts(pair.split('&'), role, owner)
  }

  topics.forEach((topic, owner) => {
    for (const level of LEVELS) for (const entry of topic[level]) addEntry(entry, level, owner)
    for (const entry of topic.except) {
      if (entry.includes('&')) addEntry(entry, 'except', owner)
      else for (const word of listWords(entry, sets)) findOrAddNode(root, word).except.push(owner)
    }
  })
  aspects.forEach((aspect, owner) => {
    for (const entry of aspect.words) addEntry(entry, 'aspect', owner)
    for (const entry of aspect.unless) addEntry(entry, 'unless', owner)
  })
  for (const entry of cares) addEntry(entry, 'cares', 0)
  const known = topics.map(({ topic, name, setting }) => ({ topic, name, setting }))

  const listen = (text: string, mended = text): HeardWords => {
    const said = foldText(text).toLowerCase()
    const folded = mended === text ? said : `${said}\n${foldText(mended).toLowerCase()}`
    const spans = new Map<number, Span[]>()
    const excepted = new Map<number, Span[]>()
    for (let start = 0; start < folded.length; start++) {
      let node = root.next.get(folded.charCodeAt(start))
      for (let end = start + 1; node; end++) {
        for (const part of node.parts) push(spans, part, { start, end })
        for (const owner of node.except) push(excepted, owner, { start, end })
        node = end < folded.length ? node.next.get(folded.charCodeAt(end)) : undefined
      }
    }
    const missing = new Map<number, number>()
    const fired: Entry[] = []
    for (const part of spans.keys()) {
      for (const number of entriesOf[part] ?? []) {
        const entry = entries[number]
        if (!entry) continue
        const left = (missing.get(number) ?? entry.parts.length) - 1
        missing.set(number, left)
        if (left === 0) fired.push(entry)
      }
    }
    return judge(fired, { folded, said, spans, excepted, topics: known, aspects })
  }
  return { topics: new Map(known.map((topic) => [topic.topic, topic])), listen }
}

interface Heard {
  folded: string
  said: string
  spans: Map<number, Span[]>
  excepted: Map<number, Span[]>
  topics: LexiconTopic[]
  aspects: { name: string; weight: number }[]
}

function judge(fired: Entry[], { folded, said, spans, excepted, topics, aspects }: Heard): HeardWords {
  const out = new Set(fired.filter(({ role }) => role === 'except').map(({ owner }) => owner))
  const unless = new Set(fired.filter(({ role }) => role === 'unless').map(({ owner }) => owner))
  const off = new Set(
    fired.filter(({ role, owner }) => role === 'aspect' && !unless.has(owner)).map(({ owner }) => owner),
  )
  const heard = new Map<string, TopicWords>()
  const counted = new Set<number>()
  const covered = new Map<string, Set<number>>()
  for (const level of LEVELS) {
    for (const { role, owner, source, parts } of fired) {
      const topic = topics[owner]
      if (role !== level || out.has(owner) || !topic) continue
      const meant = parts.flatMap((part) => {
        const all = spans.get(part)?.filter((span) => !isInside(span, excepted.get(owner) ?? [])) ?? []
        return all.length > 0 ? [longestOf(all)] : []
      })
      if (meant.length < parts.length) continue
      const found = heard.get(topic.topic) ?? { topic, entries: [], said: [], covered: 0 }
      heard.set(topic.topic, found)
      if (!counted.has(source)) found.entries.push({ number: source, level })
      counted.add(source)
      for (const span of meant) {
        const word = folded.slice(span.start, span.end)
        if (!found.said.includes(word)) found.said.push(word)
        for (let at = span.start; at < Math.min(span.end, said.length); at++) {
          if (covered.get(topic.topic)?.has(at)) continue
          found.covered++
          const signs = covered.get(topic.topic) ?? new Set<number>()
          covered.set(topic.topic, signs.add(at))
        }
      }
    }
  }
  const cares = new Set(fired.filter(({ role }) => role === 'cares').map(({ source }) => source)).size
  const signs = said.replace(/[^\p{L}\p{N}]/gu, '').length
  return {
    topics: heard,
    cares,
    signs,
    aspects: aspects.filter((_, owner) => off.has(owner)).map(({ name, weight }) => ({ name, weight })),
  }
}

function longestOf(spans: Span[]): Span {
  return spans.reduce((best, span) => (span.end - span.start > best.end - best.start ? span : best))
}

function isInside(span: Span, spans: Span[]): boolean {
  return spans.some(({ start, end }) => start <= span.start && span.end <= end)
}

function listWords(alternatives: string, sets: Record<string, string>): string[] {
  return alternatives.split('|').flatMap((word) => {
    const name = word.trim()
    if (!name.startsWith('$')) {
      const folded = foldText(name).toLowerCase()
      if (folded === '') throw new Error(`an empty word in “${alternatives}”`)
      return [folded]
    }
    const set = sets[name.slice(1)]
    if (set === undefined) throw new Error(`no set ${name}`)
    return listWords(set, sets)
  })
}

function findOrAddNode(root: Node, word: string): Node {
  let node = root
  for (let i = 0; i < word.length; i++) {
    const unit = word.charCodeAt(i)
    const next = node.next.get(unit) ?? newNode()
    node.next.set(unit, next)
    node = next
  }
  return node
}

function newNode(): Node {
  return { next: new Map(), parts: [], except: [] }
}

function push<K, V>(lists: Map<K, V[]>, key: K, value: V): void {
  const list = lists.get(key)
  if (list) list.push(value)
  else lists.set(key, [value])
}
