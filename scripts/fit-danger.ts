// Fits seeds/lexicons/danger-weights.json on the written examples: node scripts/fit-danger.ts
//   --check   instead prints how the fit and the lexicon do on lines that were held out, in five folds and on the
//             report half of test/evals, which is never fitted on
import { createHash } from 'node:crypto'
import { globSync, readFileSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import {
  buildDangerModel,
  listRuns,
  scoreDanger,
  type DangerModel,
  type DangerModelFile,
} from '../src/answering/danger-score.ts'
import { decideDanger } from '../src/answering/decide-danger.ts'
import { readLifeThreatLexicon } from '../src/answering/life-threat-lexicon.ts'
import { countVotes } from './count-votes.ts'

interface Example {
  text: string
  /** Acceptable topics; empty where nobody is in danger. */
  topics: string[]
  danger: boolean
  origin: string
  /** Only measured, never fitted on. */
  held: boolean
}

const EPOCHS = 14
const RATE = 0.5
const DECAY = 1e-3
/** A run of one message alone says nothing about others. */
const MIN_MESSAGES = 2
const SMALLEST_WEIGHT = 0.3
const SMALLEST_VOTE = 0.4
const TARGET = 'seeds/lexicons/danger-weights.json'

const read = readLifeThreatLexicon('life-threats.yaml', readFileSync('seeds/lexicons/life-threats.yaml', 'utf8'))
if (!read.ok) throw new Error(JSON.stringify(read.problems))
const lexicon = read.value
const examples = readExamples()
const fitted = examples.filter(({ held }) => !held)

const { values } = parseArgs({ options: { check: { type: 'boolean', default: false } } })
if (values.check) check()
else {
  const file = fit(fitted)
  writeFileSync(TARGET, `${JSON.stringify(file)}\n`)
  console.log(
    `${fitted.length} examples, ${Object.keys(file.weights).length} runs, ${Object.keys(file.topics).length} of them for topics → ${TARGET}`,
  )
}

/** Logistic regression by AdaGrad over the runs of each message, scaled by their number; order fixed, so repeatable. */
function fit(rows: readonly Example[]): DangerModelFile {
  const weights = new Map<string, number>()
  const squares = new Map<string, number>()
  let bias = 0
  let biasSquares = 1e-6
  const seen = new Map<string, number>()
  for (const { text } of rows) for (const run of listRuns(text)) seen.set(run, (seen.get(run) ?? 0) + 1)
  const prepared = rows.map(({ text, danger }) => {
    const runs = listRuns(text)
    const known = runs.filter((run) => (seen.get(run) ?? 0) >= MIN_MESSAGES)
    return { runs: known, scale: 1 / Math.sqrt(runs.length), target: danger ? 1 : 0 }
  })
  let random = 1
  const next = (below: number) => {
    random = (random * 1_103_515_245 + 12_345) % 2_147_483_648
    return random % below
  }
  for (let epoch = 0; epoch < EPOCHS; epoch++) {
    for (let last = prepared.length - 1; last > 0; last--) {
      const other = next(last + 1)
      const [one, another] = [prepared[last], prepared[other]]
      if (one && another) [prepared[last], prepared[other]] = [another, one]
    }
    for (const { runs, scale, target } of prepared) {
      let sum = bias
      for (const run of runs) sum += (weights.get(run) ?? 0) * scale
      const error = 1 / (1 + Math.exp(-sum)) - target
      for (const run of runs) {
        const weight = weights.get(run) ?? 0
        const slope = error * scale + DECAY * weight
        const square = (squares.get(run) ?? 1e-6) + slope * slope
        squares.set(run, square)
        weights.set(run, weight - (RATE * slope) / Math.sqrt(square))
      }
      biasSquares += error * error
      bias -= (RATE * error) / Math.sqrt(biasSquares)
    }
  }
  const kept = [...weights]
    .filter(([, weight]) => Math.abs(weight) >= SMALLEST_WEIGHT)
    .map(([run, weight]) => [run, round(weight)])
  return { bias: round(bias), weights: Object.fromEntries(kept) as Record<string, number>, topics: countTopics(rows) }
}

/** What each run of up to 3 signs says of the kind of danger, among messages of people in danger. */
function countTopics(rows: readonly Example[]): DangerModelFile['topics'] {
  const known = new Set(lexicon.topics.map(({ topic }) => topic))
  const texts = rows.flatMap(({ text, topics: [topic] }) =>
    topic !== undefined && known.has(topic)
      ? [{ runs: listRuns(text).filter((run) => run.length <= 3), topic, weight: 1 }]
      : [],
  )
  return countVotes(texts, { leastSeen: MIN_MESSAGES, leastVote: SMALLEST_VOTE })
}

function check(): void {
  const folds = 5
  const guessed: { row: Example; model: DangerModel }[] = []
  for (let fold = 0; fold < folds; fold++) {
    const model = buildDangerModel(fit(fitted.filter(({ text }) => foldOf(text) !== fold)))
    for (const row of fitted) if (foldOf(row.text) === fold) guessed.push({ row, model })
  }
  const whole = buildDangerModel(fit(fitted))
  const held = examples.filter((example) => example.held).map((row) => ({ row, model: whole }))
  report('five folds (the lexicon has seen some of them)', guessed)
  report('report half of test/evals, never fitted on', held)
}

function report(title: string, rows: { row: Example; model: DangerModel }[]): void {
  console.log(`\n${title}`)
  const share = (
    of: typeof rows,
    right: (row: Example, topic: string | undefined) => boolean,
    decide: (text: string, model: DangerModel) => string | undefined,
  ) => {
    const count = of.filter(({ row, model }) => right(row, decide(row.text, model))).length
    return `${count}/${of.length} ${((100 * count) / Math.max(1, of.length)).toFixed(1)} %`
  }
  const ways: Record<string, (text: string, model: DangerModel) => string | undefined> = {
    'lexicon alone': (text) => decideDanger(text, lexicon, null)?.topic,
    'score alone at 0.5': (text, model) => {
      const score = scoreDanger(text, model)
      return score.probability >= 0.5 ? [...score.votes].sort((a, b) => b[1] - a[1])[0]?.[0] : undefined
    },
    'both, as the product decides': (text, model) => decideDanger(text, lexicon, model)?.topic,
  }
  const known = new Set(lexicon.topics.map(({ topic }) => topic))
  for (const [name, decide] of Object.entries(ways)) {
    const danger = rows.filter(({ row }) => row.danger)
    const withText = danger.filter(({ row }) => row.topics.some((topic) => known.has(topic)))
    console.log(
      `  ${name}: found ${share(danger, (_, topic) => topic !== undefined, decide)}, with a text ${share(withText, (_, topic) => topic !== undefined, decide)}, right topic ${share(withText, (row, topic) => topic !== undefined && row.topics.includes(topic), decide)}`,
    )
    for (const origin of [...new Set(rows.filter(({ row }) => !row.danger).map(({ row }) => row.origin))].sort()) {
      const harmless = rows.filter(({ row }) => !row.danger && row.origin === origin)
      console.log(`    false alarms ${origin}: ${share(harmless, (_, topic) => topic !== undefined, decide)}`)
    }
  }
}

function readExamples(): Example[] {
  const parse = (file: string) =>
    readFileSync(file, 'utf8')
      .split('\n')
      .filter(Boolean)
      .map(
        (line) =>
          JSON.parse(line) as { text: string; topic?: string | null; topics?: string[]; kind?: string; pair?: number },
      )
  const found: Example[] = []
  for (const file of globSync('test/fixtures/answering/danger-*.jsonl').sort()) {
    for (const { text, topic } of parse(file)) {
      found.push({ text, topics: topic ? [topic] : [], danger: Boolean(topic), origin: 'fixtures', held: false })
    }
  }
  for (const { topic, must, mustNot } of lexicon.topics) {
    for (const text of must) found.push({ text, topics: [topic], danger: true, origin: 'lexicon', held: false })
    for (const text of mustNot) found.push({ text, topics: [], danger: false, origin: 'lexicon', held: false })
  }
  for (const file of globSync('test/evals/questions-*.jsonl').sort()) {
    for (const { text, topic, topics, kind, pair } of parse(file)) {
      const danger = kind === 'life-threat'
      const named = [topic, ...(topics ?? [])].filter((one) => one !== null && one !== undefined)
      const held = halfOf(pair === undefined ? text : `pair ${pair}`) === 'report'
      found.push({ text, topics: danger ? named : [], danger, origin: kind ?? '', held })
    }
  }
  return found
}

function halfOf(text: string): 'tune' | 'report' {
  return (createHash('sha256').update(text).digest()[0] ?? 0) % 2 === 0 ? 'tune' : 'report'
}

function foldOf(text: string): number {
  return (createHash('sha256').update(text).digest()[1] ?? 0) % 5
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000
}
