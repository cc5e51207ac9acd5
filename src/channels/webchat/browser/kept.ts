/** What stays on this phone between two visits. Where storage is refused, the page works without. */

export interface KeptTicket {
  number: string
  token: string
  /** The last state that was shown. */
  state: string
}

const KEPT_TICKETS = 20

function readKept(key: string): string | undefined {
  try {
    return localStorage.getItem(`anxiao.${key}`) ?? undefined
  } catch {
    return undefined
  }
}

function writeKept(key: string, value: string): void {
  try {
    if (value === '') localStorage.removeItem(`anxiao.${key}`)
    else localStorage.setItem(`anxiao.${key}`, value)
  } catch {
    // Full or refused: nothing the reader could do about it.
  }
}

export const readDraft = (): string => readKept('draft') ?? ''
export const keepDraft = (text: string): void => writeKept('draft', text)
export const readTextSize = (): string | undefined => readKept('text-size')
export const keepTextSize = (size: string): void => writeKept('text-size', size)

export function readTickets(): KeptTicket[] {
  try {
    const kept: unknown = JSON.parse(readKept('tickets') ?? '[]')
    return Array.isArray(kept) ? kept.filter(isTicket) : []
  } catch {
    return []
  }
}

/** The newest come first; a ticket that is known already is replaced in its place. */
export function keepTicket(ticket: KeptTicket): void {
  const tickets = readTickets()
  const known = tickets.findIndex(({ token }) => token === ticket.token)
  if (known >= 0) tickets[known] = ticket
  else tickets.unshift(ticket)
  writeKept('tickets', JSON.stringify(tickets.slice(0, KEPT_TICKETS)))
}

export function dropTicket(token: string): void {
  writeKept('tickets', JSON.stringify(readTickets().filter((ticket) => ticket.token !== token)))
}

function isTicket(value: unknown): value is KeptTicket {
  if (typeof value !== 'object' || value === null) return false
  return ['number', 'token', 'state'].every((key) => typeof Reflect.get(value, key) === 'string')
}
