// Fits the constants of src/retrieval/acceptance.ts on the sets of EVAL_DIR and prints them:
//   node scripts/fit-acceptance.ts            constants, fitted on all sets of a kind, and thresholds
//   node scripts/fit-acceptance.ts --check    how each model does on data it was not fitted on
// The sets are third-party text and not part of the repository; without them the script says so and stops.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { cardSchema, type Card } from '../src/knowledge/card.ts'
import { parseSeed } from '../src/knowledge/seed-file.ts'
import {
  acceptanceFeatures,
  type AcceptanceFeatures,
  type AcceptanceModel,
  type AcceptanceModelName,
} from '../src/retrieval/acceptance.ts'
import { createAnalyzer } from '../src/retrieval/analysis.ts'
import { EmbeddedSearchIndex } from '../src/retrieval/engines/embedded.ts'
import {
  areaUnderCurve,
  evaluationCorpusRowSchema,
  evaluationQueryRowSchema,
  KIND_OF_EVALUATION,
  readEvaluationCorpus,
  type EvaluationKind,
  type EvaluationQueryRow,
} from '../src/retrieval/evaluate.ts'
import { loadLexicon } from '../src/retrieval/lexicon.ts'
import type { SearchDocument } from '../src/retrieval/search-index.ts'

type FeatureName = keyof AcceptanceFeatures

interface Sample {
  features: AcceptanceFeatures
  /** The query has an answer in the corpus. */
  answerable: boolean
  /** The best hit is that answer. */
  right: boolean
  /** Share of this group of samples in the fit. */
  weight: number
  /** From another field than the corpus. */
  outside: boolean
}

interface SetPlan {
  folder: string
  kind: EvaluationKind
  /** Negative files (relative to EVAL_DIR) and their share of the negative weight. */
  negatives: [string, number][]
}

const SETS: Record<string, SetPlan> = {
  toutiao: { folder: 'rumor-match-toutiao', kind: 'rumors', negatives: [['rumor-match-toutiao/negatives.jsonl', 1]] },
  guokr: { folder: 'rumor-match-guokr', kind: 'rumors', negatives: [['rumor-match-guokr/negatives.jsonl', 1]] },
  epidemic: {
    folder: 'question-epidemic',
    kind: 'questions',
    negatives: [
      ['question-epidemic/near-miss.jsonl', 0.75],
      ['out-of-scope/negatives.jsonl', 0.25],
    ],
  },
  dxy: { folder: 'card-dxy', kind: 'questions', negatives: [['card-dxy/negatives.jsonl', 1]] },
  plan: { folder: 'plan-qa', kind: 'plans', negatives: [['plan-qa/negatives-indomain.jsonl', 1]] },
}

// A weight may only have the sign that its feature means, so that a quirk of one set cannot turn it round.
const CARD_HELPS: FeatureName[] = [
  'topicOfQueryCovered',
  'topicShared',
  'signsOfQueryCovered',
  'signsShared',
  'documentCovered',
  'bm25',
  'surfaceDice',
  'cosine',
  'focusAgrees',
  'lead',
]
const CARD_HARMS: FeatureName[] = ['focusConflicts', 'focusOnlyInWording', 'numbersConflict', 'polarityConflicts']
const MODELS: Record<AcceptanceModelName, { sets: string[]; helps: FeatureName[]; harms: FeatureName[] }> = {
  rebuttal: {
    sets: ['toutiao', 'guokr'],
    helps: [
      'bm25',
      'wordingCovered',
      'topicOfWordingCovered',
      'signsOfWordingCovered',
      'documentCovered',
      'sentenceInDocument',
      'lead',
    ],
    harms: ['numbersConflict'],
  },
  cardByQuestion: { sets: ['epidemic'], helps: CARD_HELPS, harms: CARD_HARMS },
  cardByQuestions: { sets: ['seeds'], helps: CARD_HELPS, harms: CARD_HARMS },
  cardByBody: { sets: ['dxy'], helps: ['bm25', 'documentCovered', 'sentenceInDocument', 'lead'], harms: [] },
  plan: {
    sets: ['plan'],
    helps: ['bm25', 'documentCovered', 'documentPairsCovered', 'titleCovered', 'lead'],
    harms: [],
  },
}

const STEPS = 800
const RIDGE = 0.003

const evalDir = process.env['EVAL_DIR'] ?? '../shared/eval'
if (!existsSync(join(evalDir, 'rumor-match-toutiao'))) {
  console.log(`no evaluation sets in ${evalDir}: set EVAL_DIR`)
  process.exit(0)
}
const root = join(import.meta.dirname, '..')
const analyzer = createAnalyzer(loadLexicon(join(root, 'seeds/lexicons')))
const samples = new Map<string, Sample[]>()
for (const [name, plan] of Object.entries(SETS)) samples.set(name, await collectSamples(plan))
samples.set('seeds', await collectSeedSamples())

if (process.argv.includes('--check')) check()
else printConstants()

function readRows(file: string): unknown[] {
  return readFileSync(join(evalDir, file), 'utf8')
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line): unknown => JSON.parse(line))
}

async function collectSamples(plan: SetPlan): Promise<Sample[]> {
  const index = new EmbeddedSearchIndex(analyzer)
  const corpus = readRows(`${plan.folder}/corpus.jsonl`).map((row) => evaluationCorpusRowSchema.parse(row))
  await index.upsert(readEvaluationCorpus(plan.kind, corpus))
  const collected: Sample[] = []
  const add = (rows: EvaluationQueryRow[], answerable: boolean, share: number, outside: boolean) => {
    for (const { query, positive_ids } of rows) {
      const best = index.rank(KIND_OF_EVALUATION[plan.kind], { text: query }).candidates[0]
      if (!best) continue
      collected.push({
        features: acceptanceFeatures(KIND_OF_EVALUATION[plan.kind], best.features, best.margin),
        answerable,
        right: positive_ids.includes(best.document.id),
        weight: share / rows.length,
        outside,
      })
    }
  }
  const read = (file: string) => readRows(file).map((row) => evaluationQueryRowSchema.parse(row))
  add(read(`${plan.folder}/queries.jsonl`), true, 0.5, false)
  for (const [file, share] of plan.negatives) add(read(file), false, 0.5 * share, file.startsWith('out-of-scope'))
  return collected
}

/**
 * Our own cards, which store many ways of asking each: every other question asked with its own wording taken out
 * (answerable), and with its whole card taken out (not answerable); and out-of-scope questions.
 */
async function collectSeedSamples(): Promise<Sample[]> {
  const index = new EmbeddedSearchIndex(analyzer)
  const folder = join(root, 'seeds/cards')
  const documents = readdirSync(folder).flatMap((file): SearchDocument[] => {
    const seed = parseSeed(file, readFileSync(join(folder, file), 'utf8'), cardSchema)
    if (!seed.ok) return []
    const card = seed.value
    return [
      {
        id: card.topic,
        kind: 'card',
        title: card.title,
        wordings: [...card.aliases, ...card.questions],
        body: describeCard(card),
      },
    ]
  })
  await index.upsert(documents)
  const collected: Sample[] = []
  const add = (query: string, id: string, answerable: boolean, weight: number) => {
    const best = index.rank('card', { text: query }).candidates[0]
    if (best)
      collected.push({
        features: acceptanceFeatures('card', best.features, best.margin),
        answerable,
        right: best.document.id === id,
        weight,
        outside: false,
      })
  }
  const asked = documents.flatMap((document) =>
    document.wordings.filter((wording) => wording.length > 5).map((wording) => ({ document, wording })),
  )
  const chosen = asked.filter((_, i) => i % 2 === 0)
  for (const { document, wording } of chosen) {
    await index.upsert([{ ...document, wordings: document.wordings.filter((other) => other !== wording) }])
    add(wording, document.id, true, 0.5 / chosen.length)
    await index.remove([document.id])
    add(wording, '', false, 0.25 / chosen.length)
    await index.upsert([document])
  }
  const others = readRows('out-of-scope/negatives.jsonl').map((row) => evaluationQueryRowSchema.parse(row))
  for (const { query } of others) add(query, '', false, 0.25 / others.length)
  return collected
}

/** The same text as the product indexes for a card. */
function describeCard(card: Card): string {
  return [
    card.private.lead,
    ...card.private.steps,
    ...card.now,
    ...card.before,
    ...card.after,
    ...card.avoid.map(({ what, why }) => `${what}：${why}`),
    ...card.numbers.map(({ what, value }) => `${what}：${value}`),
    ...card.myths,
  ].join('\n')
}

/** Logistic regression by Adam with sign limits on standardized features; deterministic. */
function fitModel(
  data: readonly Sample[],
  helps: readonly FeatureName[],
  harms: readonly FeatureName[],
): AcceptanceModel {
  const names = [...helps, ...harms]
  const count = names.length
  const total = data.reduce((sum, { weight }) => sum + weight, 0)
  const means = names.map((name) => data.reduce((sum, one) => sum + one.weight * one.features[name], 0) / total)
  const spreads = names.map((name, j) => {
    const mean = means[j] ?? 0
    return Math.sqrt(data.reduce((sum, one) => sum + one.weight * (one.features[name] - mean) ** 2, 0) / total) || 1
  })
  const rows = data.map((one) => names.map((name, j) => (one.features[name] - (means[j] ?? 0)) / (spreads[j] ?? 1)))
  const weights = new Float64Array(count + 1)
  const first = new Float64Array(count + 1)
  const second = new Float64Array(count + 1)
  for (let step = 1; step <= STEPS; step++) {
    const gradient = new Float64Array(count + 1)
    data.forEach((one, i) => {
      const row = rows[i] ?? []
      let sum = weights[count] ?? 0
      for (let j = 0; j < count; j++) sum += (weights[j] ?? 0) * (row[j] ?? 0)
      const error = ((1 / (1 + Math.exp(-sum)) - (one.right ? 1 : 0)) * one.weight) / total
      for (let j = 0; j < count; j++) gradient[j] = (gradient[j] ?? 0) + error * (row[j] ?? 0)
      gradient[count] = (gradient[count] ?? 0) + error
    })
    for (let j = 0; j <= count; j++) {
      const slope = (gradient[j] ?? 0) + (j < count ? RIDGE * (weights[j] ?? 0) : 0)
      first[j] = 0.9 * (first[j] ?? 0) + 0.1 * slope
      second[j] = 0.99 * (second[j] ?? 0) + 0.01 * slope * slope
      const move =
        (0.05 * ((first[j] ?? 0) / (1 - 0.9 ** step))) / (Math.sqrt((second[j] ?? 0) / (1 - 0.99 ** step)) + 1e-8)
      const next = (weights[j] ?? 0) - move
      weights[j] = j === count ? next : j < helps.length ? Math.max(0, next) : Math.min(0, next)
    }
  }
  const model: AcceptanceModel = { bias: weights[count] ?? 0, weights: {} }
  names.forEach((name, j) => {
    const weight = (weights[j] ?? 0) / (spreads[j] ?? 1)
    model.bias -= weight * (means[j] ?? 0)
    if (Math.abs(weight) > 0.02) model.weights[name] = Number(weight.toFixed(2))
  })
  model.bias = Number(model.bias.toFixed(2))
  return model
}

function confidence(model: AcceptanceModel, { features }: Sample): number {
  let sum = model.bias
  for (const [name, weight] of Object.entries(model.weights)) sum += weight * features[name as FeatureName] // keys of a record of features
  return 1 / (1 + Math.exp(-sum))
}

function measure(model: AcceptanceModel, data: readonly Sample[]): string {
  const positives = data.filter(({ answerable }) => answerable)
  const negatives = data.filter(({ answerable }) => !answerable)
  const values = negatives.map((one) => confidence(model, one)).sort((a, b) => b - a)
  const at = (share: number) => values[Math.floor(share * values.length)] ?? 1
  const ok = (threshold: number) =>
    positives.filter((one) => one.right && confidence(model, one) > threshold).length / positives.length
  const auroc = areaUnderCurve(
    positives.map((one) => confidence(model, one)),
    values,
  )
  const atShare = (share: number) => `${ok(at(share)).toFixed(3)} (from ${at(share).toFixed(2)})`
  return `AUROC ${auroc?.toFixed(3)}, right and accepted at 5 % of negatives ${atShare(0.05)}, at 2 % ${atShare(0.02)}, at 10 % ${atShare(0.1)}`
}

function dataOf(names: readonly string[], part?: 0 | 1): Sample[] {
  return names.flatMap((name) =>
    (samples.get(name) ?? []).filter((_, i) => part === undefined || (i >> 1) % 2 === part),
  )
}

function printConstants(): void {
  for (const [name, { sets, helps, harms }] of Object.entries(MODELS)) {
    const model = fitModel(dataOf(sets), helps, harms)
    console.log(`${name}: ${JSON.stringify(model)}`)
    for (const set of sets) console.log(`  on ${set}: ${measure(model, dataOf([set]))}`)
  }
}

function check(): void {
  for (const [name, { sets, helps, harms }] of Object.entries(MODELS)) {
    for (const set of sets) {
      const others = sets.filter((other) => other !== set)
      if (others.length > 0)
        console.log(
          `${name}: ${others.join('+')} → ${set}: ${measure(fitModel(dataOf(others), helps, harms), dataOf([set]))}`,
        )
      console.log(
        `${name}: first half of ${set} → second: ${measure(fitModel(dataOf([set], 0), helps, harms), dataOf([set], 1))}`,
      )
    }
  }
  const near = (samples.get('epidemic') ?? []).filter(({ outside }) => !outside)
  console.log(
    `cardByQuestion: first half of epidemic → second, near misses only: ${measure(
      fitModel(dataOf(['epidemic'], 0), CARD_HELPS, CARD_HARMS),
      near.filter((_, i) => (i >> 1) % 2 === 1),
    )}`,
  )
  const { helps, harms } = MODELS.cardByBody
  console.log(`cardByBody: plan → dxy: ${measure(fitModel(dataOf(['plan']), helps, harms), dataOf(['dxy']))}`)
  console.log(`plan: dxy → plan: ${measure(fitModel(dataOf(['dxy']), helps, harms), dataOf(['plan']))}`)
}
