// node scripts/fit-topics.ts: fits the constants of src/answering/topics/topic-model.ts and prints them.
// Fitted on the tune halves of test/evals/questions-*.jsonl and on test/evals/topics-tune.jsonl. The report halves
// (lines are split by a hash of their text, as in scripts/measure-answers.ts) take no part.
import { createHash } from 'node:crypto'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { readLifeThreatLexicon } from '../src/answering/life-threat-lexicon.ts'
import { detectLifeThreat } from '../src/answering/life-threat.ts'
import { isForeignLanguage, recognizeSmallTalk } from '../src/answering/small-talk.ts'
import { learnReliability } from '../src/answering/topics/entry-reliability.ts'
import { weighTopics } from '../src/answering/topics/recognize-topics.ts'
import { readTopicLexicon } from '../src/answering/topics/topic-lexicon.ts'
import { readTopicConfidence, TOPIC_MODEL, type TopicFeatures } from '../src/answering/topics/topic-model.ts'
import { buildTopicStatistics } from '../src/answering/topics/topic-statistics.ts'
import { SHIPPED_SEEDS } from '../src/cli/shipped-seeds.ts'
import type { Card } from '../src/knowledge/card.ts'
import { readSeeds } from '../src/knowledge/read-seeds.ts'
import type { SeedResult } from '../src/knowledge/seed-file.ts'
import { createAnalyzer } from '../src/retrieval/analysis.ts'
import { EmbeddedSearchIndex } from '../src/retrieval/engines/embedded.ts'
import { loadLexicon } from '../src/retrieval/lexicon.ts'

interface Line {
  text: string
  kind: string
  topic: string | null
  topics?: string[]
  pair?: number
}

interface Sample {
  features: TopicFeatures
  right: boolean
  weight: number
}

type FeatureName = keyof TopicFeatures

const ROUNDS = 1_200
const RATE = 0.8
const SHRINK = 0.0008
const RIGHT_WEIGHT = 1.5
/** A wrong answer to a question that is not ours costs more than a choice too many. */
const OTHER_MATTER_WEIGHT = 2
// A weight may only have the sign that its feature means, so that a quirk of the lines cannot turn it round.
const HARMS: FeatureName[] = ['wordsBehind', 'unasked', 'aside', 'asideOnly']
const names = Object.keys(TOPIC_MODEL.weights) as FeatureName[] // Object.keys forgets the key type

const lexicons = join(SHIPPED_SEEDS, 'lexicons')
const lexicon = take(readTopicLexicon('topics.yaml', readFileSync(join(lexicons, 'topics.yaml'), 'utf8')))
const threats = take(
  readLifeThreatLexicon('life-threats.yaml', readFileSync(join(lexicons, 'life-threats.yaml'), 'utf8')),
)
const analyzer = createAnalyzer(loadLexicon(lexicons))
const { items } = await readSeeds(SHIPPED_SEEDS, ['card'])
const cards = items.flatMap((item): Card[] =>
  item.kind === 'card' && item.content.review !== 'draft' ? [item.content] : [],
)
const topicOf = new Map(cards.map((card) => [`card:${card.id}`, card.topic]))
const index = new EmbeddedSearchIndex(analyzer)
await index.upsert(
  cards.map((card) => ({
    id: `card:${card.id}`,
    kind: 'card' as const,
    title: card.title,
    wordings: [...card.aliases, ...card.questions],
    body: [card.private.lead, ...card.private.steps, ...card.now, ...card.before, ...card.after, ...card.myths].join(
      '\n',
    ),
  })),
)
const statistics = buildTopicStatistics(cards, (text) => analyzer.analyzeBody(text))
const reliability = learnReliability(lexicon, cards)

const questions = globSync('test/evals/questions-*.jsonl').sort().flatMap(readLines).filter(isTune)
const samples: Sample[] = []
for (const line of [...questions, ...readLines('test/evals/topics-tune.jsonl')]) samples.push(...(await sample(line)))
const { bias, weights } = fit(samples)
console.log(`${samples.length} topics of ${questions.length} questions and the own set`)
console.log(JSON.stringify({ bias, weights }, null, 2))

async function sample(line: Line): Promise<Sample[]> {
  const { text, kind } = line
  const answeredBefore =
    kind === 'life-threat' || recognizeSmallTalk(text) || isForeignLanguage(text) || detectLifeThreat(text, threats)
  if (answeredBefore) return []
  const wanted = [line.topic, ...(line.topics ?? [])].filter((topic) => topic !== null)
  const mended = text.replace(threats.rewrites.pattern, (word) => threats.rewrites.to.get(word) ?? word)
  const found = await index.search({ text, kinds: ['card'], limit: 8 })
  const hits = found.map((hit) => ({ topic: topicOf.get(hit.id) ?? '', hit }))
  const weighed = weighTopics(text, lexicon.listen(text, mended), { lexicon, reliability, statistics, hits })
  // Of several acceptable topics any one is enough: the others are taught neither way.
  const [best] = weighed
    .filter(({ topic }) => wanted.includes(topic))
    .sort((a, b) => readTopicConfidence(b.features) - readTopicConfidence(a.features))
  return weighed
    .filter(({ topic, features }) => topic === best?.topic || (!wanted.includes(topic) && isRival(features)))
    .map(({ topic, features }) => {
      const right = topic === best?.topic
      return { features, right, weight: (right ? RIGHT_WEIGHT : 1) * (wanted.length > 0 ? 1 : OTHER_MATTER_WEIGHT) }
    })
}

function isRival({ bestWord, asked, cover }: TopicFeatures): boolean {
  return bestWord > 0.2 || asked > 0.05 || cover > 0.2
}

/** Logistic regression by AdaGrad. */
function fit(data: Sample[]): { bias: number; weights: Record<string, number> } {
  const all = data.reduce((sum, { weight }) => sum + weight, 0)
  let start = -3
  let startSeen = 1e-6
  const learned = new Map(names.map((name) => [name, { value: signOf(name) * 0.5, seen: 1e-6 }]))
  for (let round = 0; round < ROUNDS; round++) {
    let startSlope = 0
    const slopes = new Map<FeatureName, number>()
    for (const { features, right, weight } of data) {
      let sum = start
      for (const [name, { value }] of learned) sum += value * features[name]
      const off = ((1 / (1 + Math.exp(-sum)) - (right ? 1 : 0)) * weight) / all
      startSlope += off
      for (const name of names) slopes.set(name, (slopes.get(name) ?? 0) + off * features[name])
    }
    startSeen += startSlope ** 2
    start -= (RATE * startSlope) / Math.sqrt(startSeen)
    for (const [name, entry] of learned) {
      const slope = (slopes.get(name) ?? 0) + SHRINK * entry.value
      entry.seen += slope ** 2
      entry.value -= (RATE * slope) / Math.sqrt(entry.seen)
      if (entry.value * signOf(name) < 0) entry.value = 0
    }
  }
  return {
    bias: round2(start),
    weights: Object.fromEntries([...learned].map(([name, { value }]) => [name, round2(value)])),
  }
}

function signOf(name: FeatureName): number {
  return HARMS.includes(name) ? -1 : 1
}

function round2(value: number): number {
  return Math.round(value * 100) / 100
}

function readLines(file: string): Line[] {
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Line)
}

function isTune({ text, pair }: Line): boolean {
  const key = pair === undefined ? text : `pair ${pair}`
  return (createHash('sha256').update(key).digest()[0] ?? 0) % 2 === 0
}

function take<T>(result: SeedResult<T>): T {
  if (!result.ok) throw new Error(JSON.stringify(result.problems))
  return result.value
}
