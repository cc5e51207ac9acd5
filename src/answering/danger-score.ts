import { z } from 'zod'
import { AppError } from '../base/errors.ts'
import { foldText } from '../base/fold-text.ts'

/**
 * A second opinion on danger now: how much the runs of signs in a message are those of written examples of people in
 * danger, beside the same words where nobody is (scripts/fit-danger.ts). Fixed numbers, no model at run time.
 */
export interface DangerModel {
  bias: number
  /** Weight of a run of 1…4 signs. */
  weights: ReadonlyMap<string, number>
  /** For a run, how much it speaks for each topic it is typical of. */
  topics: ReadonlyMap<string, readonly (readonly [topic: string, weight: number])[]>
}

export interface DangerScore {
  /** 0…1 */
  probability: number
  /** How much the runs speak for each topic they are typical of. */
  votes: ReadonlyMap<string, number>
  /** The runs that spoke most for danger. */
  runs: string[]
}

export const MAX_RUN = 4
const SHOWN_RUNS = 3

const modelSchema = z.strictObject({
  bias: z.number(),
  weights: z.record(z.string(), z.number()),
  topics: z.record(z.string(), z.record(z.string(), z.number())),
})
export type DangerModelFile = z.infer<typeof modelSchema>

/** @throws AppError `lexicon-invalid` */
export function readDangerModel(file: string, text: string): DangerModel {
  let content: unknown
  try {
    content = JSON.parse(text)
  } catch (error) {
    throw new AppError('lexicon-invalid', `${file} is not JSON`, { cause: error })
  }
  const parsed = modelSchema.safeParse(content)
  if (!parsed.success)
    throw new AppError('lexicon-invalid', `${file}: ${parsed.error.issues[0]?.message ?? 'does not fit'}`)
  return buildDangerModel(parsed.data)
}

export function buildDangerModel({ bias, weights, topics }: DangerModelFile): DangerModel {
  return {
    bias,
    weights: new Map(Object.entries(weights)),
    topics: new Map(Object.entries(topics).map(([run, byTopic]) => [run, Object.entries(byTopic)])),
  }
}

export function scoreDanger(text: string, model: DangerModel): DangerScore {
  const runs = listRuns(text)
  const scale = 1 / Math.sqrt(Math.max(1, runs.length))
  let sum = model.bias
  const spoke: { run: string; weight: number }[] = []
  const votes = new Map<string, number>()
  for (const run of runs) {
    const weight = model.weights.get(run) ?? 0
    sum += weight * scale
    if (weight > 0 && run.length > 1) spoke.push({ run, weight })
    for (const [topic, vote] of model.topics.get(run) ?? []) votes.set(topic, (votes.get(topic) ?? 0) + vote * scale)
  }
  return {
    probability: 1 / (1 + Math.exp(-sum)),
    votes,
    runs: spoke
      .sort((a, b) => b.weight - a.weight)
      .slice(0, SHOWN_RUNS)
      .map(({ run }) => run.replace(/[\^$]/g, '')),
  }
}

/** The different runs of 1…4 signs of a folded message, its begin and end marked. */
export function listRuns(text: string): string[] {
  const signs = `^${foldText(text).replace(/[^\p{L}\p{N}]/gu, '')}$`
  const runs = new Set<string>()
  for (let length = 1; length <= MAX_RUN; length++) {
    for (let start = 0; start + length <= signs.length; start++) runs.add(signs.slice(start, start + length))
  }
  return [...runs]
}
