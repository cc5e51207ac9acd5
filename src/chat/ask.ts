import { z } from '@hono/zod-openapi'
import { answerLifeThreat, type AnsweringParts } from '../answering/answer-question.ts'
import type { Answer } from '../answering/answer.ts'
import { AppError } from '../base/errors.ts'
import { audienceSchema, type Audience } from '../knowledge/fields.ts'
import type { Places } from '../places/places.ts'
import { cutQuote, MAX_TEXT, toAskReply, type AskReply, type askRequestSchema } from './contract.ts'
import { converse, type ChatParts } from './converse.ts'

/** Signs that two neighbouring windows of a message share, so that no sentence is cut in both. */
const OVERLAP = 200
/** About what somebody in danger writes in one go. */
const CRY_SIGNS = 60
/** Whatever fits of a request that does not. */
const rescuedSchema = z
  .object({
    text: z.string().catch(''),
    quote: z
      .string()
      .transform((quote) => cutQuote(quote.toWellFormed()).quote)
      .optional()
      .catch(undefined),
    audience: audienceSchema.catch('resident'),
    session: z.string().max(64).optional().catch(undefined),
  })
  .catch({ text: '', audience: 'resident' })

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
    const rescued = askInDanger(request, parts)
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
 * all the same, with what does fit. It is read window by window: a long story tells of the danger anywhere.
 */
export function askInDanger(refused: unknown, parts: AskParts): AskReply | undefined {
  const { session, ...said } = rescuedSchema.parse(refused)
  const answer = findDangerInLong(said, parts.answering())
  if (!answer) return undefined
  const opened = parts.conversations.openAtOnce(session)
  parts.conversations.remember(opened, answer.conversation)
  return toAskReply({ answer, session: opened })
}

/** The life-threat answer to a text of any length. */
export function findDangerInLong(
  { text, quote, audience }: { text: string; quote?: string | undefined; audience: Audience },
  answering: AnsweringParts,
): Answer | undefined {
  for (const said of cutIntoPieces(text)) {
    const answer = answerLifeThreat({ text: said, quote, audience, conversation: {} }, answering)
    if (answer) return answer
  }
  return undefined
}

/** Pieces that overlap; of a long text also its beginning and its end, where a cry for help stands beside a story. */
function cutIntoPieces(text: string): string[] {
  const signs = Array.from(text.toWellFormed().normalize('NFC'))
  const pieces: string[][] = [signs.slice(0, MAX_TEXT)]
  for (let start = MAX_TEXT - OVERLAP; start < signs.length; start += MAX_TEXT - OVERLAP) {
    pieces.push(signs.slice(start, start + MAX_TEXT))
  }
  if (signs.length > MAX_TEXT) pieces.push(signs.slice(0, CRY_SIGNS), signs.slice(-CRY_SIGNS))
  return pieces.map((piece) => piece.join(''))
}

/** A code stays, a name is looked up. @throws AppError `unknown-region` when it is unknown or names several places */
export function resolveRegion(region: string | undefined, places: Places): string | undefined {
  const named = region?.trim()
  if (named === undefined || named === '') return undefined
  const codes = /^\d+$/.test(named) ? (places.findPlace(named) ? [named] : []) : places.findCodes(named)
  if (codes.length !== 1 || codes[0] === undefined) throw new AppError('unknown-region', 'not one known place')
  return codes[0]
}
