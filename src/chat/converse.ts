import { createHmac, randomBytes } from 'node:crypto'
import { answerLifeThreat, answerWithoutDanger, type AnsweringParts } from '../answering/answer-question.ts'
import type { Answer } from '../answering/answer.ts'
import { openTicket, type OpenedTicket } from '../answering/tickets.ts'
import type { Clock } from '../base/clock.ts'
import { AppError } from '../base/errors.ts'
import type { Logger } from '../base/log.ts'
import type { Audience } from '../knowledge/fields.ts'
import type { Store } from '../store/store.ts'
import { hashSession, type Conversations } from './conversations.ts'
import { ADDRESS_RATE, SESSION_RATE, type RateLimiter } from './limits.ts'

/** What one person asks, already checked for size at the edge. */
export interface Asked {
  text: string
  quote?: string | undefined
  audience: Audience
  region?: string | undefined
}

/** A message that comes with the token of its session, or without one. */
export interface Inbound extends Asked {
  session?: string | undefined
  /** Whom the address limit counts for. */
  address: string
  /** False where opening a ticket takes a second tap. */
  openTickets: boolean
}

export interface Reply {
  answer: Answer
  session: string
  ticket?: OpenedTicket | undefined
}

export interface ChatParts {
  clock: Clock
  log: Logger
  /** `null` while the store is away. */
  store: () => Store | null
  /** `null` = no limits. */
  limiter: RateLimiter | null
  conversations: Conversations
  /** What answering works with now. */
  answering: () => AnsweringParts
}

/**
 * One message in, one reply out. A life threat is answered before any limit, session or store is asked.
 * @throws AppError `too-fast` with the seconds to wait as its cause
 */
export async function converse(inbound: Inbound, parts: ChatParts): Promise<Reply> {
  const answering = parts.answering()
  const danger = answerLifeThreat({ ...inbound, conversation: {} }, answering)
  if (danger) {
    const session = parts.conversations.openAtOnce(inbound.session)
    parts.conversations.remember(session, danger.conversation)
    return { session, answer: danger }
  }
  requireRate(inbound, parts.limiter)
  const { session, conversation } = await parts.conversations.open(inbound.session)
  const answer = await answerWithoutDanger({ ...inbound, conversation }, answering)
  parts.conversations.remember(session, answer.conversation)
  const asker = inbound.openTickets ? { asker: hashSession(session) } : undefined
  return { session, ...(asker ? await noteUnanswered(answer, inbound, asker, parts) : { answer }) }
}

/** Who waits for the answer: a pseudonym, and the group's where it was asked in one. */
export interface Asker {
  asker: string
  chat?: string | undefined
}

/** A refusal inside the field opens a ticket; every other answer stays as it is. */
export async function noteUnanswered(
  answer: Answer,
  asked: Asked,
  asker: Asker,
  parts: ChatParts,
): Promise<{ answer: Answer; ticket?: OpenedTicket }> {
  if (answer.outcome !== 'declined' || answer.cause !== 'no-material') return { answer }
  return addTicket(answer, asked, asker, parts)
}

/** 「没解决」: opens a ticket whatever the question was about. */
export async function reportUnsolved(
  request: { text: string; region?: string | undefined; session?: string | undefined; address: string },
  parts: ChatParts,
): Promise<OpenedTicket> {
  requireRate(request, parts.limiter)
  const asker = request.session === undefined ? pseudonymOf(request.address) : hashSession(request.session)
  return openUnsolved(request, { asker }, parts)
}

/** @throws AppError `store-unavailable`, `too-many-tickets` */
export async function openUnsolved(
  { text, region }: Pick<Asked, 'text' | 'region'>,
  asker: Asker,
  { store: findStore, clock }: ChatParts,
): Promise<OpenedTicket> {
  const store = findStore()
  if (!store) throw new AppError('store-unavailable', 'tickets need the store', { retryable: true })
  return openTicket({ store, clock }, { question: text, reason: 'unsolved', region, ...asker })
}

export function requireRate(
  from: { session?: string | undefined; address: string },
  limiter: RateLimiter | null,
): void {
  if (!limiter) return
  const waitSeconds = Math.max(
    from.session === undefined ? 0 : limiter.take(`session:${from.session}`, SESSION_RATE),
    limiter.take(`address:${from.address}`, ADDRESS_RATE),
  )
  if (waitSeconds > 0) throw new AppError('too-fast', 'rate limit', { retryable: true, cause: { waitSeconds } })
}

async function addTicket(answer: Answer, { text, quote, region }: Asked, asker: Asker, parts: ChatParts) {
  const store = parts.store()
  if (!store) return { answer }
  try {
    const question = quote === undefined ? text : `${text}\n${quote}`.trim()
    const request = { question, reason: 'no-material', region, ...asker } as const
    const ticket = await openTicket({ store, clock: parts.clock }, request)
    return { answer: noteTicket(answer, ticket.number), ticket }
  } catch (error) {
    // Without a ticket the refusal still stands and names the hotlines.
    if (!(error instanceof AppError)) parts.log.error({ error }, 'ticket not opened')
    return { answer }
  }
}

function noteTicket(answer: Answer, number: string): Answer {
  const note = (text: string, line: string) => text.replace('\n', `\n${line}\n`)
  return {
    ...answer,
    text: note(answer.text, `已记下，编号${number}，有结果告诉您。`),
    group: note(answer.group, `已记下，编号${number}，有结果发到这里。`),
  }
}

/** Made anew by each process: nobody can find an address again in what is stored, and the daily cap still counts. */
const ADDRESS_KEY = randomBytes(32)

function pseudonymOf(address: string): string {
  return createHmac('sha256', ADDRESS_KEY).update(address).digest('base64url')
}
