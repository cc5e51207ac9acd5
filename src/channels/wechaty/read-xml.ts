/** An element of what WeChat puts into a message: enough of XML for that, without document types or own entities. */
export interface XmlElement {
  name: string
  attributes: string
  /** The text directly inside, entities resolved. */
  text: string
  children: XmlElement[]
}

const MAX_LENGTH = 262_144
const MAX_ELEMENTS = 5_000
const MAX_DEPTH = 24
const ENTITIES: Record<string, string> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" }

/** The outermost element, or undefined where the text is not XML or longer or deeper than any message. Linear. */
export function readXml(source: string): XmlElement | undefined {
  const text = source.trim()
  if (!text.startsWith('<') || text.length > MAX_LENGTH) return undefined
  const root: XmlElement = { name: '', attributes: '', text: '', children: [] }
  const open = [root]
  let elements = 0
  let at = 0
  while (at < text.length) {
    const inside = open.at(-1) ?? root
    const next = text.indexOf('<', at)
    if (next > at || next === -1) inside.text += resolveEntities(text.slice(at, next === -1 ? text.length : next))
    if (next === -1) break
    if (text.startsWith('<![CDATA[', next)) {
      const end = text.indexOf(']]>', next)
      if (end === -1) return undefined
      inside.text += text.slice(next + 9, end)
      at = end + 3
      continue
    }
    const end = text.startsWith('<!--', next) ? text.indexOf('-->', next) + 2 : findTagEnd(text, next)
    if (end <= next) return undefined
    const tag = text.slice(next + 1, end)
    at = end + 1
    if (tag.startsWith('?') || tag.startsWith('!')) continue
    if (tag.startsWith('/')) {
      if (open.length === 1 || inside.name !== tag.slice(1).trim()) return undefined
      open.pop()
      continue
    }
    elements++
    if (elements > MAX_ELEMENTS || open.length > MAX_DEPTH) return undefined
    const [, name = '', attributes = '', closed = ''] = /^([^\s/]+)([^]*?)(\/?)$/.exec(tag) ?? []
    if (name === '') return undefined
    const element = { name, attributes, text: '', children: [] }
    inside.children.push(element)
    if (closed === '') open.push(element)
  }
  return open.length === 1 ? root.children[0] : undefined
}

/** The first child of that name; a path goes down. */
export function findElement(element: XmlElement | undefined, ...path: string[]): XmlElement | undefined {
  return path.reduce<XmlElement | undefined>(
    (inside, name) => inside?.children.find((child) => child.name === name),
    element,
  )
}

export function readAttribute(element: XmlElement | undefined, name: string): string {
  const [, value = ''] = new RegExp(`\\s${name}\\s*=\\s*"([^"]{0,1000})"`).exec(element?.attributes ?? '') ?? []
  return resolveEntities(value)
}

/** A `>` inside a quoted attribute ends nothing. */
function findTagEnd(text: string, from: number): number {
  let quote = ''
  for (let at = from; at < text.length; at++) {
    const sign = text.charAt(at)
    if (quote !== '') {
      if (sign === quote) quote = ''
    } else if (sign === '"' || sign === "'") quote = sign
    else if (sign === '>') return at
  }
  return -1
}

function resolveEntities(text: string): string {
  if (!text.includes('&')) return text
  return text.replace(/&(#x[0-9a-f]{1,6}|#\d{1,7}|[a-z]{2,4});/gi, (whole, name: string) => {
    if (!name.startsWith('#')) return ENTITIES[name.toLowerCase()] ?? whole
    const code = /^#x/i.test(name) ? Number.parseInt(name.slice(2), 16) : Number(name.slice(1))
    return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : whole
  })
}
