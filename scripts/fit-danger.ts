// Fits seeds/lexicons/danger-model.json on the written examples: node scripts/fit-danger.ts
//   --check   instead prints how the fit and the lexicon do on lines that were held out: five folds, and the report half
//             of test/evals, which is never fitted on. The topic model beside it has seen the lines of the folds. --wrong prints the lines that went wrong.
import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { decideDanger, NO_DANGER, OTHER_DANGER } from '../src/answering/decide-danger.ts'
import { detectLifeThreat } from '../src/answering/life-threat.ts'
import { readLifeThreatLexicon } from '../src/answering/life-threat-lexicon.ts'
import {
  buildRunModel,
  normalizeFor,
  readRunModel,
  type RunModel,
  type RunModelFile,
} from '../src/answering/run-model.ts'
import { createAnalyzer } from '../src/retrieval/analysis.ts'
import { loadLexicon } from '../src/retrieval/lexicon.ts'
import { fitRunModel, type Example } from './fit-run-model.ts'
import { readEvalLines, readGroupedExamples } from './read-examples.ts'

interface DangerExample extends Example {
  origin: string
  /** Only measured, never fitted on. */
  held: boolean
}

const TARGET = 'seeds/lexicons/danger-model.json'
const OPTIONS = { longestRun: 3, leastSeen: 3, epochs: 10, left: 0.3 }
const FOLDS = 5
/** Of all that people write, far less is harmless here than is sent. */
const HARMLESS_WEIGHT = 3

const { values } = parseArgs({
  options: { check: { type: 'boolean', default: false }, wrong: { type: 'boolean', default: false } },
})
const read = readLifeThreatLexicon('life-threats.yaml', readFileSync('seeds/lexicons/life-threats.yaml', 'utf8'))
if (!read.ok) throw new Error(JSON.stringify(read.problems))
const lexicon = read.value
const analyzer = createAnalyzer(loadLexicon('seeds/lexicons'))
const normalize = (text: string) => analyzer.analyzeBody(text)
const topics = normalizeFor(
  readRunModel('topic-model.json', readFileSync('seeds/lexicons/topic-model.json', 'utf8')),
  normalize,
)
const withText = new Set(lexicon.topics.map(({ topic }) => topic))
const examples = readExamples()
const fitted = examples.filter(({ held }) => !held)

if (values.check) check()
else {
  const model = fitDanger(fitted)
  writeFileSync(TARGET, `${JSON.stringify(model)}\n`)
  console.log(`${fitted.length} examples, ${model.runs.split('\n').length} runs → ${TARGET}`)
}

function fitDanger(rows: readonly DangerExample[]): RunModelFile {
  return fitRunModel(
    rows.map((row) => ({ ...row, text: normalize(row.text) })),
    OPTIONS,
  )
}

function check(): void {
  const guessed: { row: DangerExample; model: RunModel }[] = []
  for (let fold = 0; fold < FOLDS; fold++) {
    const model = buildRunModel(
      fitRunModel(
        fitted.filter(({ text }) => foldOf(text) !== fold),
        OPTIONS,
      ),
    )
    for (const row of fitted) if (foldOf(row.text) === fold) guessed.push({ row, model })
  }
  const whole = normalizeFor(buildRunModel(fitDanger(fitted)), normalize)
  const held = examples.filter((example) => example.held).map((row) => ({ row, model: whole }))
  report('five folds (the lexicon has seen some of them)', guessed)
  report('report half of test/evals, never fitted on', held)
}

function report(title: string, rows: { row: DangerExample; model: RunModel }[]): void {
  console.log(`\n${title}`)
  const decisions = rows.map(({ row, model }) => ({ row, both: decideDanger(row.text, { lexicon, model, topics }) }))
  const threatened = decisions.filter(({ row }) => !row.labels.includes(NO_DANGER))
  const answerable = threatened.filter(({ row }) => !row.labels.includes(OTHER_DANGER))
  const share = (count: number, all: number) => `${count}/${all} ${((100 * count) / Math.max(1, all)).toFixed(1)} %`
  const lexiconAlone = answerable.filter(({ row }) => detectLifeThreat(row.text, lexicon)).length
  console.log(`  by the lexicon alone ${share(lexiconAlone, answerable.length)}`)
  console.log(`  danger found ${share(threatened.filter(({ both }) => both).length, threatened.length)}`)
  console.log(`  where a text exists ${share(answerable.filter(({ both }) => both).length, answerable.length)}`)
  const right = answerable.filter(({ row, both }) => both?.topic !== undefined && row.labels.includes(both.topic))
  const wrong = answerable.filter(({ row, both }) => both?.topic !== undefined && !row.labels.includes(both.topic))
  console.log(
    `  right text ${share(right.length, answerable.length)}, another text ${share(wrong.length, answerable.length)}`,
  )
  const harmless = decisions.filter(({ row }) => row.labels.includes(NO_DANGER))
  for (const origin of [...new Set(harmless.map(({ row }) => row.origin))].sort()) {
    const own = harmless.filter(({ row }) => row.origin === origin)
    console.log(`    false alarms ${origin}: ${share(own.filter(({ both }) => both).length, own.length)}`)
  }
  if (!values.wrong) return
  for (const { row, both } of decisions) {
    const fits = row.labels.includes(NO_DANGER)
      ? !both
      : both && (both.topic === undefined || row.labels.includes(both.topic))
    if (!fits)
      console.log(
        `    ${row.origin} | ${row.text} | want ${row.labels.join('/')} | got ${both?.topic ?? (both ? OTHER_DANGER : NO_DANGER)}`,
      )
  }
}

function readExamples(): DangerExample[] {
  const found: DangerExample[] = []
  const add = (text: string, kinds: string[], origin: string, held = false) => {
    const known = kinds.map((kind) => (kind === NO_DANGER || withText.has(kind) ? kind : OTHER_DANGER))
    // A line that one of the texts is right for does not teach that there is none.
    const labels = known.some((kind) => kind !== OTHER_DANGER) ? known.filter((kind) => kind !== OTHER_DANGER) : known
    const weight = labels.includes(NO_DANGER) ? HARMLESS_WEIGHT : 1
    found.push({ text, labels: [...new Set(labels)], weight, origin, held })
  }
  for (const { topic, must, mustNot } of lexicon.topics) {
    for (const text of must) add(text, [topic], 'lexicon')
    for (const text of mustNot) add(text, [NO_DANGER], 'lexicon')
  }
  for (const { text, topics } of readEvalLines('test/fixtures/answering/danger-*.jsonl')) {
    add(text, topics.length > 0 ? topics : [NO_DANGER], 'fixtures')
  }
  for (const { text, topics, kind, held } of readEvalLines('test/evals/questions-*.jsonl')) {
    add(text, kind === 'life-threat' ? topics : [NO_DANGER], kind, held)
  }
  for (const { text, group } of readGroupedExamples('test/evals/examples/{danger-*,not-ours,replies,vague}.txt')) {
    const harmless = group === 'null' || group === 'out-of-scope' || group === 'near-miss'
    add(text, [harmless ? NO_DANGER : group], harmless ? group : 'danger')
  }
  // Short questions of people who are not in danger.
  for (const { text } of readGroupedExamples('test/evals/examples/calm-*.txt')) add(text, [NO_DANGER], 'calm')
  return found
}

function foldOf(text: string): number {
  return (createHash('sha256').update(text).digest()[1] ?? 0) % FOLDS
}
