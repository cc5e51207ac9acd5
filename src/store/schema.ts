import { auditEntry } from './tables/audit.ts'
import { handledMessage, pendingQuestion } from './tables/chat.ts'
import { conversation } from './tables/conversations.ts'
import { delivery, deliveryHalt, deliveryPause, fanOut, fanOutChunk } from './tables/delivery.ts'
import { knowledgeItem, knowledgeSeedLoad, knowledgeVersion } from './tables/knowledge.ts'
import {
  chatGroup,
  contact,
  keyFingerprint,
  resident,
  staff,
  staffBinding,
  staffCode,
  staffCodeTry,
} from './tables/people.ts'
import { ticket, ticketAsker } from './tables/tickets.ts'

export const schema = {
  auditEntry,
  chatGroup,
  contact,
  conversation,
  delivery,
  deliveryHalt,
  deliveryPause,
  fanOut,
  fanOutChunk,
  handledMessage,
  keyFingerprint,
  knowledgeItem,
  knowledgeSeedLoad,
  knowledgeVersion,
  pendingQuestion,
  resident,
  staff,
  staffBinding,
  staffCode,
  staffCodeTry,
  ticket,
  ticketAsker,
}
