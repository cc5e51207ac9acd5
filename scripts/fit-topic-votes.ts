// Counts seeds/lexicons/topic-votes.json from the cards and the written examples: node scripts/fit-topic-votes.ts
// The report half of test/evals is left out: `npm run measure` reports on it.
import { createHash } from 'node:crypto'
import { globSync, readFileSync, writeFileSync } from 'node:fs'
import { listRuns } from '../src/answering/danger-score.ts'
import { MAX_VOTING_RUN, NOT_OURS } from '../src/answering/topics/topic-votes.ts'
import { readSeeds } from '../src/knowledge/read-seeds.ts'
import { createAnalyzer } from '../src/retrieval/analysis.ts'
import { loadLexicon } from '../src/retrieval/lexicon.ts'
import { countVotes } from './count-votes.ts'

const TARGET = 'seeds/lexicons/topic-votes.json'
/** A sentence of a card's text says less about how people ask than a question does. */
const BODY_WEIGHT = 0.3

const analyzer = createAnalyzer(loadLexicon('seeds/lexicons'))
const texts: { runs: string[]; topic: string; weight: number }[] = []
const add = (text: string, topic: string, weight = 1) => {
  const runs = listRuns(analyzer.analyzeBody(text)).filter((run) => run.length <= MAX_VOTING_RUN)
  texts.push({ runs, topic, weight })
}

for (const { kind, content } of (await readSeeds('seeds', ['card'])).items) {
  if (kind !== 'card') continue
  for (const text of [content.title, ...content.aliases, ...content.questions]) add(text, content.topic)
  const avoided = content.avoid.map(({ what, why }) => `${what}${why}`)
  for (const text of [...content.now, ...content.before, ...content.after, ...content.myths, ...avoided]) {
    add(text, content.topic, BODY_WEIGHT)
  }
}
for (const file of globSync('test/fixtures/answering/danger-*.jsonl').sort()) {
  for (const { text, topic } of readLines(file)) if (topic) add(text, topic)
}
for (const file of [...globSync('test/evals/questions-*.jsonl'), 'test/evals/topics-tune.jsonl'].sort()) {
  for (const { text, topic, kind, pair } of readLines(file)) {
    const held = !file.endsWith('topics-tune.jsonl') && halfOf(pair === undefined ? text : `pair ${pair}`) === 'report'
    if (held) continue
    if (topic) add(text, topic)
    else if (kind === 'near-miss' || kind === 'out-of-scope') add(text, NOT_OURS)
  }
}
const votes = countVotes(texts, { leastSeen: 1.5, leastVote: 0.4 })
writeFileSync(TARGET, `${JSON.stringify(votes)}\n`)
console.log(`${texts.length} texts, ${Object.keys(votes).length} runs → ${TARGET}`)

function readLines(file: string): { text: string; topic?: string | null; kind?: string; pair?: number }[] {
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as { text: string; topic?: string | null; kind?: string; pair?: number })
}

function halfOf(text: string): 'tune' | 'report' {
  return (createHash('sha256').update(text).digest()[0] ?? 0) % 2 === 0 ? 'tune' : 'report'
}
