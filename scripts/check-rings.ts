// Holds the imports of src/ against the rings of scripts/rings.cjs.
// It proves itself each time: it must see every file, and it must find a violation that is seeded on purpose.
import { globSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { cruise, type ICruiseResult, type IFlattenedRuleSet, type IViolation } from 'dependency-cruiser'

interface RingConfig {
  forbidden: NonNullable<IFlattenedRuleSet['forbidden']>
  options: object
}
const config = createRequire(import.meta.url)('./rings.cjs') as RingConfig

async function cruiseRings(): Promise<ICruiseResult> {
  const { output } = await cruise(['src'], {
    ...config.options,
    validate: true,
    ruleSet: { forbidden: config.forbidden },
  })
  if (typeof output === 'string') throw new Error('dependency-cruiser answered with text')
  return output
}

/** The port at the root of channels/ lies further in than the adapters below it: as one folder they look like a cycle. */
function crossesPort({ rule, from, cycle }: IViolation): boolean {
  return rule.name === 'no-folder-cycles' && [from, ...(cycle ?? []).map(({ name }) => name)].includes('src/channels')
}

const SEEDED_FOLDER = 'src/base/_seeded'
const SEEDED = `${SEEDED_FOLDER}/violation.ts`

const clean = await cruiseRings()
const files = globSync('src/**/*.ts')
const seen = clean.modules.filter((module) => files.includes(module.source)).length
const violations = clean.summary.violations.filter((violation) => !crossesPort(violation))
for (const { rule, from, to } of violations) console.error(`${rule.name}: ${from} → ${to}`)
if (seen < files.length) console.error(`saw only ${seen} of ${files.length} files`)

mkdirSync(SEEDED_FOLDER, { recursive: true })
let caught = false
try {
  writeFileSync(SEEDED, "import { createApp } from '../../app.ts'\nexport const seeded = createApp\n")
  const seeded = await cruiseRings()
  caught = seeded.summary.violations.some((violation) => violation.from === SEEDED)
} finally {
  rmSync(SEEDED_FOLDER, { recursive: true, force: true })
}
if (!caught) console.error('the seeded violation was not found: the check is blind')

const wrong = violations.length
console.log(`rings: ${seen} files, ${wrong} violations, seeded violation ${caught ? 'found' : 'MISSED'}`)
process.exitCode = wrong === 0 && seen === files.length && caught ? 0 : 1
