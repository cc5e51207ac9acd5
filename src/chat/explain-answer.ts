import type { Reason } from '../retrieval/search-index.ts'

/** Measurements, which help whoever looks after the content and nobody else. */
const MEASURED: ReadonlySet<string> = new Set(['covered', 'margin', 'plan-covered', 'danger-likely', 'topic-words'])

/** Why an answer was chosen, in words for the person who asked; one line each. */
export function explainAnswer(reasons: readonly Reason[]): string[] {
  const lines = reasons.filter(({ code }) => !MEASURED.has(code)).map(({ code, text }) => toPlainWords(code, text))
  return lines.length === 0 ? ['您的话和这条内容最接近。'] : lines
}

function toPlainWords(code: string, text: string): string {
  if (code === 'wording') {
    const wording = /「(.+?)」/u.exec(text)?.[1]
    if (wording !== undefined) return `您的话和「${wording}」最接近。`
  }
  return text.replace(/（\d+%）/gu, '').replaceAll('来文', '您')
}
