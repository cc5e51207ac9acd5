// Checks seed files: node scripts/check-seeds.ts [file …]. Each for itself; without arguments all of them, and what they
// say against seeds/editorial-rules.yaml and against one another.
import { existsSync, readFileSync } from 'node:fs'
import { checkContent, type ContentFinding } from '../src/knowledge/check-content.ts'
import { readEditorialRules } from '../src/knowledge/editorial-rules.ts'
import { readSeeds, SEED_FOLDERS } from '../src/knowledge/read-seeds.ts'
import { describeProblem, findLine, type SeedProblem } from '../src/knowledge/seed-file.ts'

const RULES = 'seeds/editorial-rules.yaml'
const named = process.argv.slice(2)
const problems = named.length > 0 ? named.flatMap(checkFile) : await checkAll()
for (const problem of problems) console.log(describeProblem(problem))
console.log(`${named.length > 0 ? `${named.length} files` : 'all seed files'}, ${problems.length} to mend`)
process.exitCode = problems.length > 0 ? 1 : 0

function checkFile(file: string): SeedProblem[] {
  const folder = file.split('/').at(-2) ?? ''
  const seedFolder = SEED_FOLDERS.find((known) => known.folder === folder)
  if (!seedFolder) throw new Error(`${file}: ${folder} is no folder of seeds`)
  const result = seedFolder.read(file, readFileSync(file, 'utf8'))
  return result.ok ? [] : result.problems
}

async function checkAll(): Promise<SeedProblem[]> {
  const rules = readEditorialRules(RULES, readFileSync(RULES, 'utf8'))
  if (!rules.ok) return rules.problems
  const { items, problems: unread } = await readSeeds('seeds')
  const today = new Date().toISOString().slice(0, 10)
  return [...unread, ...checkContent(items, rules.value, today).map(locate)]
}

/** A finding by file and line; an item of a file that holds many is told by its name. */
function locate({ kind, slug, path, message }: ContentFinding): SeedProblem {
  const { folder = '', many } = SEED_FOLDERS.find((known) => known.kind === kind) ?? {}
  const file = many ? `seeds/${folder} ${slug}` : `seeds/${folder}/${slug}.yaml`
  const line = existsSync(file) ? findLine(readFileSync(file, 'utf8'), path) : 1
  return { file, line, field: path.join('.'), message }
}
