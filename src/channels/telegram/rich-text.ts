/** Blocks and spans nest up to 16 deep, each through an object and a list. */
const MAX_DEPTH = 40

/** The words of a richly formatted message in their order, one line to a block. */
export function readRichText(rich: unknown): string {
  return listLines(rich, 0).join('\n')
}

function listLines(value: unknown, depth: number): string[] {
  if (depth > MAX_DEPTH || typeof value !== 'object' || value === null) return []
  if (Array.isArray(value)) return value.flatMap((part) => listLines(part, depth + 1))
  return Object.entries(value).flatMap(([field, part]) => {
    if (field !== 'text') return listLines(part, depth + 1)
    const line = joinSpans(part, depth + 1)
    return line === '' ? [] : [line]
  })
}

/** A text is a string, a span around a text, or a list of both. */
function joinSpans(text: unknown, depth: number): string {
  if (typeof text === 'string') return text
  if (depth > MAX_DEPTH || typeof text !== 'object' || text === null) return ''
  if (Array.isArray(text)) return text.map((part) => joinSpans(part, depth + 1)).join('')
  return 'text' in text ? joinSpans(text.text, depth + 1) : ''
}
