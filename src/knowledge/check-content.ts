import { countSigns } from '../base/signs.ts'
import { foldText } from '../base/fold-text.ts'
import type { EditorialRules } from './editorial-rules.ts'
import type { ItemKind, SeedItem } from './item.ts'

/** What an editor has to mend in one item; `path` leads to the field, as in the file. */
export interface ContentFinding {
  kind: ItemKind
  slug: string
  path: (string | number)[]
  message: string
}

interface TextLine {
  path: (string | number)[]
  text: string
}

/** Lines that a resident reads as what to do; myths, claims and variants speak of what is wrong. */
const SPEAKS_OF_WRONG = new Set(['myths', 'claim', 'variants', 'questions', 'aliases', 'avoid', 'why', 'refutation'])
const NOT_READ = new Set(['sources', 'source', 'missing', 'english', 'note'])
const ANSWERS = new Set(['private', 'group', 'variants', 'elder'])
const PHONE = /(?<![\d—～.-])(?:1[0-2]\d{3}|9[56]\d{3}|96\d{4})(?![\d米人起元克%℃])/gu
/** A figure with its unit; counts of up to three things need no source. */
const FIGURE = /\d+(?:\.\d+)?(?:[到至—～-]\d+(?:\.\d+)?)?(?:分钟|小时|厘米|毫米|公里|℃|度以上|秒|米)/gu

/**
 * Holds every item against the editorial rules and against the others. Pure: the same items on the same day get the same
 * findings. `today` is `YYYY-MM-DD`.
 */
export function checkContent(items: readonly SeedItem[], rules: EditorialRules, today: string): ContentFinding[] {
  const published = items.filter((item) => !('review' in item.content) || item.content.review !== 'draft')
  return [
    ...published.flatMap((item) => checkWords(item, rules)),
    ...published.flatMap((item) => checkSources(item)),
    ...published.flatMap((item) => checkValidity(item, today)),
    ...checkReferences(published),
    ...checkTwice(published),
    ...checkClaims(published),
  ]
}

function checkWords(item: SeedItem, rules: EditorialRules): ContentFinding[] {
  if (item.kind === 'plan') return []
  const found: ContentFinding[] = []
  const add = (path: (string | number)[], message: string) =>
    found.push({ kind: item.kind, slug: item.slug, path, message })
  for (const { path, text } of listLines(item.content)) {
    const [field = ''] = path
    if (NOT_READ.has(String(field))) continue
    const speaksOfWrong = isAbout(item, path)
    for (const { words, why } of rules.forbidden) {
      const match = speaksOfWrong ? null : text.match(words)
      if (match) add(path, `says “${match[0]}”: ${why}`)
    }
    for (const { what, says, value } of speaksOfWrong ? [] : rules.figures) {
      for (const match of text.matchAll(says)) {
        const figure = match.slice(1).find((group) => group !== undefined)
        if (figure !== undefined && figure.replace(/[至—～-]/u, '到') !== value)
          add(path, `${what} is ${value} everywhere else, here ${figure}`)
      }
    }
    if (!ANSWERS.has(String(field)) || (item.kind === 'rebuttal' && field === 'variants')) continue
    for (const sentence of text.split(/[。！？；]/u)) {
      const signs = countSigns(sentence)
      if (signs > rules.longestSentence)
        add(path, `has a sentence of ${signs} signs, at most ${rules.longestSentence} can be read`)
    }
  }
  return found
}

/** `variants` of a rebuttal are wordings of the claim, those of a card are reviewed texts. */
function isAbout(item: SeedItem, path: (string | number)[]): boolean {
  const [field = ''] = path
  return SPEAKS_OF_WRONG.has(String(field)) && !(field === 'variants' && item.kind === 'card')
}

/** Every figure of an answer stands among the numbers, which name their source, or in another line of the same card. */
function checkSources(item: SeedItem): ContentFinding[] {
  if (item.kind !== 'card') return []
  const found: ContentFinding[] = []
  const { content, slug, kind } = item
  content.numbers.forEach(({ source }, index) => {
    if (source > content.sources.length)
      found.push({ kind, slug, path: ['numbers', index, 'source'], message: `there is no source ${source}` })
  })
  const sourced = [
    ...content.numbers.map(({ what, value }) => what + value),
    ...content.sources.map(({ title, locator }) => title + locator),
    ...content.now,
    ...content.before,
    ...content.after,
    ...content.myths,
  ].map(bareFigures)
  for (const { path, text } of listLines({
    private: content.private,
    group: content.group,
    variants: content.variants,
  })) {
    for (const [figure] of text.matchAll(FIGURE)) {
      const bare = bareFigures(figure)
      if (!sourced.some((line) => saysFigure(line, bare)))
        found.push({
          kind,
          slug,
          path,
          message: `“${figure}” stands neither among the numbers nor in the card's lines`,
        })
    }
  }
  return found
}

/** 「5分钟」 is not said by a line with 「15分钟」. */
function saysFigure(line: string, bare: string): boolean {
  for (let at = line.indexOf(bare); at >= 0; at = line.indexOf(bare, at + 1)) {
    if (!/[\d.]/.test(line[at - 1] ?? '')) return true
  }
  return false
}

function bareFigures(text: string): string {
  return foldText(text)
    .replace(/[至—～~-]/gu, '到')
    .replace(/\s/gu, '')
}

function checkValidity(item: SeedItem, today: string): ContentFinding[] {
  if (!('validUntil' in item.content)) return []
  const { kind, slug } = item
  const { validUntil, checkedOn } = item.content
  // A rebuttal may be of an event that is long over; a card or text that is over leaves its topic without an answer.
  if (item.kind === 'rebuttal' || validUntil >= today) return []
  const message = `is over since ${validUntil}: hold it against its sources again (last on ${checkedOn})`
  return [{ kind, slug, path: ['validUntil'], message }]
}

function checkReferences(items: readonly SeedItem[]): ContentFinding[] {
  const topics = new Set(items.flatMap((item) => (item.kind === 'card' ? [item.content.topic] : [])))
  const shown = new Set(items.flatMap((item) => shownNumber(item)))
  const found: ContentFinding[] = []
  for (const item of items) {
    const { kind, slug } = item
    if ((item.kind === 'rebuttal' || item.kind === 'life-threat') && item.content.topic !== undefined) {
      if (!topics.has(item.content.topic))
        found.push({ kind, slug, path: ['topic'], message: `no card is about ${item.content.topic}` })
    }
    if (item.kind === 'calendar-day') {
      item.content.topics.forEach((topic, index) => {
        if (!topics.has(topic))
          found.push({ kind, slug, path: ['topics', index], message: `no card is about ${topic}` })
      })
    }
    if (item.kind === 'quiz-question') found.push(...checkQuiz(item, items))
    if (item.kind === 'plan' || item.kind === 'hotline') continue
    for (const { path, text } of listLines(item.content)) {
      if (NOT_READ.has(String(path[0])) || isAbout(item, path)) continue
      for (const [number] of text.matchAll(PHONE)) {
        if (!shown.has(number) && !isSourced(item, number))
          found.push({
            kind,
            slug,
            path,
            message: `names ${number}: no shown hotline, and no locator of its sources names it`,
          })
      }
    }
  }
  return found
}

/** The card must be there and say every figure that the right answer and its explanation name. */
function checkQuiz(item: SeedItem & { kind: 'quiz-question' }, items: readonly SeedItem[]): ContentFinding[] {
  const { content, kind, slug } = item
  const card = items.find((other) => other.kind === 'card' && other.slug === content.card)
  if (!card) return [{ kind, slug, path: ['card'], message: `there is no published card ${content.card}` }]
  const said = listLines(card.content).map(({ text }) => bareFigures(text))
  const right =
    content.form === 'choice' && typeof content.answer === 'number' ? [content.options[content.answer - 1] ?? ''] : []
  const claimed = content.form === 'judge' && content.answer === true ? [content.question] : right
  return [...claimed, content.explanation].flatMap((text) =>
    [...text.matchAll(FIGURE)]
      .filter(([figure]) => !said.some((line) => saysFigure(line, bareFigures(figure))))
      .map(([figure]) => ({
        kind,
        slug,
        path: ['explanation'],
        message: `“${figure}” is not in card ${content.card}`,
      })),
  )
}

function isSourced(item: SeedItem, number: string): boolean {
  return 'sources' in item.content && item.content.sources.some(({ locator }) => locator.includes(number))
}

function shownNumber(item: SeedItem): string[] {
  return item.kind === 'hotline' && item.content.verifiedOn !== undefined ? [item.content.number] : []
}

/** The same question in two cards, or the same wording in two rebuttals, leaves the answer to chance. */
function checkTwice(items: readonly SeedItem[]): ContentFinding[] {
  const owners = new Map<string, string>()
  const found: ContentFinding[] = []
  for (const item of items) {
    if (item.kind !== 'card' && item.kind !== 'rebuttal') continue
    const { kind, slug } = item
    const field = item.kind === 'card' ? 'questions' : 'variants'
    const lines = item.kind === 'card' ? item.content.questions : item.content.variants
    lines.forEach((line, index) => {
      const key = `${kind} ${foldText(line).replace(/[^\p{L}\p{N}]/gu, '')}`
      const owner = owners.get(key)
      if (owner === undefined) owners.set(key, slug)
      else found.push({ kind, slug, path: [field, index], message: `is already in ${owner}` })
    })
  }
  return found
}

/** Two wordings that share this much of their pairs of signs are the same (Dice). */
const SAME_WORDING = 0.9

/** A wording of a false claim must be neither a sentence that a card teaches nor a copy of another wording. */
function checkClaims(items: readonly SeedItem[]): ContentFinding[] {
  const taught = items.flatMap((item) =>
    item.kind === 'card'
      ? [...item.content.now, ...item.content.before, ...item.content.after].map((text) => ({
          slug: item.slug,
          pairs: listPairs(text),
        }))
      : [],
  )
  return items.flatMap((item): ContentFinding[] => {
    if (item.kind !== 'rebuttal') return []
    const { kind, slug, content } = item
    const found: ContentFinding[] = []
    const wordings = [content.claim, ...content.variants].map(listPairs)
    wordings.forEach((pairs, index) => {
      const path = index === 0 ? ['claim'] : ['variants', index - 1]
      const same = content.verdict === 'true' ? undefined : taught.find((line) => isSame(line.pairs, pairs))
      if (same) found.push({ kind, slug, path, message: `is what card ${same.slug} teaches` })
      if (wordings.slice(1, index).some((other) => isSame(other, pairs)))
        found.push({ kind, slug, path, message: 'is a copy of a variant before it' })
    })
    return found
  })
}

function isSame(one: ReadonlySet<string>, other: ReadonlySet<string>): boolean {
  const shared = [...one].filter((pair) => other.has(pair)).length
  return one.size + other.size > 0 && (2 * shared) / (one.size + other.size) >= SAME_WORDING
}

function listPairs(text: string): Set<string> {
  const signs = foldText(text).replace(/[^\p{L}\p{N}]/gu, '')
  const pairs = new Set<string>()
  for (let at = 0; at + 1 < signs.length; at++) pairs.add(signs.slice(at, at + 2))
  return pairs
}

function listLines(value: unknown, path: (string | number)[] = []): TextLine[] {
  if (typeof value === 'string') return [{ path, text: value }]
  if (Array.isArray(value)) return value.flatMap((part, index) => listLines(part, [...path, index]))
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, part]) => listLines(part, [...path, key]))
}
