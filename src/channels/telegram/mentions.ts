import type { Bot } from './bot-api.ts'
import type { Entity } from './payloads.ts'

/** Whether a text names our account, and the text without the name: `/start@anxiao_bot` becomes `/start`. */
export function readMentions(
  text: string,
  entities: readonly Entity[],
  bot: Bot,
): { text: string; mentionsUs: boolean } {
  const at = `@${bot.username}`.toLowerCase()
  const ranges = entities.flatMap(({ type, offset, length, user }) => {
    const named = text.slice(offset, offset + length).toLowerCase()
    if (type === 'mention' && named === at) return [{ from: offset, to: offset + length }]
    if (type === 'text_mention' && user?.id === bot.id) return [{ from: offset, to: offset + length }]
    if (type === 'bot_command' && named.endsWith(at))
      return [{ from: offset + length - at.length, to: offset + length }]
    return []
  })
  let left = text
  for (const { from, to } of ranges.toSorted((a, b) => b.from - a.from)) {
    const before = left.slice(0, from)
    const after = left.slice(to)
    // One of the two spaces around the name goes with it.
    left = /\s$/.test(before) && /^[^\S\n]/.test(after) ? before + after.slice(1) : before + after
  }
  return { text: ranges.length === 0 ? text : left.trim(), mentionsUs: ranges.length > 0 }
}

/** Telegram knows no mention of everybody; groups write it nevertheless, for bots that notify each member. */
export function mentionsEveryone(text: string): boolean {
  return /[@＠](?:all|everyone|所有人|全体成员)(?![\p{L}\p{N}_])/iu.test(text)
}
