import { foldText } from '../../base/fold-text.ts'
import type { Published } from '../../knowledge/item.ts'
import type { PlanUnit } from '../../knowledge/plan.ts'

/** A unit of a plan text, or the headings of one of its sections, made ready for matching. */
export interface PlanEntry {
  /** Among the entries of the index. */
  place: number
  plan: Published<'plan'>
  unit: PlanUnit
  /** `front`: before the first heading (文号, 印发日期, 审议会议); `outline`: the headings of a section as a list. */
  kind: 'front' | 'body' | 'outline'
  /** Folded text of the unit, with its punctuation. */
  text: string
  /** Letters and digits of the unit and of its headings; the unit a second time without what stands in brackets. */
  words: string
  sentences: PlanSentence[]
  /** Pairs of the unit and of its headings. */
  pairs: ReadonlySet<string>
  /** The last heading without its number, letters and digits only. */
  heading: string
  /** For a row of a table: pairs of its task that no other row's task has. */
  task: readonly string[] | undefined
  /** Title, addressees, signature: answers nothing but a question about the document itself. */
  isFormal: boolean
}

export interface PlanSentence {
  /** Folded. */
  text: string
  pairs: ReadonlySet<string>
  /** Pairs of the sentence before. */
  before: ReadonlySet<string>
}

export interface PlanIndex {
  entries: readonly PlanEntry[]
  byUnit: ReadonlyMap<string, PlanEntry>
  /** Entries that hold a pair of signs. */
  holders: ReadonlyMap<string, readonly PlanEntry[]>
  /** How much a pair says: 0…1, most for one that a single entry holds. */
  rarityOf(pair: string): number
  /** For each document the pairs of its titles: 1 where no other title has them, less where several have. */
  titles: ReadonlyMap<string, ReadonlyMap<string, number>>
  /** Whether a term of letters and digits is the document's title or a good part of it. */
  isTitle(slug: string, term: string): boolean
  entriesWith(term: string): readonly PlanEntry[]
}

const LEAST_TITLE_SIGNS = 6
const LEAST_PREAMBLE_SIGNS = 80
/** Entries that make a section's headings a list worth giving. */
const LEAST_HEADINGS = 3
const SENTENCE_END = /(?<=[。!?｜|\n;；])/u
const HEADING_NUMBER = /^附件|^[一二三四五六七八九十]+、|^[（(][一二三四五六七八九十]+[）)]|^\d+[.．]/u
const TASK = /任务内容[:：]\s*(?:\d+[.．])?\s*([^|｜]+)/u
const ENTERED = /(?:进\p{Script=Han}{2}[、,]?){3,}/u

const indexes = new WeakMap<ReadonlyMap<string, Published<'plan'>>, PlanIndex>()

/** The index of these plan texts; built once for each map, which must not change afterwards. */
export function indexPlans(plans: ReadonlyMap<string, Published<'plan'>>): PlanIndex {
  const known = indexes.get(plans)
  if (known) return known
  const index = buildIndex([...plans.values()])
  indexes.set(plans, index)
  return index
}

/** Letters and digits only. */
export function squeeze(folded: string): string {
  return folded.replace(/[^\p{L}\p{N}%]+/gu, '')
}

/** Neighbouring signs of a folded text; numbers and Latin words whole. */
export function listPairs(folded: string): string[] {
  const pairs: string[] = []
  for (const run of folded.match(/[a-z]+|\d+(?:\.\d+)?%?|\p{Script=Han}+/gu) ?? []) {
    if (/^[a-z\d]/.test(run)) pairs.push(run)
    else for (let at = 0; at + 2 <= run.length; at++) pairs.push(run.slice(at, at + 2))
  }
  return pairs
}

/** How many places a text says something enters one after the other (进企业、进农村…); 0 for fewer than three. */
export function countPlacesEntered(text: string): number {
  return (ENTERED.exec(text)?.[0].match(/进/gu) ?? []).length
}

function buildIndex(plans: readonly Published<'plan'>[]): PlanIndex {
  const entries = plans.flatMap((plan) => [
    ...markTasks(plan.content.units.map((unit) => prepareEntry(plan, unit, isFront(unit) ? 'front' : 'body'))),
    ...listOutlines(plan),
  ])
  entries.forEach((entry, place) => (entry.place = place))
  const holders = new Map<string, PlanEntry[]>()
  for (const entry of entries) {
    for (const pair of entry.pairs) {
      const list = holders.get(pair)
      if (list) list.push(entry)
      else holders.set(pair, [entry])
    }
  }
  const most = Math.log(entries.length + 1)
  const names = new Map(plans.map((plan) => [plan.slug, squeeze(nameOf(plan))]))
  return {
    entries,
    byUnit: new Map(entries.filter(({ kind }) => kind !== 'outline').map((entry) => [entry.unit.id, entry])),
    holders,
    rarityOf: (pair) => Math.log((entries.length + 1) / (holders.get(pair)?.length ?? 1)) / most,
    titles: weighTitles(plans),
    isTitle: (slug, term) => term.length >= LEAST_TITLE_SIGNS && (names.get(slug)?.includes(term) ?? false),
    entriesWith: (term) => (holders.get(listPairs(term)[0] ?? '') ?? []).filter(({ words }) => words.includes(term)),
  }
}

function isFront({ id }: PlanUnit): boolean {
  return /#0\.\d+$/.test(id)
}

function nameOf({ content }: Published<'plan'>): string {
  return foldText(`${content.title} ${content.shortTitle ?? ''}`)
}

function prepareEntry(plan: Published<'plan'>, unit: PlanUnit, kind: PlanEntry['kind'], intro = ''): PlanEntry {
  const text = foldText(unit.text)
  const headings = foldText([...unit.path, intro].join(' '))
  const words = [headings, text, text.replace(/\([^()]*\)/gu, '')].map(squeeze).join(' ')
  const sentences = text
    .split(SENTENCE_END)
    .filter((sentence) => sentence.trim() !== '')
    .map((sentence) => ({ text: sentence, pairs: new Set(listPairs(sentence)) }))
  return {
    place: -1,
    plan,
    unit,
    kind,
    text,
    words,
    sentences: sentences.map((sentence, at) => ({
      ...sentence,
      before: sentences[at - 1]?.pairs ?? new Set<string>(),
    })),
    pairs: new Set(listPairs(`${headings} ${text} ${words}`)),
    heading: squeeze(foldText((unit.path.at(-1) ?? '').replace(HEADING_NUMBER, ''))),
    task: undefined,
    isFormal: kind === 'front' && unit.text.length < LEAST_PREAMBLE_SIGNS,
  }
}

function markTasks(entries: PlanEntry[]): PlanEntry[] {
  const tasks = entries.map(({ text }) => TASK.exec(text)?.[1])
  const counts = countPairs(tasks.map((task) => listPairs(task ?? '')))
  return entries.map((entry, position) => {
    const task = tasks[position]
    return task === undefined ? entry : { ...entry, task: listPairs(task).filter((pair) => counts.get(pair) === 1) }
  })
}

function countPairs(lists: readonly string[][]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const list of lists) for (const pair of new Set(list)) counts.set(pair, (counts.get(pair) ?? 0) + 1)
  return counts
}

/** Sections whose headings are a list in themselves: the 5 actions, the 8 measures. */
function listOutlines(plan: Published<'plan'>): PlanEntry[] {
  const { units } = plan.content
  const sections = new Map<string, { unit: PlanUnit; path: string[]; headings: string[] }>()
  for (const unit of units) {
    for (const [depth, heading] of unit.path.entries()) {
      if (depth === 0) continue
      const path = unit.path.slice(0, depth)
      const key = path.join('\n')
      const section = sections.get(key) ?? { unit, path, headings: [] }
      if (!section.headings.includes(heading)) section.headings.push(heading)
      sections.set(key, section)
    }
  }
  return [...sections]
    .filter(([, { headings }]) => headings.length >= LEAST_HEADINGS)
    .map(([key, { unit, path, headings }]) => {
      const intro = units.find((other) => other.path.join('\n') === key)
      const locator = `${path.map(sectionNumber).join('')}各项标题`
      return prepareEntry(
        plan,
        { ...unit, path, locator, text: headings.join('\n'), uncertain: false },
        'outline',
        intro?.text,
      )
    })
}

function sectionNumber(heading: string): string {
  return HEADING_NUMBER.exec(heading)?.[0] ?? heading
}

function weighTitles(plans: readonly Published<'plan'>[]): Map<string, Map<string, number>> {
  const lists = plans.map((plan) => [...new Set(listPairs(nameOf(plan)))])
  const counts = countPairs(lists)
  return new Map(
    plans.map(({ slug }, position) => [
      slug,
      new Map((lists[position] ?? []).map((pair) => [pair, 1 / (counts.get(pair) ?? 1)])),
    ]),
  )
}
