import { Converter } from 'opencc-js/t2cn'
import { foldNumerals } from './fold-numerals.ts'

const convert = Converter({ from: 't', to: 'cn' })
// What the converter does to a single UTF-16 unit, learned when first seen: nearly all texts can skip the converter.
const UNSEEN = 0
const STAYS = 1
const CHANGES = 2
const behavior = new Uint8Array(0x10000)
behavior.fill(STAYS, 0, 0x2e80)
behavior.fill(CHANGES, 0xd800, 0xe000)
behavior['著'.charCodeAt(0)] = CHANGES

function toSimplified(text: string): string {
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (behavior[unit] === UNSEEN) behavior[unit] = convert(text.charAt(i)) === text.charAt(i) ? STAYS : CHANGES
    if (behavior[unit] === CHANGES) return convert(text).replace(ZHU_AS_PARTICLE, '着')
  }
  return text
}

// OpenCC keeps 著 because it is also a simplified sign; outside these words it is the traditional 着.
const ZHU_AS_PARTICLE = /(?<![显专名原编论土昭巨译遗拙所合卓较])著(?![名作称述书录者有])/gu

const URL = /(?:https?:\/\/|www\.)[\w\-.~/?#@!$&'*+;=%:[\]]+/gi
const MENTION = /@[\p{L}\p{N}_-]{1,24}(?=[\s:])/gu
const EMOJI = /\p{Extended_Pictographic}|\p{Emoji_Modifier}|\p{Regional_Indicator}|[\u{E0020}-\u{E007F}]/gu
// Zero-width and direction signs, variation selectors, soft hyphen, the keycap frame, control characters.
const INVISIBLE =
  /\u{AD}|\u{34F}|\u{61C}|\u{180E}|[\u{200B}-\u{200F}]|[\u{202A}-\u{202E}]|[\u{2060}-\u{206F}]|[\u{FE00}-\u{FE0F}]|\u{FEFF}|\u{20E3}|(?![\n\t])\p{Cc}/gu
const PUNCTUATION_FORMS: Record<string, string> = {
  '“': '"',
  '”': '"',
  '„': '"',
  '‘': "'",
  '’': "'",
  '「': '"',
  '」': '"',
  '『': '"',
  '』': '"',
}
const NUMBER_GAP = /(?<=\p{Script=Han}) (?=\d)|(?<=\d) (?=\p{Script=Han})/gu
// 重 庆 市 气 象 台: signs set apart one by one, as old notices and filters' evaders write.
const SPACED_OUT = /(?<![^\s])\p{Script=Han}(?: \p{Script=Han}){2,}(?![^\s\p{P}])/gu

/**
 * One spelling for everything that is only spelled differently: NFKC (full width), 繁→简, lower case, Chinese numerals
 * where they are numbers (六级→6级, 百分之五→5%, 3万→30000), curly and corner quotes → ", gaps around numbers closed;
 * links, emoji, @mentions and invisible signs dropped. Words are never replaced here; lines stay lines. Never throws.
 */
export function foldText(text: string): string {
  const known = recent.get(text)
  if (known !== undefined) return known
  const folded = fold(text)
  if (recent.size >= MOST_RECENT) recent.clear()
  if (text.length <= LONGEST_KEPT) recent.set(text, folded)
  return folded
}

/** Every part of an answer folds the same question again. */
const recent = new Map<string, string>()
const MOST_RECENT = 16
const LONGEST_KEPT = 1_000

/** Nothing in it but signs that only numerals and 繁→简 are folded in: most texts. */
const PLAIN = /^[\p{Script=Han}\d,.!?;:、。]*$/u

function fold(text: string): string {
  const normal = text.normalize('NFKC')
  if (PLAIN.test(normal)) return foldNumerals(toSimplified(normal))
  let folded = normal.replace(INVISIBLE, '').replace(URL, ' ')
  folded = folded.replace(MENTION, ' ').replace(EMOJI, ' ')
  folded = toSimplified(folded).toLowerCase()
  folded = folded.replace(/[“”„‘’「」『』]/g, (mark) => PUNCTUATION_FORMS[mark] ?? mark)
  folded = folded
    .replace(/[^\S\n]+/g, ' ')
    .replace(/ ?\n[ \n]*/g, '\n')
    .replace(SPACED_OUT, (run) => run.replaceAll(' ', ''))
  return foldNumerals(folded.replace(NUMBER_GAP, '')).replace(NUMBER_GAP, '').trim()
}
