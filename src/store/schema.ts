import { auditEntry } from './tables/audit.ts'
import { conversation } from './tables/conversations.ts'
import { knowledgeItem, knowledgeSeedLoad, knowledgeVersion } from './tables/knowledge.ts'
import { ticket, ticketAsker } from './tables/tickets.ts'

export const schema = {
  auditEntry,
  conversation,
  knowledgeItem,
  knowledgeSeedLoad,
  knowledgeVersion,
  ticket,
  ticketAsker,
}
