import { listRuns, type RunModelFile } from '../src/answering/run-model.ts'

/** A message and the classes that are right for it; of several any one is enough. */
export interface Example {
  text: string
  labels: readonly string[]
  weight: number
}

export interface FitOptions {
  longestRun: number
  /** A run of fewer messages says nothing about others. */
  leastSeen: number
  epochs: number
  /** Share of a message's runs that is left out each time, so that no single run is relied on. */
  left: number
}

const RATE = 1
const DECAY = 1e-4
const FLAT = 1e-3
const STEPS = 127
/** Fits that differ in nothing but chance, averaged: a figure should not hang on the order of the examples. */
const SEEDS = [42, 1_042, 2_042]

/**
 * Softmax regression by AdaGrad over the runs of each message; weights are the mean of the later half of the epochs, over
 * several fits.
 * The order is fixed, so the same examples give the same model.
 */
export function fitRunModel(examples: readonly Example[], options: FitOptions): RunModelFile {
  const classes = [...new Set(examples.flatMap(({ labels }) => labels))].sort()
  const places = new Map(classes.map((label, index) => [label, index]))
  const listed = examples.map(({ text }) => listRuns(text, options.longestRun))
  const runs = countRuns(listed, options.leastSeen)
  const rows = new Map(runs.map((run, row) => [run, row * classes.length]))
  const samples = examples.map(({ labels, weight }, index) => ({
    at: [...(listed[index] ?? [])].flatMap((run) => rows.get(run) ?? []),
    targets: labels.flatMap((label) => places.get(label) ?? []),
    weight,
  }))

  const size = classes.length
  const mean = new Float32Array(runs.length * size)
  const bias = new Float32Array(size)
  for (const seed of SEEDS) {
    const fitted = fitOnce(samples, { size, rows: runs.length, seed, ...options })
    for (let at = 0; at < mean.length; at++) mean[at] = get(mean, at) + get(fitted.weights, at) / SEEDS.length
    for (let k = 0; k < size; k++) bias[k] = get(bias, k) + get(fitted.bias, k) / SEEDS.length
  }
  const most = mean.reduce((largest, weight) => Math.max(largest, Math.abs(weight)), 0)
  const scale = most / STEPS
  return {
    longestRun: options.longestRun,
    classes,
    runs: runs.join('\n'),
    bias: [...bias].map((value) => Math.round(value * 1e4) / 1e4),
    scale,
    weights: Buffer.from(Int8Array.from(mean, (weight) => Math.round(weight / scale)).buffer).toString('base64'),
  }
}

interface Sample {
  /** Where the weights of each of its runs begin. */
  at: number[]
  targets: number[]
  weight: number
}

function fitOnce(
  samples: readonly Sample[],
  { size, rows, seed, epochs, left }: { size: number; rows: number; seed: number } & FitOptions,
): { weights: Float32Array; bias: Float32Array } {
  const shuffled = [...samples]
  const weights = new Float32Array(rows * size)
  const squares = new Float32Array(weights.length).fill(1e-6)
  const mean = new Float32Array(weights.length)
  const bias = new Float32Array(size)
  const biasSquares = new Float32Array(size).fill(1e-6)
  const shares = new Float64Array(size)
  const random = createRandom(seed)
  const averaged = Math.floor(epochs / 2)
  for (let epoch = 0; epoch < epochs; epoch++) {
    shuffle(shuffled, random)
    for (const { at, targets, weight } of shuffled) {
      const taken = at.filter(() => random() >= left)
      if (taken.length === 0) continue
      const scale = 1 / Math.sqrt(taken.length)
      shares.set(bias)
      for (const row of taken) for (let k = 0; k < size; k++) shares[k] = get(shares, k) + get(weights, row + k) * scale
      toSlopes(shares, targets, weight)
      for (let k = 0; k < size; k++) {
        const slope = get(shares, k)
        if (slope === 0) continue
        biasSquares[k] = get(biasSquares, k) + slope * slope
        bias[k] = get(bias, k) - (0.1 * RATE * slope) / Math.sqrt(get(biasSquares, k))
      }
      for (const row of taken) {
        for (let k = 0; k < size; k++) {
          if (shares[k] === 0) continue
          const at = row + k
          const slope = get(shares, k) * scale + DECAY * get(weights, at)
          squares[at] = get(squares, at) + slope * slope
          weights[at] = get(weights, at) - (RATE * slope) / Math.sqrt(get(squares, at))
        }
      }
    }
    if (epoch < epochs - averaged) continue
    for (let at = 0; at < mean.length; at++) mean[at] = get(mean, at) + get(weights, at) / averaged
  }
  return { weights: mean, bias }
}

function countRuns(listed: readonly ReadonlySet<string>[], least: number): string[] {
  const seen = new Map<string, number>()
  for (const runs of listed) for (const run of runs) seen.set(run, (seen.get(run) ?? 0) + 1)
  return [...seen].filter(([, count]) => count >= least).map(([run]) => run)
}

/** In: scores. Out: for each class by how much its share is too high, flattened where that is next to nothing. */
function toSlopes(scores: Float64Array, targets: readonly number[], weight: number): void {
  const most = Math.max(...scores)
  let all = 0
  for (let k = 0; k < scores.length; k++) all += scores[k] = Math.exp(get(scores, k) - most)
  const right = targets.reduce((sum, k) => sum + get(scores, k), 0)
  const wanted = new Map(targets.map((k) => [k, get(scores, k) / right]))
  for (let k = 0; k < scores.length; k++) {
    const slope = (get(scores, k) / all - (wanted.get(k) ?? 0)) * weight
    scores[k] = Math.abs(slope) < FLAT ? 0 : slope
  }
}

function get(values: Float32Array | Float64Array, at: number): number {
  return values[at] ?? 0
}

function createRandom(seed: number): () => number {
  return () => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0
    return seed / 2 ** 32
  }
}

function shuffle(list: unknown[], random: () => number): void {
  for (let last = list.length - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1))
    const [one, another] = [list[last], list[other]]
    list[last] = another
    list[other] = one
  }
}
