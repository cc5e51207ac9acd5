// Fits the constants of src/retrieval/acceptance.ts and ranking.ts on the sets of EVAL_DIR and prints them:
//   node scripts/fit-acceptance.ts            constants, fitted on all sets of a kind, and thresholds
//   node scripts/fit-acceptance.ts --ranking  weights of the ranking, before they are rounded by hand
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
import { EmbeddedSearchIndex, type RankedCandidate } from '../src/retrieval/engines/embedded.ts'
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
import type { MatchFeatures } from '../src/retrieval/match-features.ts'
import type { DocumentKind, SearchDocument } from '../src/retrieval/search-index.ts'

type RankingFeature = keyof MatchFeatures

/** The candidates of one query that has an answer among them. */
interface RankingSample {
  candidates: { features: MatchFeatures; right: boolean }[]
}

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

const RANKINGS: Record<DocumentKind, { sets: string[]; helps: RankingFeature[]; harms: RankingFeature[] }> = {
  rebuttal: {
    sets: ['toutiao', 'guokr'],
    helps: [
      'bm25Share',
      'cosineShare',
      'wordingCovered',
      'topicOfWordingCovered',
      'signsOfWordingCovered',
      'commonRun',
      'numbersAgree',
    ],
    harms: ['numbersConflict'],
  },
  card: {
    sets: ['epidemic', 'seeds'],
    helps: [
      'bm25Share',
      'topicOfWordingCovered',
      'topicOfQueryCovered',
      'topicShared',
      'signsOfWordingCovered',
      'surfaceDice',
      'numbersAgree',
    ],
    harms: ['focusConflicts', 'focusOnlyInWording', 'numbersConflict', 'polarityConflicts'],
  },
  plan: { sets: ['plan'], helps: ['bm25', 'documentCovered', 'documentPairsCovered', 'titleCovered'], harms: [] },
}
/** Every n-th query of a set is enough for a ranking. */
const RANKING_QUERIES = 1000

const STEPS = 800
const RANKING_STEPS = 200
const RIDGE = 0.003

const evalDir = process.env['EVAL_DIR'] ?? '../shared/eval'
if (!existsSync(join(evalDir, 'rumor-match-toutiao'))) {
  console.log(`no evaluation sets in ${evalDir}: set EVAL_DIR`)
  process.exit(0)
}
const root = join(import.meta.dirname, '..')
const analyzer = createAnalyzer(loadLexicon(join(root, 'seeds/lexicons')))
const samples = new Map<string, Sample[]>()
const rankings = new Map<string, RankingSample[]>()
for (const [name, plan] of Object.entries(SETS)) samples.set(name, await collectSamples(name, plan))
samples.set('seeds', await collectSeedSamples())

function readRows(file: string): unknown[] {
  return readFileSync(join(evalDir, file), 'utf8')
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line): unknown => JSON.parse(line))
}

async function collectSamples(name: string, plan: SetPlan): Promise<Sample[]> {
  const index = new EmbeddedSearchIndex(analyzer)
  const corpus = readRows(`${plan.folder}/corpus.jsonl`).map((row) => evaluationCorpusRowSchema.parse(row))
  await index.upsert(readEvaluationCorpus(plan.kind, corpus))
  const collected: Sample[] = []
  const add = (rows: EvaluationQueryRow[], answerable: boolean, share: number, outside: boolean) => {
    for (const { query, positive_ids } of rows) {
      const { candidates } = index.rank(KIND_OF_EVALUATION[plan.kind], { text: query })
      if (answerable) keepRanking(name, candidates, positive_ids)
      const best = candidates[0]
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
    const { candidates } = index.rank('card', { text: query })
    if (answerable) keepRanking('seeds', candidates, [id])
    const best = candidates[0]
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

function keepRanking(name: string, candidates: readonly RankedCandidate[], ids: readonly string[]): void {
  const sample = candidates.map(({ document, features }) => ({ features, right: ids.includes(document.id) }))
  const kept = rankings.get(name) ?? []
  rankings.set(name, kept)
  if (sample.some(({ right }) => right)) kept.push({ candidates: sample })
}

/** Softmax regression over the candidates of each query, by Adam with sign limits on standardized features. */
function fitRanking(
  data: readonly RankingSample[],
  helps: readonly RankingFeature[],
  harms: readonly RankingFeature[],
) {
  const names = [...helps, ...harms]
  const all = data.flatMap(({ candidates }) => candidates)
  const spreads = names.map((name) => {
    const mean = all.reduce((sum, { features }) => sum + features[name], 0) / all.length
    return Math.sqrt(all.reduce((sum, { features }) => sum + (features[name] - mean) ** 2, 0) / all.length) || 1
  })
  const queries = data.map(({ candidates }) => ({
    rows: candidates.map(({ features }) => names.map((name, j) => features[name] / (spreads[j] ?? 1))),
    right: candidates.map(({ right }) => (right ? 1 / candidates.filter((one) => one.right).length : 0)),
  }))
  const adam = new Adam(names.length)
  for (let step = 1; step <= RANKING_STEPS; step++) {
    const gradient = new Float64Array(names.length)
    for (const { rows, right } of queries) {
      const scores = rows.map((row) => row.reduce((sum, value, j) => sum + value * (adam.weights[j] ?? 0), 0))
      const highest = Math.max(...scores)
      const parts = scores.map((score) => Math.exp(score - highest))
      const total = parts.reduce((sum, part) => sum + part, 0)
      rows.forEach((row, i) => {
        const error = ((parts[i] ?? 0) / total - (right[i] ?? 0)) / queries.length
        row.forEach((value, j) => (gradient[j] = (gradient[j] ?? 0) + error * value))
      })
    }
    gradient.forEach((slope, j) => (gradient[j] = slope + RIDGE * (adam.weights[j] ?? 0)))
    adam.step(gradient, (weight, j) => (j < helps.length ? Math.max(0, weight) : Math.min(0, weight)))
  }
  return Object.fromEntries(
    names.map((name, j) => [name, Number(((adam.weights[j] ?? 0) / (spreads[j] ?? 1)).toFixed(2))]),
  )
}

/** Gradient descent with momentum and a step size per weight; \`limit\` keeps a weight inside its bounds. */
class Adam {
  readonly weights: Float64Array
  readonly #first: Float64Array
  readonly #second: Float64Array
  #steps = 0

  constructor(count: number) {
    this.weights = new Float64Array(count)
    this.#first = new Float64Array(count)
    this.#second = new Float64Array(count)
  }

  step(gradient: Float64Array, limit: (weight: number, index: number) => number): void {
    this.#steps++
    gradient.forEach((slope, j) => {
      const first = (this.#first[j] = 0.9 * (this.#first[j] ?? 0) + 0.1 * slope)
      const second = (this.#second[j] = 0.99 * (this.#second[j] ?? 0) + 0.01 * slope * slope)
      const move = (0.05 * (first / (1 - 0.9 ** this.#steps))) / (Math.sqrt(second / (1 - 0.99 ** this.#steps)) + 1e-8)
      this.weights[j] = limit((this.weights[j] ?? 0) - move, j)
    })
  }
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
  const adam = new Adam(count + 1)
  const weights = adam.weights
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
    for (let j = 0; j < count; j++) gradient[j] = (gradient[j] ?? 0) + RIDGE * (weights[j] ?? 0)
    adam.step(gradient, (weight, j) =>
      j === count ? weight : j < helps.length ? Math.max(0, weight) : Math.min(0, weight),
    )
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

function printRankings(): void {
  for (const [kind, { sets, helps, harms }] of Object.entries(RANKINGS)) {
    const data = sets.flatMap((set) => {
      const all = rankings.get(set) ?? []
      const every = Math.ceil(all.length / RANKING_QUERIES)
      return all.filter((_, i) => i % every === 0)
    })
    console.log(`${kind}: ${JSON.stringify(fitRanking(data, helps, harms))}`)
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

if (process.argv.includes('--check')) check()
else if (process.argv.includes('--ranking')) printRankings()
else printConstants()
