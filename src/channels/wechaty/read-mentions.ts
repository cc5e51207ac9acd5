export interface Mentions {
  us: boolean
  everyone: boolean
  /** The text without the mention of our account. */
  text: string
}

export interface MentionSigns {
  ourId: string
  /** How we are called in this room: the account's name, our alias. */
  ourNames: readonly string[]
  /** Who is mentioned, where the puppet says it. */
  mentioned?: readonly string[] | undefined
  /** Asked only where `@name` runs on without a separator. */
  memberNames(): Promise<readonly string[]>
}

/** The phone ends a mention with a four-per-em space (U+2005), the desktop with an ordinary one. */
const ENDS_MENTION = /[\s\u2005\p{P}\p{S}]/u
const EVERYONE = /[@＠](?:所有人|all(?![a-z]))/iu

/**
 * Who a room message turns to. `@安晓` counts with and without separator, unless it begins another member's longer name.
 * A mention of everyone names us only where our name is written too, because puppets then list every member.
 */
export async function readMentions(text: string, signs: MentionSigns): Promise<Mentions> {
  const listed = signs.mentioned ?? []
  const everyone = listed.some((id) => id.endsWith('@all')) || EVERYONE.test(text)
  const stripped = await stripOurNames(text, signs)
  const named = stripped !== text
  const us = named || (!everyone && listed.includes(signs.ourId))
  // Somebody calls us by a name of their own: the only mention there is must be it.
  const rest = us && !named && listed.length === 1 ? text.replace(/[@＠][^@＠\u2005]{1,40}\u2005/u, '') : stripped
  return { us, everyone, text: us ? rest.trim() : text }
}

async function stripOurNames(text: string, { ourNames, memberNames }: MentionSigns): Promise<string> {
  let rest = text
  for (const name of [...ourNames].sort((one, other) => other.length - one.length)) {
    if (name === '') continue
    for (let from = 0; ;) {
      const at = findMention(rest, name, from)
      if (at === -1) break
      const end = at + 1 + name.length
      const next = rest.charAt(end)
      if (next === '' || ENDS_MENTION.test(next) || !(await beginsLongerName(rest.slice(at + 1), name, memberNames))) {
        const separator = /^[\u2005 ]/.test(next) ? 1 : 0
        rest = rest.slice(0, at) + rest.slice(end + separator)
        from = at
      } else from = end
    }
  }
  return rest
}

function findMention(text: string, name: string, from: number): number {
  for (let at = from; at < text.length; at++) {
    const sign = text.charAt(at)
    if (sign !== '@' && sign !== '＠') continue
    // An address of electronic mail mentions nobody.
    if (text.startsWith(name, at + 1) && !/[a-z0-9._-]/i.test(text.charAt(at - 1))) return at
  }
  return -1
}

async function beginsLongerName(
  text: string,
  name: string,
  memberNames: MentionSigns['memberNames'],
): Promise<boolean> {
  const names = await memberNames()
  return names.some((other) => other.length > name.length && other.startsWith(name) && text.startsWith(other))
}
