// Fits seeds/lexicons/topic-model.json on the cards and the written examples: node scripts/fit-topics.ts
// The report half of test/evals is left out: `npm run measure` reports on it.
import { writeFileSync } from 'node:fs'
import { NOT_OURS } from '../src/answering/topics/recognize-topics.ts'
import { readSeeds } from '../src/knowledge/read-seeds.ts'
import { createAnalyzer } from '../src/retrieval/analysis.ts'
import { loadLexicon } from '../src/retrieval/lexicon.ts'
import { fitRunModel, type Example } from './fit-run-model.ts'
import { readEvalLines, readGroupedExamples } from './read-examples.ts'

const TARGET = 'seeds/lexicons/topic-model.json'
const OPTIONS = { longestRun: 3, leastSeen: 3, epochs: 20, left: 0.4 }
/** A sentence of a card's text says less about how people ask than a question does. */
const BODY_WEIGHT = 0.3
/** `vague`: cries for help that do not say of what kind. */
const OTHER_MATTERS = new Set(['out-of-scope', 'near-miss', 'vague'])

/** Dangers that no card is about. */
const UNCOVERED = /^other:(violence|labor|missing|lost|low-blood-sugar|asthma)$/

const analyzer = createAnalyzer(loadLexicon('seeds/lexicons'))
const examples: Example[] = []
const add = (text: string, labels: string[], weight = 1) => {
  if (labels.length > 0) examples.push({ text: analyzer.analyzeBody(text), labels, weight })
}

for (const { kind, content } of (await readSeeds('seeds', ['card'])).items) {
  if (kind !== 'card') continue
  for (const text of [content.title, ...content.aliases, ...content.questions]) add(text, [content.topic])
  const avoided = content.avoid.map(({ what, why }) => `${what}${why}`)
  for (const text of [...content.now, ...content.before, ...content.after, ...content.myths, ...avoided]) {
    add(text, [content.topic], BODY_WEIGHT)
  }
}
const topics = new Set(examples.flatMap(({ labels }) => labels))
const known = (labels: string[]) => labels.filter((label) => topics.has(label))
for (const { text, topics: named } of readEvalLines('test/fixtures/answering/danger-*.jsonl')) add(text, known(named))
for (const { text, topics: named, kind, held } of readEvalLines('test/evals/questions-*.jsonl')) {
  if (!held) add(text, OTHER_MATTERS.has(kind) ? [NOT_OURS] : known(named))
}
for (const { text, topics: named } of readEvalLines('test/evals/topics-tune.jsonl')) add(text, known(named))
for (const { text, group, also } of readGroupedExamples('test/evals/examples/*.txt')) {
  add(text, OTHER_MATTERS.has(group) || UNCOVERED.test(group) ? [NOT_OURS] : known([group, ...also]))
}
const model = fitRunModel(examples, OPTIONS)
writeFileSync(TARGET, `${JSON.stringify(model)}\n`)
const runs = model.runs.split('\n').length
console.log(`${examples.length} examples, ${runs} runs, ${model.classes.length} classes → ${TARGET}`)
