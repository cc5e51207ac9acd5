import type { Published } from '../../knowledge/item.ts'
import type { PlanUnit } from '../../knowledge/plan.ts'
import type { Reason, SearchHit } from '../../retrieval/search-index.ts'
import type { AskedForm } from './asked-form.ts'
import { findFrontPages } from './front-pages.ts'
import { countPlacesEntered, listPairs, type PlanEntry, type PlanIndex, type PlanSentence } from './plan-index.ts'
import { fitsScope, namesPlaceIn, type PlanPlaces } from './plan-scope.ts'
import { CITY_CODE, isFunctionPair, type PlanQuestion } from './read-plan-question.ts'

export interface PlanMatch {
  plan: Published<'plan'>
  /** A unit of the plan; for front pages and lists of headings several of its parts, in their order. */
  unit: PlanUnit
  /** The question in standard words, for choosing the words to quote. */
  question: string
  /** What a folded sentence holds when it answers; absent where any may. */
  wanted: RegExp | undefined
  /** The unit is a list of headings: one of them alone answers nothing. */
  isList: boolean
  /** 0…1, comparable to the confidence of a card. */
  confidence: number
  reasons: Reason[]
}

export interface PlanScope {
  /** Regions whose plans may answer. */
  regions: readonly string[]
  places: PlanPlaces
  /** The word that shows that the question is about policy, where there is one. */
  policyTerm: string | undefined
}

/** A candidate with its worth and what that consists of. */
type RankedEntry = Pick<PlanMatch, 'plan' | 'unit' | 'wanted' | 'isList' | 'reasons'> & {
  score: number
  parts: Record<string, number>
}

// Weights and thresholds below are set by hand; `npm run measure -- --kind plan` shows what they do.
const ACCEPT_POLICY = 0.4
const ACCEPT_OTHER = 0.45
const NEAREST = 20
const WEIGHTS = { whole: 0.45, sentence: 0.35, run: 0.05, title: 0.12, document: 0.28, found: 0.12 }
const MOST_RUN = 0.2
const LEAST_RUN_PAIRS = 3
/** A word of the question that no plan text has speaks against all of them. */
const UNKNOWN_WEIGHT = 0.6
/** The sentence that has the form asked for, with the one before it, has to share this much with the question. */
const LEAST_SHARED = 0.2
/** A question that does not name policy has to share some rare words with what answers it. */
const LEAST_MASS = 2
/** Naming the document is not enough: what is asked of it has to be there. */
const LEAST_CONTENT = 0.22
const QUOTED_ENOUGH = 0.1
/** A longer unit holds more words by chance. */
const LONG = 400
const LENGTH_DAMPING = 0.15

/**
 * The unit that answers, or undefined where none does: what the texts do not say is never answered with something
 * near it. `hits` are what retrieval found; what shares most words with the question is looked at as well.
 */
export function matchPlan(
  question: PlanQuestion,
  hits: readonly SearchHit[],
  index: PlanIndex,
  scope: PlanScope,
): PlanMatch | undefined {
  const [best] = rankPlanEntries(question, hits, index, scope)
  // That the question names the document tells which unit, not whether it answers.
  const worth = best && best.score - (best.parts['document'] ?? 0)
  if (!best || worth === undefined || worth < (scope.policyTerm === undefined ? ACCEPT_OTHER : ACCEPT_POLICY))
    return undefined
  const { plan, unit, wanted, isList, reasons } = best
  return { plan, unit, question: question.text, wanted, isList, reasons, confidence: Math.min(0.99, 0.6 + worth / 3) }
}

/** Candidates that could answer, best first. */
function rankPlanEntries(
  question: PlanQuestion,
  hits: readonly SearchHit[],
  index: PlanIndex,
  scope: PlanScope,
): RankedEntry[] {
  const allowed = ({ plan }: PlanEntry) => scope.regions.includes(plan.content.region)
  const front = findFrontPages(
    question,
    index,
    (slug) => shareTitle(question, slug, index),
    (entry) => allowed(entry) && fitsScope(entry, question, scope.places),
  )
  if (front === 'absent') return []
  if (front) {
    const reasons = [{ code: 'plan-front', text: '问的是文件本身，答案在文首' }]
    return [{ ...front, wanted: undefined, isList: false, score: 1, parts: {}, reasons }]
  }
  const weights = weighPairs(question, index)
  const kind = readKind(question, index)
  const coverages = new Map<string, Coverage>()
  const found = new Map(hits.map(({ id }, rank) => [id.slice(id.indexOf(':') + 1), rank]))
  const ranked: RankedEntry[] = []
  for (const entry of listNearest(question, weights, found, index)) {
    if (entry.isFormal || !allowed(entry) || !fitsScope(entry, question, scope.places)) continue
    const { slug } = entry.plan
    const coverage = coverages.get(slug) ?? measureCoverage(slug, question, weights, index)
    coverages.set(slug, coverage)
    const scored = scoreEntry(entry, { question, kind, index, scope, coverage, rank: found.get(entry.unit.id) })
    if (scored) ranked.push(scored)
  }
  return ranked.sort((a, b) => b.score - a.score)
}

function weighPairs({ pairs }: PlanQuestion, { holders, rarityOf }: PlanIndex): Map<string, number> {
  const isKnown = (at: number, beside: number) => {
    const pair = pairs[at] ?? ''
    const other = pairs[beside] ?? ''
    // Pairs beside each other in one run overlap.
    return holders.has(other) && (beside < at ? other.at(-1) === pair.at(0) : pair.at(-1) === other.at(0))
  }
  return new Map(
    pairs.map((pair, at) => {
      if (holders.has(pair)) return [pair, rarityOf(pair)]
      const isJoint = isKnown(at, at - 1) && isKnown(at, at + 1)
      return [pair, isJoint || isFunctionPair(pair) ? 0 : UNKNOWN_WEIGHT]
    }),
  )
}

function listNearest(
  question: PlanQuestion,
  weights: ReadonlyMap<string, number>,
  found: ReadonlyMap<string, number>,
  index: PlanIndex,
): Set<PlanEntry> {
  const shared = new Float64Array(index.entries.length)
  const touched: PlanEntry[] = []
  const isTouched = new Uint8Array(index.entries.length)
  const add = (entry: PlanEntry, weight: number) => {
    const { place } = entry
    shared[place] = (shared[place] ?? 0) + weight
    if (isTouched[place] === 1) return
    isTouched[place] = 1
    touched.push(entry)
  }
  for (const [pair, weight] of weights) {
    for (const entry of index.holders.get(pair) ?? []) add(entry, weight)
  }
  for (const { said, others } of question.synonyms) {
    const weight = sum([...said], (pair) => weights.get(pair) ?? 0)
    const holding = new Set(
      others.flatMap(
        (word) => index.holders.get(word[0] ?? '')?.filter(({ pairs }) => word.every((pair) => pairs.has(pair))) ?? [],
      ),
    )
    for (const entry of holding) add(entry, weight)
  }
  const nearest = takeLargest(touched, NEAREST, ({ place }) => shared[place] ?? 0)
  return new Set([...[...found.keys()].flatMap((id) => index.byUnit.get(id) ?? []), ...nearest])
}

/** The `limit` items that are worth most, best first; of equal ones the earlier. */
function takeLargest<Item>(items: readonly Item[], limit: number, worth: (item: Item) => number): Item[] {
  const chosen: Item[] = []
  const worths: number[] = []
  for (const item of items) {
    const own = worth(item)
    if (chosen.length === limit && own <= (worths[limit - 1] ?? 0)) continue
    let at = chosen.length < limit ? chosen.length : limit - 1
    for (; at > 0 && (worths[at - 1] ?? 0) < own; at--) {
      chosen[at] = chosen[at - 1] ?? item
      worths[at] = worths[at - 1] ?? own
    }
    chosen[at] = item
    worths[at] = own
  }
  return chosen
}

interface Coverage {
  /** How much of what the question asks these pairs hold, 0…1. */
  shareOf(...held: ReadonlySet<string>[]): number
  massOf(held: ReadonlySet<string>): number
}

/** Words that only name the document are held by all of its units, so they count for none. */
function measureCoverage(
  slug: string,
  question: PlanQuestion,
  weights: ReadonlyMap<string, number>,
  index: PlanIndex,
): Coverage {
  const titles = index.titles.get(slug)
  const asked = [...weights].filter(([pair]) => titles?.get(pair) !== 1)
  const counted = (sumWeights(asked) < 1 ? [...weights] : asked).map(([pair, weight]) => ({
    pair,
    weight,
    others: question.synonyms.flatMap(({ said, others }) => (said.has(pair) ? others : [])),
  }))
  const total = counted.reduce((sum, { weight }) => sum + weight, 0)
  const massOf = (...held: ReadonlySet<string>[]) => {
    const has = (pair: string) => held.some((pairs) => pairs.has(pair))
    let sum = 0
    for (const { pair, weight, others } of counted) {
      if (weight > 0 && (has(pair) || others.some((word) => word.every(has)))) sum += weight
    }
    return sum
  }
  return { massOf, shareOf: (...held) => (total === 0 ? 0 : massOf(...held) / total) }
}

function sumWeights(weighted: readonly [string, number][]): number {
  return weighted.reduce((sum, [, weight]) => sum + weight, 0)
}

/** The kind of thing asked for, in a word that the texts have. */
interface AskedKind {
  word: string
  /** Stands where an enumeration ends with the word. */
  enumerated: RegExp
}

/** 什么大学 asks for a 大学; where the question runs on behind the word, the longest beginning that a text has. */
function readKind({ asked }: PlanQuestion, index: PlanIndex): AskedKind | undefined {
  if (asked === undefined) return undefined
  let known = asked
  while (known.length >= 2 && !index.holders.has(known.slice(-2))) known = known.slice(0, -1)
  if (known.length < 2) return undefined
  const word = known.slice(-2)
  return { word, enumerated: new RegExp(`、[^。;]{2,60}${word}`, 'u') }
}

interface Scoring {
  question: PlanQuestion
  kind: AskedKind | undefined
  index: PlanIndex
  scope: PlanScope
  coverage: Coverage
  /** Place among the hits of retrieval. */
  rank: number | undefined
}

function scoreEntry(entry: PlanEntry, scoring: Scoring): RankedEntry | undefined {
  const { question, index, scope, coverage, rank } = scoring
  const strict = question.forms.filter((form) => form.strict)
  const soft = question.forms.filter((form) => !form.strict)
  if (strict.some(({ holds }) => !holds.test(entry.text))) return undefined
  if (entry.kind === 'outline' && !question.asksForList) return undefined
  if (entry.task !== undefined && asks(question, LEADING) && !namesTask(entry.task, question)) return undefined
  if (asks(question, BY_AUDIENCE) && !holdsAudience(entry, question)) return undefined
  const sentence = scoreSentences(entry, strict, scoring)
  if (strict.length > 0 && sentence === 0) return undefined
  const quoted = clamp(
    sum(question.quoted, (term) => weighQuoted(term, entry, index)),
    -0.25,
    0.3,
  )
  if (scope.policyTerm === undefined && quoted < QUOTED_ENOUGH && coverage.massOf(entry.pairs) < LEAST_MASS)
    return undefined
  const title = shareTitle(question, entry.plan.slug, index)
  const whole = coverage.shareOf(entry.pairs) * Math.min(1, (LONG / entry.text.length) ** LENGTH_DAMPING)
  if (entry.kind !== 'outline' && WEIGHTS.whole * whole + WEIGHTS.sentence * sentence < LEAST_CONTENT) return undefined
  const parts = {
    whole: WEIGHTS.whole * whole,
    sentence: WEIGHTS.sentence * sentence,
    quoted,
    run: Math.min(MOST_RUN, WEIGHTS.run * weighRun(question, entry, index)),
    title: WEIGHTS.title * title,
    document: question.namesDocument ? WEIGHTS.document * title : 0,
    place: weighPlace(question, entry, scope),
    found: rank === undefined || entry.kind === 'outline' ? 0 : WEIGHTS.found * (1 - rank / 20),
    form: soft.length === 0 ? 0 : soft.every(({ holds }) => holds.test(entry.text)) ? 0.05 : -0.1,
    heading: weighHeading(question, entry),
  }
  return {
    plan: entry.plan,
    unit: entry.unit,
    isList: entry.kind === 'outline',
    wanted: (strict[0] ?? soft[0])?.holds,
    score: sum(Object.values(parts), (part) => part),
    parts,
    reasons: [
      ...(scope.policyTerm === undefined ? [] : [{ code: 'plan-term', text: `说到“${scope.policyTerm}”` }]),
      { code: 'plan-covered', text: `这一段有问题信息的${Math.round(whole * 100)}%` },
      ...strict.map(({ name }) => ({ code: 'plan-form', text: `问的是${name}，这一段里有` })),
    ],
  }
}

/** What the sentence that answers shares with the question; 0 where none has the form asked for. */
function scoreSentences(entry: PlanEntry, strict: readonly AskedForm[], { question, coverage, kind }: Scoring): number {
  // The cells of a row are one statement.
  const sentences: PlanSentence[] = entry.task === undefined ? entry.sentences : [{ ...entry, before: entry.pairs }]
  const counts = strict.some(({ name }) => COUNTING.has(name))
  let best = 0
  for (const { text, pairs, before } of sentences) {
    if (strict.length > 0) {
      if (!strict.some(({ holds }) => holds.test(text))) continue
      if (counts && question.counted !== undefined && !holdsCounted(question.counted, pairs, text)) continue
      // Who leads is said in one sentence; a number may have its subject in the sentence before.
      if (coverage.shareOf(pairs, asks(question, LEADING) ? NO_PAIRS : before) < LEAST_SHARED) continue
    }
    best = Math.max(best, coverage.shareOf(pairs) + weighAsked(question, kind, text))
  }
  return best
}

const NO_PAIRS: ReadonlySet<string> = new Set()
const LEADING = new Set(['牵头', '责任', '机构'])
const BY_AUDIENCE = new Set(['牵头', '责任', '比例'])
const COUNTING = new Set(['人数', '个数', '数目', '次数'])
const AUDIENCES = [
  /青少年|未成年人/u,
  /老年/u,
  /工人|劳动者/u,
  /农民/u,
  /干部|公务员/u,
  /居民|社区/u,
  /企业/u,
  /学校|高校/u,
]

function asks({ forms }: PlanQuestion, names: ReadonlySet<string>): boolean {
  return forms.some(({ name }) => names.has(name))
}

/** The rows of a table are alike but for their task, so the question has to name it. */
function namesTask(task: readonly string[], { text }: PlanQuestion): boolean {
  const named = task.filter((pair) => text.includes(pair)).length
  return named >= Math.min(2, task.length) || named >= task.length / 3
}

function holdsAudience({ words }: PlanEntry, { text }: PlanQuestion): boolean {
  return AUDIENCES.every((audience) => !audience.test(text) || audience.test(words))
}

function holdsCounted(counted: string, pairs: ReadonlySet<string>, text: string): boolean {
  if (text.includes(counted.slice(-2))) return true
  const parts = listPairs(counted)
  return parts.filter((pair) => pairs.has(pair)).length >= parts.length * 0.6
}

/** A sentence that names the kind of thing asked for, best at the end of an enumeration. */
function weighAsked({ asksWhereto }: PlanQuestion, kind: AskedKind | undefined, text: string): number {
  if (asksWhereto && countPlacesEntered(text) > 0) return 0.5
  if (kind === undefined || !text.includes(kind.word)) return 0
  return kind.enumerated.test(text) ? 0.35 : 0.15
}

function weighHeading({ text, asksForList }: PlanQuestion, { kind, heading }: PlanEntry): number {
  const named = heading.length >= 3 && text.includes(heading)
  if (kind === 'outline') return named && asksForList ? 0.6 : 0
  return named ? 0.1 : 0
}

/** What the question puts in quotation marks has to stand in the text, where any text has it. */
function weighQuoted(term: string, entry: PlanEntry, index: PlanIndex): number {
  const { words, text, plan, unit } = entry
  if (words.includes(term)) {
    const explained = text.includes(`"${term}"(`) || text.includes(`${term}(`)
    return 0.05 * Math.min(4, term.length) + (explained ? 0.1 : 0)
  }
  if (/^[二三四五六七八2-8]进$/u.test(term) && countPlacesEntered(text) > 0) return 0.2
  if (index.isTitle(plan.slug, term)) return 0.2
  const holders = index.entriesWith(term)
  const section = unit.path.at(-1)
  if (holders.some((other) => other.plan === plan && other.unit.path.at(-1) === section)) return 0.05
  return holders.length > 0 || [...index.titles.keys()].some((slug) => index.isTitle(slug, term)) ? -0.2 : -0.1
}

/** How rare the longest run of signs is that the question and the text share. */
function weighRun({ runs }: PlanQuestion, { pairs, words }: PlanEntry, index: PlanIndex): number {
  let most = 0
  for (const run of runs) {
    const all = listPairs(run)
    for (let start = 0; start < all.length; start++) {
      let end = start
      while (end < all.length && pairs.has(all[end] ?? '')) end++
      const shared = all.slice(start, end)
      const worth = sum(shared, (pair) => index.rarityOf(pair))
      if (shared.length >= LEAST_RUN_PAIRS && worth > most && words.includes(joinPairs(shared))) most = worth
      start = end
    }
  }
  return most
}

function joinPairs(pairs: readonly string[]): string {
  return (
    (pairs[0] ?? '') +
    pairs
      .slice(1)
      .map((pair) => (/^[a-z\d]/u.test(pair) ? pair : pair.slice(-1)))
      .join('')
  )
}

/** How much of the document's title the question names, 0…1; words that several titles share say less. */
function shareTitle(question: PlanQuestion, slug: string, index: PlanIndex): number {
  const titles = index.titles.get(slug)
  return Math.min(1, sum(question.pairs, (pair) => titles?.get(pair) ?? 0) / 3)
}

function weighPlace(question: PlanQuestion, { plan }: PlanEntry, { places }: PlanScope): number {
  const { region } = plan.content
  if (region === CITY_CODE) return question.saysOwnDistrict ? -0.05 : 0
  if (namesPlaceIn(question, region, places)) return 0.15
  return question.saysOwnDistrict ? 0.1 : -0.15
}

function sum<Item>(items: readonly Item[], worth: (item: Item) => number): number {
  return items.reduce((total, item) => total + worth(item), 0)
}

function clamp(value: number, least: number, most: number): number {
  return Math.max(least, Math.min(most, value))
}
