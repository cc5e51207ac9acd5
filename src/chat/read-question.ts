import type { InboundMessage } from '../channels/channel.ts'
import { cutQuote, MAX_TEXT } from './contract.ts'

/** What several messages of one person ask together. */
export interface ReadQuestion {
  /** Typed, at most `MAX_TEXT` signs. */
  text: string
  /** Forwarded, quoted, or too long to have been typed. */
  quote?: string
  /** Everything that is theirs, of any length: in it somebody may be in danger. */
  own: string
}

export function readQuestion(messages: readonly InboundMessage[]): ReadQuestion {
  const typed: string[] = []
  const quoted: string[] = []
  for (const { text, forwarded, quote, media } of messages) {
    if (quote && !quote.ours && quote.text.trim() !== '') quoted.push(quote.text)
    if (text.trim() !== '') (forwarded || media === 'link' ? quoted : typed).push(text)
  }
  const own = clean(typed.join('\n'))
  const long = [...own].length > MAX_TEXT
  if (long) quoted.push(own)
  const text = long ? '' : own
  return quoted.length === 0 ? { text, own } : { text, own, quote: cutQuote(clean(quoted.join('\n'))).quote }
}

function clean(text: string): string {
  return text.toWellFormed().replaceAll('\u0000', '').normalize('NFC')
}
