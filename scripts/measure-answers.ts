// npm run measure: asks the written questions of test/evals through the product and prints how many were answered rightly.
// --half tune|report (default report; lines are split by a hash of their text) · --wrong prints what went wrong · --kind K
import { createHash } from 'node:crypto'
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { createApp } from '../src/app.ts'
import { answerQuestion } from '../src/answering/answer-question.ts'
import type { Answer } from '../src/answering/answer.ts'
import { SHIPPED_SEEDS } from '../src/cli/shipped-seeds.ts'
import { loadConfig } from '../src/config/config.ts'

interface Line {
  text: string
  kind: 'card' | 'life-threat' | 'harmless' | 'out-of-scope' | 'near-miss' | 'twin' | 'plan'
  topic?: string | null
  topics?: string[]
  pair?: number
  /** Plan questions: which text answers, and the words the answer must hold; null where none of them does. */
  document?: string | null
  mustHold?: string[]
  note?: string
}

const { values } = parseArgs({
  options: {
    half: { type: 'string', default: 'report' },
    wrong: { type: 'boolean', default: false },
    kind: { type: 'string' },
  },
})

const lines = globSync('test/evals/*questions*.jsonl')
  .sort()
  .flatMap((file) => readFileSync(file, 'utf8').split('\n').filter(Boolean))
  .map((line) => JSON.parse(line) as Line)
  .map((line) => (line.mustHold === undefined ? line : { ...line, kind: 'plan' as const }))
  .filter(
    ({ text, pair }) => values.half === 'all' || halfOf(pair === undefined ? text : `pair ${pair}`) === values.half,
  )
  .filter(({ kind }) => values.kind === undefined || kind === values.kind)

const dataDir = mkdtempSync(join(tmpdir(), 'anxiao-measure-'))
const app = createApp(loadConfig({ DATA_DIR: dataDir, LOG_LEVEL: 'error' }, SHIPPED_SEEDS), { listen: false })
try {
  await app.start()
  const parts = app.parts.answering()
  const published = new Set(parts.knowledge.items.card.keys())
  const tally = new Map<string, { right: number; all: number }>()
  const count = (name: string, right: boolean) => {
    const entry = tally.get(name) ?? { right: 0, all: 0 }
    tally.set(name, { right: entry.right + (right ? 1 : 0), all: entry.all + 1 })
  }
  for (const line of lines) {
    const answer = await answerQuestion({ text: line.text, audience: 'resident', conversation: {} }, parts)
    const topics = [line.topic, ...(line.topics ?? [])].filter((topic) => topic !== null && topic !== undefined)
    const verdicts = judge(
      line,
      topics,
      answer,
      topics.some((topic) => published.has(topic)),
    )
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
function judge(line: Line, topics: string[], answer: Answer, hasCard: boolean): Record<string, boolean> {
  const first = 'topic' in answer && answer.topic !== undefined && topics.includes(answer.topic)
  const offered = answer.outcome === 'clarify' && answer.choices.some(({ slug }) => topics.includes(slug))
  const silent = answer.outcome === 'declined' || answer.outcome === 'clarify'
  if (line.kind === 'card') {
    if (!hasCard) return { 'card: no card yet, nothing else answered': silent || first }
    return {
      'card: right topic at first': first,
      'card: right topic at first or among the choices': first || offered,
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
    return {
      'life threat: found': answer.outcome === 'life-threat',
      'life threat: found with the right topic': answer.outcome === 'life-threat' && first,
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

function halfOf(text: string): 'tune' | 'report' {
  return (createHash('sha256').update(text).digest()[0] ?? 0) % 2 === 0 ? 'tune' : 'report'
}
