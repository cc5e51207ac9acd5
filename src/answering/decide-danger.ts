import { scoreDanger, type DangerModel } from './danger-score.ts'
import { detectLifeThreat, type LifeThreatHit } from './life-threat.ts'
import type { LifeThreatLexicon } from './life-threat-lexicon.ts'

/** Fitted by scripts/fit-danger.ts --check on held-out folds. */
export const DANGER_THRESHOLDS = {
  /** The lexicon's word counts unless the score is below this. */
  doubtLexicon: 0.2,
  /** Without the lexicon, the score alone counts from here. */
  scoreAlone: 0.65,
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
  const { probability, topic, runs } = scoreDanger(text, model)
  if (hit) return probability >= DANGER_THRESHOLDS.doubtLexicon ? hit : undefined
  if (probability < DANGER_THRESHOLDS.scoreAlone || topic === undefined) return undefined
  return { topic, reasons: [{ code: 'danger-likely', text: `像正在求助的话：“${runs.join('”“')}”` }] }
}
