/** Signs that only work in pairs: one alone in a text stands for itself. */
const PAIRED = ['*', '_', '~', '`'] as const
const WORD = /[A-Za-z0-9]/
const PUNCTUATION = /[!-/:-@[-`{-~]/
/** A line of these alone underlines a heading, divides a text or makes a table of the lines around it. */
const RULE = /^[ \t]*([-=*_|:][-=*_|: \t]*)$/
const ORDERED = /^(\d{1,9})([.)])(?=[ \t]|$)/

/**
 * Writes plain text so that WeCom's markdown shows it as it is. Messages of the bot are always read as markdown, and what its
 * apps make of a backslash is not documented: signs that would stand for themselves anyway get none, so that an ordinary text
 * leaves unchanged but for the two spaces that keep a line break. A numbered list that counts on is shown as it is written.
 */
export function escapeMarkdown(text: string): string {
  const paired = new Set(PAIRED.filter((sign) => text.split(sign).length > 2))
  const links = /\][ \t\n]*[([:]/.test(text)
  const lines = text.split('\n').map((line) => line.trimEnd())
  let number: number | undefined
  return lines
    .map((line, at) => {
      const ordered = ORDERED.exec(line)
      const counted = ordered ? Number(ordered[1]) : undefined
      const countsOn = isPlainItem(line, counted) && (number === undefined || counted === number + 1)
      // A list goes on over lines between its items, until a paragraph begins.
      if (countsOn) number = counted
      else if (counted === undefined && line !== '' && lines[at - 1] === '') number = undefined
      const escaped = escapeStart(escapeSigns(line, paired, links), countsOn)
      const next = lines[at + 1]
      if (next === undefined) return escaped
      return line === '' || next === '' ? `${escaped}\n` : `${escaped}  \n`
    })
    .join('')
}

function escapeSigns(line: string, paired: ReadonlySet<string>, links: boolean): string {
  let written = ''
  for (let at = 0; at < line.length; at++) {
    const sign = line.charAt(at)
    const before = line.charAt(at - 1)
    const after = line.charAt(at + 1)
    const marks =
      (paired.has(sign) && !(sign === '_' && WORD.test(before) && WORD.test(after))) ||
      (sign === '\\' && (after === '' || PUNCTUATION.test(after))) ||
      (links && (sign === '[' || sign === ']')) ||
      (sign === '<' && /[A-Za-z/!?@]/.test(after)) ||
      (sign === '&' && /^&(?:#\d+|#x[\da-f]+|[a-z][a-z\d]*);/i.test(line.slice(at)))
    written += marks ? `\\${sign}` : sign
  }
  return written
}

/** An item that a list shows as it is written. */
function isPlainItem(line: string, counted: number | undefined): boolean {
  const start = `${counted}. `
  const rest = line.slice(start.length)
  return line.startsWith(start) && /^[^\s[]/.test(rest) && !opensBlock(rest) && !ORDERED.test(rest)
}

const opensBlock = (line: string): boolean =>
  RULE.test(line) || /^(?:#{1,6}|[-+*])(?=[ \t]|$)/.test(line) || line.startsWith('>')

/** What opens a block at the start of a line. */
function escapeStart(line: string, countsOn: boolean): string {
  const indent = /^[ \t]*/.exec(line)?.[0] ?? ''
  const rest = line.slice(indent.length)
  // Four spaces would make code of the line; the apps drop fewer.
  const space = indent.replaceAll('\t', '    ').replaceAll(' ', '\u00a0')
  if (opensBlock(rest)) return `${space}\\${rest}`
  const ordered = ORDERED.exec(rest)
  if (ordered && !(countsOn && indent === '')) {
    const digits = ordered[1] ?? ''
    return `${space}${digits}\\${rest.slice(digits.length)}`
  }
  return space + rest
}
