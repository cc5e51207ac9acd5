// npm run measure: asks written questions through the product and prints how many were answered rightly.
// Default: the lines that nothing was ever fitted on or chosen by (test/evals/report-*.txt) and the plan questions.
// --short: messages of a few signs instead, test/evals/report-short.txt
// --half report|tune|all: test/evals/*questions*.jsonl instead · --wrong prints what went wrong · --kind K
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { createApp } from '../src/app.ts'
import { answerQuestion } from '../src/answering/answer-question.ts'
import type { Answer } from '../src/answering/answer.ts'
import { SHIPPED_SEEDS } from '../src/cli/shipped-seeds.ts'
import { loadConfig } from '../src/config/config.ts'
import { readEvalLines, readGroupedExamples, type EvalLine } from './read-examples.ts'

const { values } = parseArgs({
  options: {
    half: { type: 'string' },
    short: { type: 'boolean', default: false },
    wrong: { type: 'boolean', default: false },
    kind: { type: 'string' },
  },
})
const lines = readLines().filter(({ kind }) => values.kind === undefined || kind === values.kind)
const dataDir = mkdtempSync(join(tmpdir(), 'anxiao-measure-'))
const app = createApp(loadConfig({ DATA_DIR: dataDir, LOG_LEVEL: 'error' }, SHIPPED_SEEDS), { listen: false })
try {
  await app.start()
  const parts = app.parts.answering()
  const tally = new Map<string, { right: number; all: number }>()
  const count = (name: string, right: boolean) => {
    const entry = tally.get(name) ?? { right: 0, all: 0 }
    tally.set(name, { right: entry.right + (right ? 1 : 0), all: entry.all + 1 })
  }
  for (const line of lines) {
    const answer = await answerQuestion({ text: line.text, audience: 'resident', conversation: {} }, parts)
    const { topics } = line
    const hasText = topics.some((topic) => parts.knowledge.items['life-threat'].has(topic))
    const verdicts = judge(line, answer, hasText)
    for (const [name, right] of Object.entries(verdicts)) count(name, right)
    if (values.wrong && Object.values(verdicts).includes(false)) {
      console.log(
        `${Object.entries(verdicts)
          .filter(([, right]) => !right)
          .map(([name]) => name)
          .join(', ')} | ${line.text} | want ${topics.join('/') || '-'} | got ${describe(answer)}`,
      )
    }
  }
  for (const [name, { right, all }] of [...tally].sort(([a], [b]) => a.localeCompare(b))) {
    console.log(
      `${name.padEnd(46)} ${String(right).padStart(4)} / ${String(all).padStart(4)}  ${((100 * right) / all).toFixed(1)} %`,
    )
  }
} finally {
  await app.stop()
  rmSync(dataDir, { recursive: true, force: true })
}

/** Which figures a line counts for, and whether it counts as right there. */
function judge(line: EvalLine, answer: Answer, hasText: boolean): Record<string, boolean> {
  const { topics } = line
  const first = 'topic' in answer && answer.topic !== undefined && topics.includes(answer.topic)
  const offered = answer.outcome === 'clarify' && answer.choices.some(({ slug }) => topics.includes(slug))
  const silent = answer.outcome === 'declined' || answer.outcome === 'clarify'
  if (line.kind === 'card') {
    return {
      'card: right topic at first': first,
      'card: right topic at first or among the choices': first || offered,
      'card: no other card given': first || silent,
      'card: not wrongly declined': answer.outcome !== 'declined',
    }
  }
  if (line.kind === 'plan') {
    if (line.document === null) return { 'plan: absent, nothing quoted': answer.outcome !== 'plan' }
    const quoted = squeeze(answer.text)
    return {
      'plan: quoted from some text': answer.outcome === 'plan',
      'plan: holds the words':
        answer.outcome === 'plan' && (line.mustHold ?? []).every((words) => quoted.includes(squeeze(words))),
    }
  }
  if (line.kind === 'life-threat') {
    if (!hasText) return { 'life threat without a text: no other text given': answer.outcome !== 'life-threat' }
    const unclear = answer.outcome === 'declined' && answer.cause === 'danger-unclear'
    const helped = answer.outcome === 'life-threat' || unclear || answer.text.startsWith('【正在发生】')
    return {
      'life threat: found': answer.outcome === 'life-threat',
      'life threat: right text': answer.outcome === 'life-threat' && first,
      'life threat: no other text given': first || answer.outcome !== 'life-threat',
      'life threat: a text or at least the numbers first': helped,
    }
  }
  if (line.kind === 'harmless') return { 'harmless twin: no false alarm': answer.outcome !== 'life-threat' }
  if (line.kind === 'out-of-scope')
    return { 'out of scope: not answered': silent, 'out of scope: declined': answer.outcome === 'declined' }
  if (line.kind === 'near-miss') return { 'near miss: not answered': silent }
  return { 'twin: not answered with another topic': silent || first || topics.length === 0 }
}

function describe(answer: Answer): string {
  const what =
    answer.outcome === 'clarify'
      ? answer.choices.map(({ slug }) => slug).join(',')
      : answer.outcome === 'declined'
        ? answer.cause
        : answer.topic
  return `${answer.outcome} ${what ?? ''} ${answer.confidence.toFixed(2)}`
}

function squeeze(text: string): string {
  return text.normalize('NFKC').replace(/[\s\p{P}\p{S}]/gu, '')
}

function readLines(): EvalLine[] {
  if (values.short) return readDangerLines('test/evals/report-short.txt')
  return values.half === undefined ? readReportLines() : readHalf(values.half)
}

function readHalf(half: string): EvalLine[] {
  return readEvalLines('test/evals/*questions*.jsonl').filter(
    ({ held }) => half === 'all' || held === (half === 'report'),
  )
}

function readReportLines(): EvalLine[] {
  const questions = readGroupedExamples('test/evals/report-questions.txt').map(({ text, group, also }): EvalLine => {
    const other = group === 'out-of-scope' || group === 'near-miss'
    return { text, kind: other ? group : 'card', topics: other ? [] : [group, ...also], held: true }
  })
  const danger = readDangerLines('test/evals/report-danger.txt')
  const plans = readEvalLines('test/evals/plan-questions.jsonl').filter(({ held }) => held)
  const twins = readEvalLines('test/evals/questions-*.jsonl').filter(({ held, kind }) => held && kind === 'twin')
  return [...questions, ...danger, ...plans, ...twins]
}

function readDangerLines(file: string): EvalLine[] {
  return readGroupedExamples(file).map(({ text, group, also }): EvalLine => {
    const harmless = group === 'null'
    return { text, kind: harmless ? 'harmless' : 'life-threat', topics: harmless ? [] : [group, ...also], held: true }
  })
}
