import { createHmac } from 'node:crypto'
import { deriveKey } from './secret-key.ts'

/** Names people and groups in every table and log, the contacts apart: 22 characters that lead back only with the key. */
export interface Pseudonyms {
  person(channel: string, id: string): string
  group(channel: string, id: string): string
  /** One person in one chat. */
  session(chat: string, person: string): string
}

export function createPseudonyms(secret: Buffer): Pseudonyms {
  const key = deriveKey(secret, 'pseudonyms')
  const name = (...parts: string[]) =>
    createHmac('sha256', key).update(JSON.stringify(parts)).digest().subarray(0, 16).toString('base64url')
  return {
    person: (channel, id) => name('person', channel, id),
    group: (channel, id) => name('group', channel, id),
    session: (chat, person) => name('session', chat, person),
  }
}
