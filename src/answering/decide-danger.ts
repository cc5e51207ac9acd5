import { scoreDanger, type DangerModel } from './danger-score.ts'
import { detectLifeThreat, type LifeThreatHit } from './life-threat.ts'
import type { LifeThreatLexicon } from './life-threat-lexicon.ts'

/** Fitted by scripts/fit-danger.ts --check on held-out folds. */
export const DANGER_THRESHOLDS = {
  /** The lexicon's word counts unless the score is below this. */
  doubtLexicon: 0.25,
  /** Without the lexicon, the score alone counts from here. */
  scoreAlone: 0.5,
  /** What the lexicon's word is worth beside the votes of the score when the topic is chosen. */
  lexiconVote: 6,
  /** Without the lexicon, a text is only given where the votes for its danger are this clear. */
  clearVote: 4,
} as const

/**
 * Whether somebody is in danger now, and of which kind: the lexicon names the danger, the score of written examples
 * stands in where no phrase fits and speaks against where the words only look alike. `null` = the lexicon alone.
 */
export function decideDanger(
  text: string,
  lexicon: LifeThreatLexicon,
  model: DangerModel | null,
): LifeThreatHit | undefined {
  const hit = detectLifeThreat(text, lexicon)
  if (!model) return hit
  const { probability, votes, runs } = scoreDanger(text, model)
  if (probability < (hit ? DANGER_THRESHOLDS.doubtLexicon : DANGER_THRESHOLDS.scoreAlone)) return undefined
  const topic = chooseTopic(votes, hit?.topic)
  if (topic === undefined) return undefined
  if (!hit && (votes.get(topic) ?? 0) < DANGER_THRESHOLDS.clearVote) return undefined
  const likely = { code: 'danger-likely', text: `像正在求助的话：“${runs.join('”“')}”` }
  return { topic, reasons: [...(hit?.reasons ?? []), likely] }
}

function chooseTopic(votes: ReadonlyMap<string, number>, said: string | undefined): string | undefined {
  const worth = (topic: string) => (votes.get(topic) ?? 0) + (topic === said ? DANGER_THRESHOLDS.lexiconVote : 0)
  return [...new Set([...votes.keys(), ...(said === undefined ? [] : [said])])].sort((a, b) => worth(b) - worth(a))[0]
}
