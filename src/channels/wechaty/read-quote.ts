import { describeQuotedXml, looksLikeXml, type QuotedMessage } from './read-app-message.ts'

/** The line between what is quoted and what is said about it, as the clients and the puppets write it. */
const RULE = /」[ \t]*\r?\n(?:- ){3,}-?[ \t]*\r?\n?/g

/**
 * A text that quotes: `「name：quoted」`, a line of dashes, what is said. A quote inside the quote stays in it.
 * Undefined where the text has no such form.
 */
export function readQuote(text: string): { quoted: QuotedMessage; text: string } | undefined {
  if (!text.startsWith('「')) return undefined
  const rules = [...text.matchAll(RULE)]
  const rule = rules.find(({ index }) => isBalanced(text.slice(0, index + 1))) ?? rules.at(-1)
  if (!rule) return undefined
  const inside = text.slice(1, rule.index)
  const colon = inside.search(/[：:]/)
  const name = colon === -1 ? '' : inside.slice(0, colon).trim()
  const content = (colon === -1 ? inside : inside.slice(colon + 1)).trim()
  return {
    quoted: { text: looksLikeXml(content) ? describeQuotedXml(content) : content, ...(name === '' ? {} : { name }) },
    text: text.slice(rule.index + rule[0].length).trim(),
  }
}

function isBalanced(text: string): boolean {
  let depth = 0
  for (const sign of text) {
    if (sign === '「') depth++
    else if (sign === '」') depth--
  }
  return depth === 0
}
