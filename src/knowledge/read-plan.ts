import { planFrontMatterSchema, type Plan, type PlanUnit } from './plan.ts'
import { parseSeed, type SeedProblem, type SeedResult } from './seed-file.ts'

const MAX_PLAN_CHARACTERS = 2_000_000
const MAX_LEVEL = 4

/**
 * Reads one document of seeds/plans: YAML front matter, headings, paragraphs, tables and three comments:
 * `<!-- join uncertain: why -->` flags the next unit, `<!-- heading missing: ## （二） | why -->` stands for a lost heading
 * (the mark is left out where it is unknown), `<!-- page: words -->` keeps words that belong to the page, not the document.
 * Never throws for bad content: every problem comes back with file and line.
 */
export function readPlan(file: string, text: string): SeedResult<Plan> {
  const refuse = (message: string): SeedResult<Plan> => ({
    ok: false,
    problems: [{ file, line: 1, field: '', message }],
  })
  if (text.length > MAX_PLAN_CHARACTERS) return refuse(`is larger than ${MAX_PLAN_CHARACTERS} characters`)
  const lines = text.split(/\r?\n/)
  const end = lines.indexOf('---', 1)
  if (lines[0] !== '---' || end === -1) return refuse('must begin with front matter between two lines ---')

  const front = parseSeed(file, lines.slice(1, end).join('\n'), planFrontMatterSchema)
  const problems: SeedProblem[] = front.ok
    ? []
    : front.problems.map((problem) => ({ ...problem, line: problem.line + 1 }))
  const report: Report = (line, message) => {
    problems.push({ file, line, field: '', message })
    return undefined
  }
  const pieces = [...scanBody(lines, end + 1, report)]
  const units = buildUnits(front.ok ? front.value.id : '000', pieces, report)
  if (!pieces.some((piece) => piece.kind === 'unit')) report(end + 1, 'is followed by no text')
  if (!front.ok || problems.length > 0) return { ok: false, problems: problems.sort((a, b) => a.line - b.line) }
  return { ok: true, value: { ...front.value, units } }
}

/** `line` is 1-based. Returns undefined so that a reader can report and give up in one statement. */
type Report = (line: number, message: string) => undefined

type Piece =
  | { kind: 'heading'; line: number; level: number; words: string | undefined; mark: Mark | undefined }
  | { kind: 'flag'; line: number }
  | { kind: 'unit'; line: number; text: string; row: boolean }

const COMMENT = /^<!-- (?<kind>join uncertain|heading missing|page): (?<words>.+) -->$/
const MISSING_HEADING = /^(?<level>#{1,4})(?: (?<mark>[^| ]+))? \| .+$/
const MARKUP = /\*\*|__|`|^[>*+-] |\]\(|<[a-z!/]/i

function* scanBody(lines: readonly string[], start: number, report: Report): Generator<Piece> {
  let block: string[] = []
  let blockLine = 0
  let table: Table | undefined
  function* closeBlock(): Generator<Piece> {
    if (block.length > 0) yield { kind: 'unit', line: blockLine, text: block.join('\n'), row: false }
    if (table !== undefined && table.rows < 1) report(table.line, 'is a table without rows')
    block = []
    table = undefined
  }
  for (const [index, raw] of lines.entries()) {
    if (index < start) continue
    const line = index + 1
    const words = raw.trimEnd()
    if (words.startsWith('|')) {
      if (block.length > 0) yield* closeBlock()
      const cells = splitCells(words)
      if (table === undefined) {
        table = { heads: cells, line, rows: -1, above: '' }
        continue
      }
      const row = readRow(table, cells, line, report)
      if (row !== undefined) yield { kind: 'unit', line, text: row, row: true }
      continue
    }
    if (words === '' || table !== undefined || words.startsWith('#') || words.startsWith('<!--')) yield* closeBlock()
    if (words === '') continue
    const piece = words.startsWith('#') ? readHeading(words, line, report) : readComment(words, line, report)
    if (piece === 'words') {
      if (/^\s/.test(words)) report(line, 'begins with white space')
      if (MARKUP.test(words))
        report(line, 'holds markup: only headings, tables and comments may stand beside the words')
      if (block.length === 0) blockLine = line
      block.push(words)
    } else if (piece !== undefined) yield piece
  }
  yield* closeBlock()
}

function readHeading(text: string, line: number, report: Report): Piece | undefined {
  const level = /^#+/.exec(text)?.[0].length ?? 0
  const words = text.slice(level).trim().replace(/。$/, '')
  if (level > MAX_LEVEL) return report(line, `has level ${level}, at most ${MAX_LEVEL} exist`)
  if (words === '' || text.charAt(level) !== ' ')
    return report(line, 'is a heading without words or without a space after #')
  const mark = readMark(words, level)
  if (mark === 'misplaced') return report(line, `has a mark that does not belong to level ${level}`)
  return { kind: 'heading', line, level, words, mark }
}

/** A line that is no comment comes back as `words`. */
function readComment(text: string, line: number, report: Report): Piece | 'words' | undefined {
  if (!text.startsWith('<!--')) return 'words'
  const comment = COMMENT.exec(text)?.groups
  if (comment === undefined)
    return report(line, 'is no comment of a known kind (join uncertain, heading missing, page) on one line')
  if (comment['kind'] === 'page') return undefined
  if (comment['kind'] === 'join uncertain') return { kind: 'flag', line }
  const missing = MISSING_HEADING.exec(comment['words'] ?? '')?.groups
  if (missing === undefined) return report(line, 'must be written: heading missing: ## （二） | reason')
  const level = missing['level']?.length ?? 0
  const mark = missing['mark'] === undefined ? undefined : readMark(missing['mark'], level)
  if (mark === 'misplaced') return report(line, `has a mark that does not belong to level ${level}`)
  return { kind: 'heading', line, level, words: undefined, mark }
}

interface Table {
  heads: string[]
  line: number
  /** -1 until the line under the heads was read. */
  rows: number
  /** First cell of the row above: an empty first cell is a merged one. */
  above: string
}

function splitCells(text: string): string[] {
  return text
    .replace(/^\||\|$/g, '')
    .split('|')
    .map((cell) => cell.trim())
}

function readRow(table: Table, cells: readonly string[], line: number, report: Report): string | undefined {
  const isRule = table.rows === -1
  table.rows++
  if (cells.length !== table.heads.length) {
    return report(line, `has ${cells.length} cells, the table's first line has ${table.heads.length}`)
  }
  if (isRule) {
    return cells.every((cell) => /^-+$/.test(cell))
      ? undefined
      : report(line, 'must be the rule under the heads: | --- | --- |')
  }
  table.above = cells[0] || table.above
  const named = table.heads.flatMap((head, column) => {
    const cell = column === 0 ? table.above : (cells[column] ?? '')
    return cell === '' ? [] : [head === '' ? cell : `${head}：${cell}`]
  })
  return named.length === 0 ? report(line, 'is a row without words') : named.join('｜')
}

interface Section {
  level: number
  key: string
  label: string
  words: string | undefined
  line: number
  units: { unit: PlanUnit; row: boolean }[]
  hasSubsections: boolean
  /** The latest subsection per level. */
  latest: Map<number, { number: number; isKnown: boolean; isMissing: boolean }>
}

function newSection(fields: Pick<Section, 'level' | 'key' | 'label' | 'words' | 'line'>): Section {
  return { ...fields, units: [], hasSubsections: false, latest: new Map() }
}

function buildUnits(planId: string, pieces: readonly Piece[], report: Report): PlanUnit[] {
  const root = newSection({ level: 0, key: '0', label: '文首', words: undefined, line: 0 })
  const sections = [root]
  let open: Section[] = []
  let flag: number | undefined
  for (const piece of pieces) {
    if (piece.kind === 'flag') {
      flag = piece.line
      continue
    }
    const outer = piece.kind === 'heading' ? open.filter((section) => section.level < piece.level) : open
    const parent = outer.at(-1) ?? root
    if (piece.kind === 'heading') {
      if (flag !== undefined) report(flag, 'flags no paragraph: a heading follows')
      const { level, words, line } = piece
      const section = newSection({ level, words, line, ...placeHeading(parent, piece, report) })
      sections.push(section)
      open = [...outer, section]
    } else {
      const keys = open.length === 0 ? [root.key] : open.map((section) => section.key)
      const unit: PlanUnit = {
        id: `${planId}#${[...keys, parent.units.length + 1].join('.')}`,
        path: open.flatMap((section) => section.words ?? []),
        locator: (open.length === 0 ? [root] : open).map((section) => section.label).join(''),
        text: piece.text,
        uncertain: flag !== undefined || (parent !== root && parent.words === undefined),
      }
      parent.units.push({ unit, row: piece.row })
    }
    flag = undefined
  }
  if (flag !== undefined) report(flag, 'flags no paragraph: the text ends')
  for (const section of sections) completeLocators(section)
  for (const { line } of sections.filter(
    (section) => section !== root && section.units.length === 0 && !section.hasSubsections,
  )) {
    report(line, 'is a section without text')
  }
  return orderUnits(sections, report)
}

/** Gives a heading its number among its parent's; reports numbers that run backwards or leave one out. */
function placeHeading(
  parent: Section,
  heading: Piece & { kind: 'heading' },
  report: Report,
): Pick<Section, 'key' | 'label'> {
  const { level, words, mark, line } = heading
  parent.hasSubsections = true
  if (mark?.isAnnex) return { key: `a${mark.number}`, label: mark.label }
  const before = parent.latest.get(level)
  const number = mark?.number ?? (before?.number ?? 0) + 1
  if (
    mark !== undefined &&
    before !== undefined &&
    number !== before.number + 1 &&
    (number <= before.number || !before.isMissing)
  ) {
    report(line, `has number ${number}, expected ${before.number + 1}`)
  }
  // A heading that lost only its mark between two numbered ones is cited by the number it must have had.
  const isKnown = mark !== undefined || (words !== undefined && before?.isKnown === true)
  parent.latest.set(level, { number, isKnown, isMissing: words === undefined && mark === undefined })
  const unknown = words === undefined ? `〔第${number}${LEVEL_NAMES[level - 1] ?? ''}标题缺〕` : `“${words}”`
  return { key: String(number), label: mark?.label ?? (isKnown ? labelNumber(level, number) : unknown) }
}

/** A section's only unit is cited by the section alone. */
function completeLocators(section: Section): void {
  if (section.units.length === 1 && section.level > 0) return
  for (const [index, { unit, row }] of section.units.entries()) unit.locator += `第${index + 1}${row ? '行' : '段'}`
}

/** All units in the order of the document: a section's own come before its subsections', as they do on the page. */
function orderUnits(sections: readonly Section[], report: Report): PlanUnit[] {
  const seen = new Set<string>()
  return sections.flatMap((section) =>
    section.units.map(({ unit }) => {
      if (seen.has(unit.id)) report(section.line, `leads to a second unit with the id ${unit.id}`)
      seen.add(unit.id)
      return unit
    }),
  )
}

interface Mark {
  number: number
  label: string
  isAnnex?: boolean
}

/** Section marks of Chinese official documents, from the top level down (GB/T 9704-2012, 7.3.3). */
const MARKS = [
  /^([一二三四五六七八九十]{1,3})、/,
  /^[（(]([一二三四五六七八九十]{1,3})[）)]/,
  /^(\d{1,3})[.．]/,
  /^[（(](\d{1,3})[）)]/,
]
const LEVEL_NAMES = ['部分', '项', '条', '款']
const ANNEX = /^附件(\d{0,2})(?=\s|$)/

/** The section mark a heading begins with: undefined where there is none, `misplaced` where it belongs to another level. */
function readMark(words: string, level: number): Mark | 'misplaced' | undefined {
  const annex = ANNEX.exec(words)
  if (annex) return level === 1 ? { number: Number(annex[1] || 1), label: annex[0], isAnnex: true } : 'misplaced'
  for (const [index, pattern] of MARKS.entries()) {
    const written = pattern.exec(words)?.[1]
    if (written === undefined) continue
    const number = /^\d/.test(written) ? Number(written) : parseChineseNumber(written)
    return number === undefined || index + 1 !== level ? 'misplaced' : { number, label: labelNumber(level, number) }
  }
  return undefined
}

const DIGITS = '零一二三四五六七八九'

/** 1…99; undefined for signs that do not form such a number. */
function parseChineseNumber(written: string): number | undefined {
  const parts = /^([二三四五六七八九]?)(十?)([一二三四五六七八九]?)$/.exec(written)
  if (parts === null) return /^一$/.test(written) ? 1 : undefined
  const [, tens = '', ten = '', ones = ''] = parts
  if (ten === '') return tens !== '' && ones !== '' ? undefined : DIGITS.indexOf(tens || ones)
  return (tens === '' ? 1 : DIGITS.indexOf(tens)) * 10 + (ones === '' ? 0 : DIGITS.indexOf(ones))
}

function labelNumber(level: number, number: number): string {
  if (level > 2) return level === 3 ? String(number) : `（${number}）`
  const tens = Math.floor(number / 10)
  const ones = number % 10
  const chinese = `${tens > 1 ? DIGITS.charAt(tens) : ''}${tens > 0 ? '十' : ''}${ones > 0 ? DIGITS.charAt(ones) : ''}`
  return level === 1 ? `${chinese}、` : `（${chinese}）`
}
