import { z } from 'zod'
import { AppError } from '../base/errors.ts'
import { foldText } from '../base/fold-text.ts'
import { rememberLast } from '../base/remember-last.ts'
import { RunTable } from './run-table.ts'

/**
 * What written examples say of a message: a linear softmax classifier over its runs of signs, fitted by
 * scripts/fit-danger.ts and scripts/fit-topics.ts. Fixed numbers that can be looked at, nothing is called at run time.
 */
export interface RunModel {
  readonly classes: readonly string[]
  /** The share of each class, in the order of `classes`; all together are 1. Not to be written to. */
  classify(text: string): Float64Array
  /** The runs of the text that speak most for a class against the other classes, strongest first. */
  explain(text: string, label: string): string[]
}

const modelSchema = z.strictObject({
  longestRun: z.int().min(1).max(6),
  classes: z.array(z.string()).min(2),
  /** One a line: a sign may be anything but a line break. */
  runs: z.string(),
  bias: z.array(z.number()),
  /** What one step of a weight is worth. */
  scale: z.number().positive(),
  /** Signed bytes in base64: for each run a weight for every class. */
  weights: z.base64(),
})
export type RunModelFile = z.infer<typeof modelSchema>

const SHOWN_RUNS = 3

/** `needed` are classes that whoever asks relies on. @throws AppError `lexicon-invalid` */
export function readRunModel(file: string, text: string, needed: readonly string[] = []): RunModel {
  let content: unknown
  try {
    content = JSON.parse(text)
  } catch (error) {
    throw new AppError('lexicon-invalid', `${file} is not JSON`, { cause: error })
  }
  const parsed = modelSchema.safeParse(content)
  if (!parsed.success)
    throw new AppError('lexicon-invalid', `${file}: ${parsed.error.issues[0]?.message ?? 'does not fit'}`)
  const model = parsed.data
  const runs = model.runs.split('\n')
  const size = Buffer.byteLength(model.weights, 'base64')
  if (model.bias.length !== model.classes.length || size !== runs.length * model.classes.length)
    throw new AppError('lexicon-invalid', `${file}: runs, classes and weights do not belong together`)
  const lacking = needed.find((label) => !model.classes.includes(label))
  if (lacking !== undefined || new Set(model.classes).size < model.classes.length)
    throw new AppError('lexicon-invalid', `${file}: class ${lacking ?? ''} is missing or repeated`)
  return buildRunModel(model)
}

export function buildRunModel(file: RunModelFile): RunModel {
  const { classes, bias, longestRun } = file
  const bytes = Buffer.from(file.weights, 'base64')
  const weights = new Int8Array(bytes.buffer, bytes.byteOffset, bytes.length)
  const runs = new RunTable(file.runs, longestRun)

  /** Each known run by its row, and what a step of its weights is worth in a text of so many known runs. */
  const look = rememberLast((text) => {
    const rows = runs.findRows(markEnds(text))
    return { rows, worth: file.scale / Math.sqrt(Math.max(1, rows.length)) }
  })
  const share = rememberLast((text) => {
    const { rows, worth } = look(text)
    const sums = new Int32Array(classes.length)
    for (const row of rows) {
      const at = row * sums.length
      for (let index = 0; index < sums.length; index++)
        sums[index] = (sums[index] as number) + (weights[at + index] as number) // one per run and class
    }
    const scores = new Float64Array(classes.length)
    for (let index = 0; index < scores.length; index++)
      scores[index] = (sums[index] as number) * worth + (bias[index] ?? 0)
    return takeShares(scores)
  })

  return {
    classes,
    classify: share,
    explain(text, label) {
      const index = classes.indexOf(label)
      if (index < 0) return []
      return look(text)
        .rows.map((row) => ({ run: runs.runAt(row), weight: weights[row * classes.length + index] ?? 0 }))
        .filter(({ run, weight }) => weight > 0 && run.length > 1)
        .sort((a, b) => b.weight - a.weight)
        .slice(0, SHOWN_RUNS)
        .map(({ run }) => run.replace(/[\^$]/g, ''))
    },
  }
}

/** The same model for texts as people write them, where it was fitted on their normalized form. */
export function normalizeFor(model: RunModel, normalize: (text: string) => string): RunModel {
  return {
    classes: model.classes,
    classify: (text) => model.classify(normalize(text)),
    explain: (text, label) => model.explain(normalize(text), label),
  }
}

/** The different runs of 1…`longest` signs of a folded text without punctuation, its begin and end marked `^` and `$`. */
export function listRuns(text: string, longest: number): Set<string> {
  const signs = markEnds(text)
  const runs = new Set<string>()
  for (let length = 1; length <= longest; length++) {
    for (let start = 0; start + length <= signs.length; start++) runs.add(signs.slice(start, start + length))
  }
  return runs
}

function markEnds(text: string): string {
  return `^${foldText(text).replace(/[^\p{L}\p{N}]/gu, '')}$`
}

function takeShares(scores: Float64Array): Float64Array {
  let most = -Infinity
  for (const score of scores) most = Math.max(most, score)
  let all = 0
  for (let index = 0; index < scores.length; index++) {
    const power = Math.exp((scores[index] as number) - most) // inside the range
    scores[index] = power
    all += power
  }
  for (let index = 0; index < scores.length; index++) scores[index] = (scores[index] as number) / all
  return scores
}
