import { foldText } from '../base/fold-text.ts'
import type { Choice } from './answer.ts'

const ORDINALS = ['一', '二', '三', '四']

/** Which of the offered choices a message picks: by number (1, 第一个, 选2) or by its label; undefined when none. */
export function pickChoice(text: string, choices: readonly Choice[]): Choice | undefined {
  const folded = foldText(text).replace(/[\s.。,，、!！?？]+/gu, '')
  if (/^(都不是|不是这些|没有|都不对)/u.test(folded)) return choices.find(({ kind }) => kind === 'none')
  const byNumber = choices.findIndex((_, index) =>
    new RegExp(`^(我?选|第|要)?(${index + 1}|${ORDINALS[index] ?? ''})(个|项|种|号|条)?$`, 'u').test(folded),
  )
  if (byNumber >= 0) return choices[byNumber]
  return choices.find(({ label }) => foldText(label).replace(/[\s.。,，、!！?？]+/gu, '') === folded)
}
