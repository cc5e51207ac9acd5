import type { z } from '@hono/zod-openapi'
import { answerLifeThreat } from '../answering/answer-question.ts'
import { AppError } from '../base/errors.ts'
import type { Places } from '../places/places.ts'
import { cutQuote, MAX_TEXT, toAskReply, type AskReply, type askRequestSchema } from './contract.ts'
import { converse, type ChatParts } from './converse.ts'

/** No longer message is read for danger; as many UTF-16 units as a quote has at most. */
const MAX_RESCUED = 10_000

export interface AskParts extends ChatParts {
  places: Places
}

/** One question through the contract: used by the API, the page and the command line alike. */
export async function ask(
  request: z.infer<typeof askRequestSchema>,
  address: string,
  openTickets: boolean,
  parts: AskParts,
): Promise<AskReply> {
  const { quote, cut } = request.quote === undefined ? { quote: undefined, cut: false } : cutQuote(request.quote)
  let region: string | undefined
  try {
    region = resolveRegion(request.region, parts.places)
  } catch (error) {
    const rescued = await askInDanger(request.text, parts)
    if (rescued) return rescued
    throw error
  }
  const reply = await converse(
    {
      text: request.text.normalize('NFC'),
      quote,
      audience: request.audience ?? 'resident',
      region,
      session: request.session,
      address,
      openTickets,
    },
    parts,
  )
  const asked = toAskReply(reply)
  return cut
    ? { ...asked, reasons: [...asked.reasons, { code: 'quote-cut', text: '转发内容太长，只看了前5000字。' }] }
    : asked
}

/**
 * For a message that the contract refuses, too long or with a field that does not fit: whoever is in danger is answered
 * all the same. Its begin and its end are read, a long story tells of the danger in one of them.
 */
export async function askInDanger(text: unknown, parts: AskParts): Promise<AskReply | undefined> {
  if (typeof text !== 'string') return undefined
  const signs = Array.from(text.toWellFormed().slice(0, MAX_RESCUED))
  for (const part of [signs.slice(0, MAX_TEXT), signs.slice(-MAX_TEXT)]) {
    const question = { text: part.join('').normalize('NFC'), audience: 'resident', conversation: {} } as const
    const answer = answerLifeThreat(question, parts.answering())
    if (!answer) continue
    const { session } = await parts.conversations.open(undefined)
    return toAskReply({ answer, session })
  }
  return undefined
}

/** A code stays, a name is looked up. @throws AppError `unknown-region` when it is unknown or names several places */
export function resolveRegion(region: string | undefined, places: Places): string | undefined {
  const named = region?.trim()
  if (named === undefined || named === '') return undefined
  const codes = /^\d+$/.test(named) ? (places.findPlace(named) ? [named] : []) : places.findCodes(named)
  if (codes.length !== 1 || codes[0] === undefined) throw new AppError('unknown-region', 'not one known place')
  return codes[0]
}
