import { createHash, randomUUID } from 'node:crypto'
import { and, count, eq, gt, inArray, notInArray, sql } from 'drizzle-orm'
import type { Clock } from '../base/clock.ts'
import { AppError } from '../base/errors.ts'
import { foldText } from '../base/fold-text.ts'
import { newToken } from '../base/ids.ts'
import type { Db } from '../store/db.ts'
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
 * Opens a ticket, or joins the open one with the same folded question. `asker` is a pseudonym, `chat` that of the group
 * where the answer goes.
 * @throws AppError `too-many-tickets`
 */
export async function openTicket(
  { store, clock }: { store: Store; clock: Clock },
  request: {
    question: string
    reason: 'no-material' | 'unsolved'
    region?: string | undefined
    asker: string
    chat?: string | undefined
  },
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
        chat: request.chat ?? null,
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

export interface AskedTickets {
  open: number
  answered: number
}

/** How many tickets somebody waits for. */
export async function countTicketsOf(db: Db, asker: string): Promise<AskedTickets> {
  const rows = await db
    .select({ state: ticket.state, number: count() })
    .from(ticketAsker)
    .innerJoin(ticket, eq(ticket.number, ticketAsker.ticketNumber))
    .where(eq(ticketAsker.asker, asker))
    .groupBy(ticket.state)
  const numberOf = (state: string) => rows.find((row) => row.state === state)?.number ?? 0
  return { open: numberOf('open'), answered: numberOf('answered') + numberOf('closed') }
}

/** Takes somebody off every ticket; a question that nobody else waits for is deleted with its words. */
export async function forgetAsker(tx: Db, asker: string): Promise<void> {
  const left = await tx
    .delete(ticketAsker)
    .where(eq(ticketAsker.asker, asker))
    .returning({ number: ticketAsker.ticketNumber })
  const numbers = [...new Set(left.map(({ number }) => number))]
  if (numbers.length === 0) return
  const waited = tx.select({ number: ticketAsker.ticketNumber }).from(ticketAsker)
  await tx.delete(ticket).where(and(inArray(ticket.number, numbers), notInArray(ticket.number, waited)))
  await tx
    .update(ticket)
    .set({
      count: sql`(select count(*)::int from ${ticketAsker} where ${ticketAsker.ticketNumber} = ${ticket.number})`,
    })
    .where(inArray(ticket.number, numbers))
}

/** Answers that a group waits for are brought to where it is now. */
export async function moveTicketsOf(tx: Db, from: string, to: string): Promise<void> {
  await tx.update(ticketAsker).set({ chat: to }).where(eq(ticketAsker.chat, from))
}
