// Checks seed files: node scripts/check-seeds.ts [file …]. Each for itself; without arguments all of them, and what they
// say against seeds/editorial-rules.yaml and against one another.
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { z } from 'zod'
import { calendarDaySchema } from '../src/knowledge/calendar-day.ts'
import { cardSchema } from '../src/knowledge/card.ts'
import { checkContent } from '../src/knowledge/check-content.ts'
import { readEditorialRules } from '../src/knowledge/editorial-rules.ts'
import { hotlineFileSchema } from '../src/knowledge/hotline.ts'
import type { ItemKind } from '../src/knowledge/item.ts'
import { lifeThreatSchema } from '../src/knowledge/life-threat.ts'
import { quizFileSchema } from '../src/knowledge/quiz.ts'
import { readSeeds } from '../src/knowledge/read-seeds.ts'
import { rebuttalSchema } from '../src/knowledge/rebuttal.ts'
import { describeProblem, findLine, parseSeed } from '../src/knowledge/seed-file.ts'

const RULES = 'seeds/editorial-rules.yaml'
const schemas: Record<string, z.ZodType> = {
  cards: cardSchema,
  'life-threats': lifeThreatSchema,
  rebuttals: rebuttalSchema,
  hotlines: hotlineFileSchema,
  calendar: calendarDaySchema,
  quiz: quizFileSchema,
}
const named = process.argv.slice(2)
const files =
  named.length > 0
    ? named
    : Object.keys(schemas).flatMap((folder) =>
        readdirSync(join('seeds', folder)).map((name) => join('seeds', folder, name)),
      )
let wrong = 0
for (const file of files) {
  const folder = file.split('/').at(-2) ?? ''
  const schema = schemas[folder]
  if (!schema) throw new Error(`${file}: no schema for the folder ${folder}`)
  const result = parseSeed(file, readFileSync(file, 'utf8'), schema)
  if (result.ok) continue
  wrong++
  for (const problem of result.problems) console.log(describeProblem(problem))
}
console.log(`${files.length} files, ${wrong} wrong`)

const FOLDERS: Partial<Record<ItemKind, string>> = {
  card: 'cards',
  'life-threat': 'life-threats',
  rebuttal: 'rebuttals',
  'calendar-day': 'calendar',
}
let findings = 0
if (named.length === 0 && wrong === 0) {
  const rules = readEditorialRules(RULES, readFileSync(RULES, 'utf8'))
  if (!rules.ok) throw new Error(rules.problems.map(describeProblem).join('\n'))
  const { items, problems } = await readSeeds('seeds')
  for (const problem of problems) console.log(describeProblem(problem))
  findings += problems.length
  for (const { kind, slug, path, message } of checkContent(items, rules.value, new Date().toISOString().slice(0, 10))) {
    findings++
    const file = fileOf(kind, slug)
    const line = file === undefined || !existsSync(file) ? 1 : findLine(readFileSync(file, 'utf8'), path)
    console.log(describeProblem({ file: file ?? `${kind} ${slug}`, line, field: path.join('.'), message }))
  }
  console.log(`${items.length} items, ${findings} findings`)
}
process.exitCode = wrong + findings > 0 ? 1 : 0

/** Kinds with many items in a file are told by their folder. */
function fileOf(kind: ItemKind, slug: string): string | undefined {
  const folder = FOLDERS[kind]
  return folder === undefined ? undefined : `seeds/${folder}/${slug}.yaml`
}
