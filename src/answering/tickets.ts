import { createHash, randomUUID } from 'node:crypto'
import { and, count, eq, gt, sql } from 'drizzle-orm'
import type { Clock } from '../base/clock.ts'
import { AppError } from '../base/errors.ts'
import { foldText } from '../base/fold-text.ts'
import { newToken } from '../base/ids.ts'
import type { Store } from '../store/store.ts'
import { ticket, ticketAsker } from '../store/tables/tickets.ts'
import { inTransaction } from '../store/transaction.ts'

/** A ticket as its asker sees it. */
export interface TicketStatus {
  /** e.g. T-0412 */
  number: string
  state: 'open' | 'answered' | 'closed'
  openedAt: Date
  updatedAt: Date
}

export interface OpenedTicket {
  number: string
  /** The only key to the ticket's status; it is stored as a hash. */
  token: string
  /** How many people wait for the same answer. */
  count: number
}

/** New tickets one asker may open in a day. */
const MAX_TICKETS_PER_DAY = 10
const DAY_MS = 86_400_000

/**
 * Opens a ticket, or joins the open one with the same folded question. `asker` is a pseudonym.
 * @throws AppError `too-many-tickets`
 */
export async function openTicket(
  { store, clock }: { store: Store; clock: Clock },
  request: { question: string; reason: 'no-material' | 'unsolved'; region?: string | undefined; asker: string },
): Promise<OpenedTicket> {
  const key = questionKey(request.question)
  const token = newToken()
  return inTransaction(
    store,
    async (tx) => {
      const now = clock.now()
      const [opened] = await tx
        .select({ number: count() })
        .from(ticketAsker)
        .where(and(eq(ticketAsker.asker, request.asker), gt(ticketAsker.createdAt, new Date(now.getTime() - DAY_MS))))
      if ((opened?.number ?? 0) >= MAX_TICKETS_PER_DAY) {
        throw new AppError('too-many-tickets', 'this asker opened the most tickets of a day', { retryable: true })
      }
      const [row] = await tx
        .insert(ticket)
        .values({
          question: request.question,
          questionKey: key,
          state: 'open',
          region: request.region ?? null,
          count: 1,
          reason: request.reason,
          createdAt: now,
          updatedAt: now,
        })
        .onConflictDoUpdate({
          target: ticket.questionKey,
          targetWhere: sql`state = 'open'`,
          set: { count: sql`${ticket.count} + 1`, updatedAt: now },
        })
        .returning({ number: ticket.number, count: ticket.count })
      if (!row) throw new Error('the ticket was not returned')
      await tx.insert(ticketAsker).values({
        id: randomUUID(),
        ticketNumber: row.number,
        tokenHash: hashToken(token),
        asker: request.asker,
        createdAt: now,
      })
      return { number: formatTicketNumber(row.number), token, count: row.count }
    },
    { durable: true },
  )
}

/** The status of the ticket whose token this is; undefined for any other token. */
export async function findTicket({ store }: { store: Store }, token: string): Promise<TicketStatus | undefined> {
  const [row] = await store.db
    .select({
      number: ticket.number,
      state: ticket.state,
      openedAt: ticketAsker.createdAt,
      updatedAt: ticket.updatedAt,
    })
    .from(ticketAsker)
    .innerJoin(ticket, eq(ticket.number, ticketAsker.ticketNumber))
    .where(eq(ticketAsker.tokenHash, hashToken(token)))
  return row && { ...row, number: formatTicketNumber(row.number) }
}

function formatTicketNumber(number: number): string {
  return `T-${String(number).padStart(4, '0')}`
}

function questionKey(question: string): string {
  const letters = foldText(question).replace(/[^\p{L}\p{N}]/gu, '')
  return createHash('sha256').update(letters).digest('base64url')
}

function hashToken(token: string): string {
  return createHash('sha256').update(token).digest('base64url')
}
