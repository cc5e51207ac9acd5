const graphemes = new Intl.Segmenter('zh-CN', { granularity: 'grapheme' })
/** Han, ASCII and their punctuation: one unit is one sign, so that most texts need no segmenting. */
const PLAIN = /^[\n\u0020-\u007e\u00b7\u2010-\u2027\u2030-\u205e\u3000-\u3029\u4e00-\u9fff\uff01-\uff5e]*$/

/** Number of visible signs: grapheme clusters, punctuation counted, white space not. */
export function countSigns(text: string): number {
  let count = 0
  if (PLAIN.test(text)) {
    for (let at = 0; at < text.length; at++) {
      const unit = text.charCodeAt(at)
      if (unit !== 0x0a && unit !== 0x20 && unit !== 0x3000) count++
    }
    return count
  }
  for (const { segment } of graphemes.segment(text)) if (segment.trim() !== '') count++
  return count
}
