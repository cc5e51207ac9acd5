// Checks seed files one by one: node scripts/check-seeds.ts [file …]; without arguments, all of them.
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { z } from 'zod'
import { cardSchema } from '../src/knowledge/card.ts'
import { hotlineFileSchema } from '../src/knowledge/hotline.ts'
import { lifeThreatSchema } from '../src/knowledge/life-threat.ts'
import { rebuttalSchema } from '../src/knowledge/rebuttal.ts'
import { describeProblem, parseSeed } from '../src/knowledge/seed-file.ts'

const schemas: Record<string, z.ZodType> = {
  cards: cardSchema,
  'life-threats': lifeThreatSchema,
  rebuttals: rebuttalSchema,
  hotlines: hotlineFileSchema,
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
process.exitCode = wrong > 0 ? 1 : 0
