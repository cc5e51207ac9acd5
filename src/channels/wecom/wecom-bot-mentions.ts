/** A mention is plain text: the sign, the name, white space (in WeCom's apps U+2005). An address has a word before it. */
const MENTION = /(?<![\w.])@[^\s@]+/gu
const EVERYONE = /^@(?:所有人|all|everyone)$/iu

export interface Mentions {
  /** The text without the mention of our bot. */
  text: string
  us: boolean
  everyone: boolean
}

/**
 * Who is mentioned in a message of a group. WeCom hands over such a message only when our bot is mentioned, but does not say
 * by which name: unless `name` is known, ours is the mention at the start, or the only one.
 */
export function readMentions(content: string, name: string | undefined): Mentions {
  const found = [...content.matchAll(MENTION)].map((match) => ({ said: match[0], at: match.index }))
  const everyone = found.some(({ said }) => EVERYONE.test(said))
  if (name !== undefined && content.includes(`@${name}`)) {
    return { text: content.replaceAll(`@${name}`, ' ').trim(), us: true, everyone }
  }
  const named = found.filter(({ said }) => !EVERYONE.test(said))
  const [first] = named
  if (!first) return { text: content.trim(), us: !everyone, everyone }
  const ours = named.length === 1 || content.slice(0, first.at).trim() === ''
  if (!ours) return { text: content.trim(), us: true, everyone }
  const rest = content.slice(0, first.at) + content.slice(first.at + first.said.length)
  return { text: rest.trim(), us: true, everyone }
}
