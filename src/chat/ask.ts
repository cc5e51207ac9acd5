import type { z } from '@hono/zod-openapi'
import { AppError } from '../base/errors.ts'
import type { Places } from '../places/places.ts'
import { cutQuote, toAskReply, type AskReply, type askRequestSchema } from './contract.ts'
import { converse, type ChatParts } from './converse.ts'

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
  const reply = await converse(
    {
      text: request.text.normalize('NFC'),
      quote,
      audience: request.audience ?? 'resident',
      region: resolveRegion(request.region, parts.places),
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

/** A code stays, a name is looked up. @throws AppError `unknown-region` when it is unknown or names several places */
export function resolveRegion(region: string | undefined, places: Places): string | undefined {
  const named = region?.trim()
  if (named === undefined || named === '') return undefined
  const codes = /^\d+$/.test(named) ? (places.findPlace(named) ? [named] : []) : places.findCodes(named)
  if (codes.length !== 1 || codes[0] === undefined) throw new AppError('unknown-region', 'not one known place')
  return codes[0]
}
