/**
 * What people see of a message in markdown, written against CommonMark and the tables and struck-out words of GitHub's
 * dialect, and rather too eager to see markup than too slow. That WeCom's apps show headings, lists, bold, italic, code,
 * tables, links and rules is known from public reports; that they honour a backslash before a sign only a real account shows.
 */
export function showMarkdown(markdown: string): string {
  const shown: string[] = []
  let paragraph: { prefix: string; lines: string[] } | undefined
  let item: number | undefined
  let fence: string | undefined
  const flush = () => {
    if (paragraph) shown.push(paragraph.prefix + showWords(paragraph.lines))
    paragraph = undefined
  }
  const lines = markdown.split('\n')
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] ?? ''
    const text = line.replace(/^ {0,3}/, '')
    if (fence !== undefined) {
      if (text.startsWith(fence)) fence = undefined
      else shown.push(line)
      continue
    }
    const opened = /^(?:`{3,}|~{3,})/.exec(text)?.[0]
    const ordered = /^(\d{1,9})([.)])(?:[ \t]+|$)(.*)$/.exec(text)
    const bullet = /^[-+*](?:[ \t]+|$)(.*)$/.exec(text)
    if (line.trim() === '') {
      flush()
      shown.push('')
    } else if (/^(?: {4}|\t)/.test(line) && !paragraph) {
      shown.push(line.trim())
    } else if (opened !== undefined) {
      flush()
      fence = opened
    } else if (/^#{1,6}(?:[ \t]|$)/.test(text)) {
      flush()
      shown.push(showWords([text.replace(/^#+[ \t]*/, '')]))
    } else if (paragraph && /^(?:=+|-+)[ \t]*$/.test(text)) {
      flush()
    } else if (/^([-*_])(?:[ \t]*\1){2,}[ \t]*$/.test(text)) {
      flush()
      shown.push('────')
    } else if (text.startsWith('>')) {
      flush()
      shown.push(showMarkdown(text.replace(/^> ?/, '')))
    } else if (isDelimiterRow(lines[at + 1] ?? '') && (line.includes('|') || (lines[at + 1] ?? '').includes('|'))) {
      flush()
      shown.push(line.replaceAll('|', '\t').trim())
      at += 1
    } else if (bullet) {
      flush()
      paragraph = { prefix: '• ', lines: [bullet[1] ?? ''] }
    } else if (ordered && (!paragraph || item !== undefined || ordered[1] === '1')) {
      flush()
      item = item === undefined ? Number(ordered[1]) : item + 1
      const rest = ordered[3] ?? ''
      paragraph = { prefix: `${item}. `, lines: [showStart(rest)] }
    } else {
      if (!paragraph) {
        // A paragraph of its own ends the list before it.
        item = undefined
        paragraph = { prefix: '', lines: [] }
      }
      paragraph.lines.push(line.replace(/^[ \t]+/, ''))
    }
  }
  flush()
  return shown.join('\n').replaceAll('\u00a0', ' ')
}

/** Blocks begin inside an item too. */
const showStart = (rest: string): string =>
  /^(?:#{1,6}|[-+*]|\d{1,9}[.)]|\[[ x]\])(?:[ \t]|$)|^>/.test(rest) ? rest.replace(/^\S+/, '■') : rest

const isDelimiterRow = (line: string): boolean =>
  line.includes('-') && /^\s*\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)*\|?\s*$/.test(line)

function showWords(lines: readonly string[]): string {
  const joined = lines
    .map((line, at) => {
      if (at === lines.length - 1) return line.trimEnd()
      if (/ {2,}$/.test(line)) return `${line.trimEnd()}\n`
      if (/(?:^|[^\\])(?:\\\\)*\\$/.test(line)) return `${line.slice(0, -1)}\n`
      // A mere line break joins the lines.
      return `${line.trimEnd()} `
    })
    .join('')
  const kept: string[] = []
  const keep = (literal: string): string => `\ue000${kept.push(literal) - 1}\ue001`
  let text = joined
    .replace(/\\([!-/:-@[-`{-~])/g, (_, sign: string) => keep(sign))
    .replace(/(`+)([^`]|[^`][\s\S]*?[^`])\1(?!`)/g, (_, _ticks, code: string) => keep(code.trim()))
    .replace(/&(?:#\d+|#x[\da-f]+|[a-z][a-z\d]*);/gi, keep('◇'))
    .replace(/<[A-Za-z/!?@][^>]*>/g, '')
    .replace(/!?\[([^\]]*)\][ \n]*\([^)]*\)/g, '$1')
  for (let before = ''; before !== text;) {
    before = text
    text = text
      .replace(/(\*{1,3})(?=[^\s*])([^*]*[^\s*])\1/g, '$2')
      .replace(/(?<![A-Za-z0-9])(_{1,3})(?=[^\s_])([^_]*[^\s_])\1(?![A-Za-z0-9])/g, '$2')
      .replace(/(~{1,2})(?=[^\s~])([^~]*[^\s~])\1/g, '$2')
  }
  return text.replace(/\ue000(\d+)\ue001/g, (_, at: string) => kept[Number(at)] ?? '')
}
