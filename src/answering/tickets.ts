import { createHash, randomUUID } from 'node:crypto'
import { and, count, eq, inArray, notInArray, sql } from 'drizzle-orm'
import type { Clock } from '../base/clock.ts'
import { AppError } from '../base/errors.ts'
import { foldText } from '../base/fold-text.ts'
import { newToken } from '../base/ids.ts'
import type { Db } from '../store/db.ts'
import { findStoreRefusal } from '../store/store-errors.ts'
import type { Store } from '../store/store.ts'
import { ticket, ticketAsker } from '../store/tables/tickets.ts'

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

export interface TicketRequest {
  question: string
  reason: 'no-material' | 'unsolved'
  region?: string | undefined
  asker: string
  chat?: string | undefined
}

/** New tickets one asker may open in a day. */
const MAX_TICKETS_PER_DAY = 10
const DAY_MS = 86_400_000

/**
 * Opens a ticket, or joins the open one with the same folded question; it is on the disk when this resolves. `asker` is
 * a pseudonym, `chat` that of the group where the answer goes.
 * @throws AppError `too-many-tickets`
 */
export async function openTicket(
  { store, clock }: { store: Store; clock: Clock },
  request: TicketRequest,
): Promise<OpenedTicket> {
  const now = clock.now()
  const token = newToken()
  const joined = await joinTicket(store, { ...request, token, now }).catch((error: unknown) => {
    throw findStoreRefusal(error) ?? error
  })
  if (!joined) {
    throw new AppError('too-many-tickets', 'this asker opened the most tickets of a day', { retryable: true })
  }
  await store.flush()
  return { number: formatTicketNumber(joined.number), token, count: joined.count }
}

/** One statement, so that a ticket costs the embedded store's only connection one turn; undefined for an asker with too many. */
async function joinTicket(
  { db }: Store,
  asked: TicketRequest & { token: string; now: Date },
): Promise<{ number: number; count: number } | undefined> {
  const now = asked.now.toISOString()
  const dayAgo = new Date(asked.now.getTime() - DAY_MS).toISOString()
  const { rows } = await db.execute<{ number: number; count: number }>(sql`
    with opened as (
      select count(*) as today from ticket_asker
      where asker = ${asked.asker} and created_at > ${dayAgo}::timestamptz
    ), joined as (
      insert into ticket (question, question_key, state, region, count, reason, created_at, updated_at)
      select ${asked.question}::text, ${questionKey(asked.question)}::text, 'open', ${asked.region ?? null}::text,
        1, ${asked.reason}::text, ${now}::timestamptz, ${now}::timestamptz
      from opened where today < ${MAX_TICKETS_PER_DAY}
      on conflict (question_key) where state = 'open'
      do update set count = ticket.count + 1, updated_at = excluded.updated_at
      returning number, count
    ), asking as (
      insert into ticket_asker (id, ticket_number, token_hash, asker, chat, created_at)
      select ${randomUUID()}::uuid, number, ${hashToken(asked.token)}::text, ${asked.asker}::text,
        ${asked.chat ?? null}::text, ${now}::timestamptz
      from joined
    )
    select number, count from joined`)
  return rows[0]
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
