import assert from 'node:assert/strict'
import { cpSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import { cardSchema } from '../../src/knowledge/card.ts'
import { readSeeds } from '../../src/knowledge/read-seeds.ts'
import { describeProblem, parseSeed } from '../../src/knowledge/seed-file.ts'
import { SHIPPED_SEEDS } from '../../src/cli/shipped-seeds.ts'

const someCard = readFileSync(join(SHIPPED_SEEDS, 'cards/nat-earthquake.yaml'), 'utf8')

let seedsDir = ''
before(() => {
  seedsDir = mkdtempSync(join(tmpdir(), 'anxiao-seeds-'))
  cpSync(SHIPPED_SEEDS, seedsDir, { recursive: true })
})
after(() => rmSync(seedsDir, { recursive: true, force: true }))

test('every shipped seed file is read without a problem', async () => {
  const { items, problems } = await readSeeds(SHIPPED_SEEDS)
  assert.deepEqual(problems.map(describeProblem), [])
  const count = (kind: string) => items.filter((item) => item.kind === kind).length
  assert.equal(count('life-threat'), 36)
  assert.equal(count('plan'), 5)
  assert.ok(count('card') >= 25)
  assert.ok(count('rebuttal') >= 10)
})

test('an id that stands twice in one file is refused with the file, before it reaches the store', async () => {
  const file = join(seedsDir, 'quiz', 'natural-and-accidents.yaml')
  const text = readFileSync(file, 'utf8')
  const [first = '', second = ''] = [...text.matchAll(/^ {2}- id: (\S+)$/gm)].map(([, id]) => id)
  writeFileSync(file, text.replace(`- id: ${second}\n`, `- id: ${first}\n`))
  const { problems } = await readSeeds(seedsDir, ['quiz-question'])
  writeFileSync(file, text)
  assert.equal(problems.length, 1)
  assert.match(describeProblem(problems[0] ?? assert.fail()), new RegExp(`natural-and-accidents.*${first}.*same file`))
})

test('a wrong field is reported with file, line, field and what is wrong', () => {
  const lines = someCard.split('\n')
  const at = lines.findIndex((line) => line.startsWith('hazard:'))
  lines[at] = 'hazard: volcano'
  const result = parseSeed('cards/x.yaml', lines.join('\n'), cardSchema)
  assert.ok(!result.ok)
  const [problem] = result.problems
  assert.equal(problem?.line, at + 1)
  assert.equal(problem?.field, 'hazard')
  assert.match(describeProblem(result.problems[0] ?? assert.fail()), /^cards\/x\.yaml:\d+ hazard: /)
})

test('an unknown field and a group text that does not fit are refused', () => {
  const unknown = parseSeed('x.yaml', `${someCard}\nfoo: 1\n`, cardSchema)
  assert.ok(!unknown.ok && unknown.problems.some(({ message }) => message.includes('foo')))
  const long = parseSeed(
    'x.yaml',
    someCard.replace(/^group:\n {2}lead: .*/m, `group:\n  lead: ${'长'.repeat(90)}`),
    cardSchema,
  )
  assert.ok(!long.ok && long.problems.some(({ message }) => /at most 85 fit/.test(message)))
})

test('one broken file yields no item, is named, and leaves the others', async () => {
  const whole = await readSeeds(seedsDir)
  const broken = join(seedsDir, 'cards/nat-earthquake.yaml')
  writeFileSync(broken, 'id: nat-earthquake\n  title: [unclosed')
  const seeds = await readSeeds(seedsDir)
  writeFileSync(broken, someCard)
  assert.equal(seeds.items.length, whole.items.length - 1)
  assert.ok(seeds.problems.length > 0)
  assert.ok(seeds.problems.every(({ file }) => file === 'cards/nat-earthquake.yaml'))
  assert.ok(!seeds.wholeKinds.includes('card'))
  assert.ok(seeds.wholeKinds.includes('rebuttal'))
})

test('a file that repeats an id or is not named after it is refused', async () => {
  const copy = join(seedsDir, 'cards/nat-earthquake-copy.yaml')
  writeFileSync(copy, someCard)
  const repeated = await readSeeds(seedsDir)
  rmSync(copy)
  assert.match(repeated.problems.map(describeProblem).join(), /repeats the id nat-earthquake/)
  const misnamed = join(seedsDir, 'cards/zzz.yaml')
  writeFileSync(misnamed, someCard)
  const named = await readSeeds(seedsDir)
  rmSync(misnamed)
  assert.match(named.problems.map(describeProblem).join(), /not named after it/)
})

test('a missing folder is a named problem, not a crash', async () => {
  const { items, problems } = await readSeeds(join(seedsDir, 'nowhere'))
  assert.equal(items.length, 0)
  assert.ok(problems.every(({ message }) => message.includes('cannot be read')))
})

test('random and damaged files never throw: an item that fits, or problems with a line', () => {
  const files = readdirSync(join(SHIPPED_SEEDS, 'cards')).map((name) =>
    readFileSync(join(SHIPPED_SEEDS, 'cards', name), 'utf8'),
  )
  const damaged = fc
    .tuple(fc.constantFrom(...files), fc.nat(), fc.nat(200), fc.string({ unit: 'binary', maxLength: 20 }))
    .map(([text, at, length, put]) => {
      const start = at % text.length
      return text.slice(0, start) + put + text.slice(start + length)
    })
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: 'binary' }), damaged), (text) => {
      const result = parseSeed('x.yaml', text, cardSchema)
      if (result.ok) cardSchema.parse(result.value)
      else assert.ok(result.problems.length > 0 && result.problems.every(({ line }) => line >= 1))
    }),
    { numRuns: 300 },
  )
})
