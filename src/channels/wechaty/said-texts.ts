/** What we said lately, to know our own words when they are quoted. */
export interface SaidTexts {
  note(chatId: string, text: string): void
  includes(chatId: string, text: string): boolean
}

const MAX_CHATS = 500
const MAX_TEXTS = 20
/** Clients shorten long quotes; a beginning of fewer signs says nothing. */
const MIN_BEGINNING = 20

export function rememberSaidTexts(): SaidTexts {
  const chats = new Map<string, string[]>()
  return {
    note(chatId, text) {
      const texts = chats.get(chatId) ?? []
      texts.push(fold(text))
      if (texts.length > MAX_TEXTS) texts.shift()
      chats.delete(chatId)
      chats.set(chatId, texts)
      const [oldest] = chats.keys()
      if (chats.size > MAX_CHATS && oldest !== undefined) chats.delete(oldest)
    },
    includes(chatId, text) {
      const quoted = fold(text).replace(/(?:…|\.{3})$/, '')
      if (quoted === '') return false
      return (chats.get(chatId) ?? []).some(
        (said) => said === quoted || (quoted.length >= MIN_BEGINNING && said.startsWith(quoted)),
      )
    },
  }
}

function fold(text: string): string {
  return text.replaceAll(/\s+/g, '')
}
