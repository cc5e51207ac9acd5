import { askTicketStatus } from './ask-server.ts'
import { createElement, findElement } from './element.ts'
import { dropTicket, keepTicket, readTickets } from './kept.ts'

const STATE_WORDS: Record<string, string> = { open: '正在办理', answered: '有结果了', closed: '已办结' }
const ASKED_AT_ONCE = 5

/** Keeps the token on this phone: it is the only key to the ticket. */
export function rememberTicket({ number, token }: { number: string; token: string }): void {
  keepTicket({ number, token, state: 'open' })
  listTickets(new Set())
}

/** On return: asks how the newest tickets stand, and marks those that have moved since the last visit. */
export async function followTickets(): Promise<void> {
  const moved = new Set<string>()
  for (const ticket of readTickets().slice(0, ASKED_AT_ONCE)) {
    const sent = await askTicketStatus(ticket.token)
    if (sent.kind === 'refused' && sent.status === 404) dropTicket(ticket.token)
    if (sent.kind !== 'accepted') continue
    if (sent.reply.state !== ticket.state) moved.add(ticket.token)
    keepTicket({ number: sent.reply.number, token: ticket.token, state: sent.reply.state })
  }
  listTickets(moved)
}

function listTickets(moved: ReadonlySet<string>): void {
  const section = findElement('#tickets')
  const tickets = readTickets().slice(0, ASKED_AT_ONCE)
  if (!section) return
  section.hidden = tickets.length === 0
  const items = tickets.map(({ number, token, state }) =>
    createElement('li', {}, `${moved.has(token) ? '【新】' : ''}${number}：${STATE_WORDS[state] ?? '正在办理'}`),
  )
  section.querySelector('ul')?.replaceChildren(...items)
}
