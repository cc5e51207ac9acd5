import type { AnalyzedQuery } from './analysis.ts'
import type { MatchFeatures } from './match-features.ts'
import type { PreparedQuery, PreparedWording } from './prepared-text.ts'
import { nameFocus } from './question-focus.ts'
import type { Reason } from './search-index.ts'

const percent = (share: number) => `${Math.round(share * 100)}%`

/** Why a candidate stands where it stands, in words an editor can check. */
export function explainMatch(
  match: { features: MatchFeatures; wording: PreparedWording | undefined; margin: number },
  analyzed: AnalyzedQuery,
  query: PreparedQuery,
): Reason[] {
  const { features, wording, margin } = match
  const reasons: Reason[] = []
  if (analyzed.mended.length > 0) reasons.push({ code: 'mended', text: `按同音字更正：${analyzed.mended.join('、')}` })
  if (wording) {
    reasons.push({
      code: 'wording',
      text: `最接近的说法「${wording.source}」：它的内容有${percent(features.wordingCovered)}在来文中，来文的内容有${percent(features.queryCovered)}在它里面`,
    })
    if (features.focusAgrees > 0) {
      reasons.push({
        code: 'focus-agrees',
        text: `问的是同一方面：${nameFocus(query.focus & wording.focus).join('、')}`,
      })
    }
    if (features.focusConflicts > 0) {
      reasons.push({
        code: 'focus-conflicts',
        text: `问的方面不同：来文问${nameFocus(query.focus).join('、')}，这条答${nameFocus(wording.focus).join('、')}`,
      })
    }
    if (features.numbersConflict > 0) {
      reasons.push({
        code: 'numbers-conflict',
        text: `数字或等级不同：来文${query.numbers.join('、')}，这条${wording.numbers.join('、')}`,
      })
    }
    if (features.polarityConflicts > 0) reasons.push({ code: 'polarity-conflicts', text: '一个说“不”，一个没有说“不”' })
  }
  reasons.push({ code: 'covered', text: `整条内容覆盖来文信息的${percent(features.documentCovered)}` })
  if (margin > 0) reasons.push({ code: 'margin', text: `比其他候选高出${percent(margin)}` })
  else if (margin < 0) reasons.push({ code: 'margin', text: `比最好的候选低${percent(-margin)}` })
  return reasons
}
