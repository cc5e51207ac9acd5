import { z } from 'zod'
import { AppError } from '../../base/errors.ts'
import { listRuns } from '../danger-score.ts'

/** For a run of 1…3 signs, how much it speaks for each topic it is typical of, `-` standing for questions that are not ours. */
export type TopicVotes = ReadonlyMap<string, readonly (readonly [topic: string, vote: number])[]>

export const MAX_VOTING_RUN = 3
export const NOT_OURS = '-'
/** Votes are sums of many runs that depend on each other: taken at half their word they are shares that can be compared. */
const TEMPER = 0.5

const votesSchema = z.record(z.string(), z.record(z.string(), z.number()))

/** @throws AppError `lexicon-invalid` */
export function readTopicVotes(file: string, text: string): TopicVotes {
  let content: unknown
  try {
    content = JSON.parse(text)
  } catch (error) {
    throw new AppError('lexicon-invalid', `${file} is not JSON`, { cause: error })
  }
  const parsed = votesSchema.safeParse(content)
  if (!parsed.success)
    throw new AppError('lexicon-invalid', `${file}: ${parsed.error.issues[0]?.message ?? 'does not fit'}`)
  return new Map(Object.entries(parsed.data).map(([run, byTopic]) => [run, Object.entries(byTopic)]))
}

/** The share of the votes that each topic gets for a normalized question; all shares together are 1. */
export function shareVotes(normalized: string, votes: TopicVotes): ReadonlyMap<string, number> {
  const runs = listRuns(normalized).filter((run) => run.length <= MAX_VOTING_RUN)
  const scale = 1 / Math.sqrt(Math.max(1, runs.length))
  const sums = new Map<string, number>()
  for (const run of runs) {
    for (const [topic, vote] of votes.get(run) ?? []) sums.set(topic, (sums.get(topic) ?? 0) + vote * scale)
  }
  const most = Math.max(...sums.values())
  const powers = [...sums].map(([topic, sum]) => [topic, Math.exp((sum - most) * TEMPER)] as const)
  const total = powers.reduce((sum, [, power]) => sum + power, 0)
  return new Map(powers.map(([topic, power]) => [topic, power / total]))
}
