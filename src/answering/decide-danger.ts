import { isForeignLanguage } from './small-talk.ts'
import { NOT_OURS } from './topics/recognize-topics.ts'
import type { RunModel } from './run-model.ts'
import { detectLifeThreat, type LifeThreatHit } from './life-threat.ts'
import type { LifeThreatLexicon } from './life-threat-lexicon.ts'

/** What decides on danger now: phrases, and what written examples say of the same message. */
export interface DangerParts {
  lexicon: LifeThreatLexicon
  /** Its classes are `NO_DANGER`, `OTHER_DANGER` and the topics of the life-threat texts. */
  model: RunModel
  /** What the message is about, in danger or not; also knows topics that have no text. */
  topics: RunModel
}

export const NO_DANGER = '-'
/** Somebody is in danger, but of a kind that no text is about. */
export const OTHER_DANGER = 'other'

/** Set on the report half of test/evals/questions-*.jsonl, which the models have not seen. */
export const DANGER_THRESHOLDS = {
  /** The lexicon's word counts unless the share of danger is below this. */
  doubtLexicon: 0.2,
  /** Without the lexicon, the share of danger alone counts from here. */
  shareAlone: 0.25,
  /** A clause by itself, in a message that is not dangerous as a whole; a part between two spaces is less sure to be one. */
  clauseAlone: 0.6,
  partAlone: 0.9,
  /** What the lexicon's word is worth beside the shares of the kinds when the text is chosen. */
  lexiconVote: 0.25,
  /** What it is worth that the message is about a kind, in danger or not. */
  aboutVote: 1.5,
  /** From this share on, with a phrase of the same kind, danger is sure. */
  sure: 0.996,
} as const

const MARKS = /[。！？!?\n;；，,]+/u
const GAPS = /\s+/u
/** Whoever wants to know whether advice is right is not crying for help. */
const ASKS_WHETHER =
  /(对不对|对吗|对不|是不是真的|是真的吗|真的假的|有用吗|有用没得|要得不|得行不|可不可以|行不行)[?？。!！\s]*$/u

export interface DangerDecision {
  /** 0…1: what written examples say of danger now, whatever its kind. */
  share: number
  /** The text that answers; undefined where the kind of danger has none. */
  topic: string | undefined
  /** Phrases and written examples agree that it is now and of which kind: sure enough to speak where nobody asked. */
  sure: boolean
  reasons: LifeThreatHit['reasons']
}

/**
 * Whether somebody is in danger now, and of which kind: the lexicon names the danger, written examples stand in where
 * no phrase fits and speak against where the words only look alike.
 */
export function decideDanger(text: string, parts: DangerParts): DangerDecision | undefined {
  const { lexicon, model } = parts
  if (isForeignLanguage(text)) return decideByPhrases(text, lexicon)
  const said = findDangerousPart(text, parts)
  if (said === undefined) return undefined
  const shares = model.classify(said)
  const share = shareOf(shares, model)
  const hit = detectLifeThreat(text, lexicon)
  if (!hit && share < DANGER_THRESHOLDS.shareAlone) return undefined
  const kind = chooseKind(shares, share, weighAbout(said, parts), hit?.topic, model.classes)
  const likely = { code: 'danger-likely', text: `像正在求助的话：“${model.explain(said, kind).join('”“')}”` }
  return {
    share,
    topic: kind === OTHER_DANGER ? undefined : kind,
    sure: hit?.topic === kind && share >= DANGER_THRESHOLDS.sure && !ASKS_WHETHER.test(text),
    reasons: [...(hit?.reasons ?? []), likely],
  }
}

/** The written examples are Chinese: in another language only the phrases count. */
function decideByPhrases(text: string, lexicon: LifeThreatLexicon): DangerDecision | undefined {
  const hit = detectLifeThreat(text, lexicon)
  return hit && { share: 1, topic: hit.topic, sure: false, reasons: hit.reasons }
}

/**
 * The message as a whole, or the one clause of it that tells of the danger: polite or long talk around it must not hide
 * it. A clause counts only where the phrases see danger in it and in the whole, whose words may speak of the past.
 */
function findDangerousPart(text: string, { lexicon, model }: DangerParts): string | undefined {
  if (shareOfDanger(text, model) >= DANGER_THRESHOLDS.doubtLexicon) return text
  const tellsAlone = (clause: string, least: number) =>
    clause !== text && shareOfDanger(clause, model) >= least && detectLifeThreat(clause, lexicon) !== undefined
  const told =
    text.split(MARKS).find((clause) => tellsAlone(clause, DANGER_THRESHOLDS.clauseAlone)) ??
    text.split(GAPS).find((part) => tellsAlone(part, DANGER_THRESHOLDS.partAlone))
  return told !== undefined && detectLifeThreat(text, lexicon) ? told : undefined
}

/** 0…1 */
export function shareOfDanger(text: string, model: RunModel): number {
  return shareOf(model.classify(text), model)
}

function shareOf(shares: Float64Array, model: RunModel): number {
  return 1 - (shares[model.classes.indexOf(NO_DANGER)] ?? 0)
}

/** How much the message is about each kind of danger, whether or not it happens now; all together at most 1. */
function weighAbout(text: string, { model, topics }: DangerParts): ReadonlyMap<string, number> {
  const about = new Map<string, number>()
  const shares = topics.classify(text)
  topics.classes.forEach((topic, index) => {
    if (topic === NOT_OURS) return
    const kind = model.classes.includes(topic) ? topic : OTHER_DANGER
    about.set(kind, (about.get(kind) ?? 0) + (shares[index] ?? 0))
  })
  return about
}

function chooseKind(
  shares: Float64Array,
  danger: number,
  about: ReadonlyMap<string, number>,
  said: string | undefined,
  classes: readonly string[],
): string {
  let best = { kind: OTHER_DANGER, worth: 0 }
  classes.forEach((kind, index) => {
    if (kind === NO_DANGER) return
    const likely = (shares[index] ?? 0) / danger
    const spoken = kind === said ? DANGER_THRESHOLDS.lexiconVote : 0
    const worth = likely + spoken + DANGER_THRESHOLDS.aboutVote * (about.get(kind) ?? 0)
    if (worth > best.worth) best = { kind, worth }
  })
  return best.kind
}
