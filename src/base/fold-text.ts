import { Converter } from 'opencc-js/t2cn'
import { foldNumerals } from './fold-numerals.ts'

const convert = Converter({ from: 't', to: 'cn' })
const traditionalSigns = findTraditionalSigns()

/** 1 for each UTF-16 unit that the converter changes; nearly all texts hold none and skip the converter. */
function findTraditionalSigns(): Uint8Array {
  const signs: string[] = []
  for (let unit = 0x2e80; unit <= 0x9fff; unit++) signs.push(String.fromCharCode(unit))
  const flags = new Uint8Array(0x10000)
  convert(signs.join('\n'))
    .split('\n')
    .forEach((simplified, i) => {
      if (simplified !== signs[i]) flags[0x2e80 + i] = 1
    })
  // Beyond the basic plane and compatibility signs: always left to the converter.
  flags.fill(1, 0xd800, 0xe000)
  flags.fill(1, 0xf900, 0xfb00)
  flags['著'.charCodeAt(0)] = 1
  return flags
}

function toSimplified(text: string): string {
  for (let i = 0; i < text.length; i++) {
    if (traditionalSigns[text.charCodeAt(i)] === 1) return convert(text).replace(ZHU_AS_PARTICLE, '着')
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
  let folded = text.normalize('NFKC').replace(INVISIBLE, '').replace(URL, ' ')
  folded = folded.replace(MENTION, ' ').replace(EMOJI, ' ')
  folded = toSimplified(folded).toLowerCase()
  folded = folded.replace(/[“”„‘’「」『』]/g, (mark) => PUNCTUATION_FORMS[mark] ?? mark)
  folded = folded
    .replace(/[^\S\n]+/g, ' ')
    .replace(/ ?\n[ \n]*/g, '\n')
    .replace(SPACED_OUT, (run) => run.replaceAll(' ', ''))
  return foldNumerals(folded.replace(NUMBER_GAP, '')).replace(NUMBER_GAP, '').trim()
}
