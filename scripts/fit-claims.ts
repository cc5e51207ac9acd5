// Fits the weights of src/rumors/accept-claim.ts on the tune messages, the training lines and the stored wordings:
//   node scripts/fit-claims.ts           the weights, fitted on all of them
//   node scripts/fit-claims.ts --check   how models do on claims they were not fitted on, by threshold · --wrong lists
// The report half is never read.
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { cardSchema } from '../src/knowledge/card.ts'
import { rebuttalSchema, type Rebuttal } from '../src/knowledge/rebuttal.ts'
import { parseSeed } from '../src/knowledge/seed-file.ts'
import { loadPlaces } from '../src/places/places.ts'
import { createAnalyzer } from '../src/retrieval/analysis.ts'
import { EmbeddedSearchIndex } from '../src/retrieval/engines/embedded.ts'
import { loadLexicon } from '../src/retrieval/lexicon.ts'
import type { SearchDocument } from '../src/retrieval/search-index.ts'
import { CLAIM_MODEL, CLAIM_THRESHOLDS, type ClaimModel } from '../src/rumors/accept-claim.ts'
import { seeClaims, type ClaimFeatures, type SeenClaim } from '../src/rumors/claim-features.ts'
import { hearMessage } from '../src/rumors/heard-message.ts'
import { decideClaims, weighClaims } from '../src/rumors/match-claim.ts'
import type { MessageShape } from '../src/rumors/message-shape.ts'
import { readGroupedExamples } from './read-examples.ts'

/** What a message is; the numbers are its weight in the fit. */
const KINDS = {
  forward: 3,
  wording: 0.25,
  'hard negative': 1,
  'training negative': 1,
  orphan: 0.1,
  ordinary: 0.1,
  'card advice': 0.15,
  'short advice': 0.3,
} as const
type Kind = keyof typeof KINDS

interface Sample {
  text: string
  kind: Kind
  /** The rebuttal that answers it. */
  answer: string | undefined
  /** Samples of one part are fitted on, or measured, together: its claim, else the text itself. */
  part: number
  shape: MessageShape
  seen: SeenClaim[]
}

/** A weight may only have the sign that its feature means, so that a quirk of the messages cannot turn it round. */
const SIGNS: Record<keyof ClaimFeatures, 1 | -1> = {
  agreedSaid: 1,
  coreSaid: 1,
  coreMissing: -1,
  stretchKnown: 1,
  wholeKnown: 1,
  mass: 1,
  hit: 1,
  first: 1,
  hitLead: 1,
  taught: -1,
  taughtAhead: -1,
  flipped: -1,
  flippedAround: -1,
  opposite: -1,
  advice: -1,
  refutes: -1,
  drill: -1,
  over: -1,
  asksHow: -1,
  seeks: -1,
  asks: 1,
  hearsay: 1,
  placeMissing: -1,
}
const NAMES = Object.keys(SIGNS) as (keyof ClaimFeatures)[] // keys of a record of features
const PARTS = 5
const STEPS = 600
const RIDGE = 0.003
/** Every so-manieth stored wording takes part. */
const EVERY_WORDING = 4
/** Wrong candidates of a message that take part. */
const WRONG_ROWS = 2
const WRONG_SHARE = 0.3

const { values: options } = parseArgs({
  options: {
    check: { type: 'boolean', default: false },
    wrong: { type: 'boolean', default: false },
  },
})
process.chdir(join(import.meta.dirname, '..'))
const places = loadPlaces()
const rebuttals = readSeeds('seeds/rebuttals', rebuttalSchema).filter(({ review }) => review !== 'draft')
const published = new Map(rebuttals.map((rebuttal) => [rebuttal.id, rebuttal]))
const weights = weighClaims(rebuttals)
const index = new EmbeddedSearchIndex(createAnalyzer(loadLexicon('seeds/lexicons')))
await index.upsert(rebuttals.map(toDocument))
const samples = await collectSamples()

if (options.check) check()
else console.log(JSON.stringify(fitModel(samples), undefined, 2))

function readSeeds<T>(folder: string, schema: Parameters<typeof parseSeed<T>>[2]): T[] {
  return readdirSync(folder).flatMap((file) => {
    const seed = parseSeed(file, readFileSync(join(folder, file), 'utf8'), schema)
    return seed.ok ? [seed.value] : []
  })
}

function toDocument({ id, claim, variants, private: told, facts, why }: Rebuttal): SearchDocument {
  return {
    id,
    kind: 'rebuttal',
    title: claim,
    wordings: [claim, ...variants],
    body: [told.lead, ...facts, why ?? ''].join('\n'),
  }
}

async function collectSamples(): Promise<Sample[]> {
  const collected: Sample[] = []
  const add = async (kind: Kind, text: string, about = '', answer?: Rebuttal) => {
    const hits = await index.search({ text, kinds: ['rebuttal'], limit: 8 })
    const candidates = hits.flatMap((hit) => {
      const rebuttal = answer?.id === hit.id ? answer : published.get(hit.id)
      return rebuttal ? [{ hit, rebuttal }] : []
    })
    const heard = hearMessage(text, places)
    collected.push({
      text: `${text} (${about})`,
      kind,
      answer: answer?.id,
      part: hash(about === '' ? text : about) % PARTS,
      shape: heard.shape,
      seen: seeClaims(heard, candidates, { places, weights }),
    })
  }
  for (const { text, group } of readGroupedExamples('test/evals/claims/forwards-tune.txt')) {
    const rebuttal = published.get(group)
    if (rebuttal) await add('forward', text, group, rebuttal)
  }
  for (const [file, kind] of [
    ['negatives-tune.txt', 'hard negative'],
    ['train-negatives-*.txt', 'training negative'],
  ] as const) {
    for (const { text, group } of readGroupedExamples(`test/evals/claims/${file}`))
      if (published.has(group)) await add(kind, text.slice(text.indexOf('|') + 1).trim(), group)
  }
  for (const { text } of readGroupedExamples('test/evals/examples/{not-ours,replies}.txt')) await add('ordinary', text)
  for (const { text } of readGroupedExamples('test/evals/claims/train-advice*.txt')) await add('short advice', text)
  for (const { review, now, before, after } of readSeeds('seeds/cards', cardSchema)) {
    if (review !== 'draft') for (const text of [...now, ...before, ...after]) await add('card advice', text)
  }
  // A stored wording as if nobody had stored it, and as if its rebuttal did not exist.
  for (const rebuttal of rebuttals) {
    for (const wording of rebuttal.variants.filter((text) => hash(text) % EVERY_WORDING === 0)) {
      const shorter = {
        ...rebuttal,
        variants: rebuttal.variants.filter((other) => other !== wording),
      }
      await index.upsert([toDocument(shorter)])
      await add('wording', wording, rebuttal.id, shorter)
      await index.remove([rebuttal.id])
      await add('orphan', wording, rebuttal.id)
      await index.upsert([toDocument(rebuttal)])
    }
  }
  return collected
}

function hash(text: string): number {
  return createHash('sha256').update(text).digest()[0] ?? 0
}

/** Logistic regression by Adam with sign limits on standardized features; deterministic. */
function fitModel(chosen: readonly Sample[]): ClaimModel {
  const data = chosen.flatMap(({ kind, answer, seen }) => {
    const weight = KINDS[kind]
    const right = seen.filter(({ rebuttal }) => rebuttal.id === answer)
    const wrong = seen
      .filter(({ rebuttal, conflicts }) => rebuttal.id !== answer && conflicts.length === 0)
      .slice(0, WRONG_ROWS)
    const ofWrong = answer === undefined ? weight : weight * WRONG_SHARE
    return [
      ...right.map(({ features }) => ({ features, target: 1, weight })),
      ...wrong.map(({ features }) => ({ features, target: 0, weight: ofWrong })),
    ]
  })
  const total = data.reduce((sum, { weight }) => sum + weight, 0)
  const mean = (value: (features: ClaimFeatures) => number) =>
    data.reduce((sum, { features, weight }) => sum + weight * value(features), 0) / total
  const means = NAMES.map((name) => mean((features) => features[name]))
  const spreads = NAMES.map(
    (name, j) => Math.sqrt(mean((features) => (features[name] - (means[j] ?? 0)) ** 2)) || Infinity,
  )
  const rows = data.map(({ features }) => [
    ...NAMES.map((name, j) => (features[name] - (means[j] ?? 0)) / (spreads[j] ?? 1)),
    1,
  ])
  const count = NAMES.length + 1
  const [found, first, second] = [new Float64Array(count), new Float64Array(count), new Float64Array(count)]
  for (let step = 1; step <= STEPS; step++) {
    const slopes = Float64Array.from(found, (weight, j) => (j < NAMES.length ? RIDGE * weight : 0))
    rows.forEach((row, i) => {
      const one = data[i] ?? { target: 0, weight: 0 }
      const sum = row.reduce((value, feature, j) => value + feature * (found[j] ?? 0), 0)
      const error = ((1 / (1 + Math.exp(-sum)) - one.target) * one.weight) / total
      row.forEach((feature, j) => (slopes[j] = (slopes[j] ?? 0) + error * feature))
    })
    slopes.forEach((slope, j) => {
      const past = (first[j] = 0.9 * (first[j] ?? 0) + 0.1 * slope)
      const square = (second[j] = 0.99 * (second[j] ?? 0) + 0.01 * slope * slope)
      const move = (0.05 * (past / (1 - 0.9 ** step))) / (Math.sqrt(square / (1 - 0.99 ** step)) + 1e-8)
      const name = NAMES[j]
      const weight = (found[j] ?? 0) - move
      found[j] = name === undefined || weight * SIGNS[name] > 0 ? weight : 0
    })
  }
  const scaled = NAMES.map((_, j) => (found[j] ?? 0) / (spreads[j] ?? 1))
  const bias = scaled.reduce((sum, weight, j) => sum - weight * (means[j] ?? 0), found[NAMES.length] ?? 0)
  const entries = NAMES.map((name, j) => [name, Number((scaled[j] ?? 0).toFixed(2))])
  // fromEntries forgets the keys
  return {
    bias: Number(bias.toFixed(2)),
    weights: Object.fromEntries(entries) as ClaimModel['weights'],
  }
}

/** Every sample decided with a model that saw neither it nor its claim. */
function check(): void {
  const models = Array.from({ length: PARTS }, (_, part) => fitModel(samples.filter((sample) => sample.part !== part)))
  for (const match of [0.6, 0.65, 0.7, 0.75, 0.8, 0.83, 0.86, 0.9]) {
    const thresholds = { ...CLAIM_THRESHOLDS, match }
    const decided = samples.map((sample) => {
      const model = models[sample.part] ?? CLAIM_MODEL
      const { outcome, best, reasons } = decideClaims(sample.shape, sample.seen, { model, thresholds })
      const codes = reasons.map(({ code }) => code).join()
      return { sample, outcome, id: best?.id, right: best !== undefined && best.id === sample.answer, codes }
    })
    const shares = (Object.keys(KINDS) as Kind[]).map((kind) => {
      const own = decided.filter(({ sample }) => sample.kind === kind)
      const share = (count: number) => `${((100 * count) / own.length).toFixed(1)} %`
      const [taken, right] = [own.filter(({ id }) => id !== undefined), own.filter((one) => one.right)]
      const asked = own.filter(({ outcome }) => outcome === 'ask')
      const shown = own[0]?.sample.answer === undefined ? taken : right
      const wrong = taken.length - shown.length
      return `${kind} ${share(shown.length)}${wrong > 0 ? ` + ${wrong} wrong` : ''}, asked ${share(asked.length)}`
    })
    console.log(`from ${match}: ${shares.join(' · ')}`)
    if (!options.wrong || match !== CLAIM_THRESHOLDS.match) continue
    for (const { sample, id, right, codes } of decided) {
      if (sample.kind !== 'orphan' && (sample.answer === undefined ? id !== undefined : !right))
        console.log(`  ${sample.kind} ${sample.text} → ${id ?? '–'} ${codes}`)
    }
  }
}
