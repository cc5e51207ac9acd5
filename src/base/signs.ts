const graphemes = new Intl.Segmenter('zh-CN', { granularity: 'grapheme' })

/** Number of visible signs: grapheme clusters, punctuation counted, white space not. */
export function countSigns(text: string): number {
  let count = 0
  for (const { segment } of graphemes.segment(text)) if (segment.trim() !== '') count++
  return count
}
