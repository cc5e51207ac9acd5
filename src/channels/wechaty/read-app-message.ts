import { findElement, readXml, type XmlElement } from './read-xml.ts'

/** What WeChat calls an app message: everything that is more than text, told in XML. */
export type AppMessage =
  | { kind: 'quote'; text: string; quoted: QuotedMessage }
  | { kind: 'record'; text: string }
  | { kind: 'link'; title: string; url: string }
  | { kind: 'text' | 'file' | 'other'; title: string }
  | { kind: 'money' }

export interface QuotedMessage {
  text: string
  /** How the sender of the quoted message is called in this chat. */
  name?: string
  senderId?: string
  messageId?: string
}

/** The numbers of `<type>`, as the puppets name them. */
const KINDS: Record<string, 'text' | 'link' | 'file' | 'other' | 'record' | 'quote' | 'money'> = {
  1: 'text',
  3: 'link',
  4: 'link',
  5: 'link',
  6: 'file',
  19: 'record',
  33: 'other',
  36: 'other',
  51: 'other',
  53: 'other',
  57: 'quote',
  2000: 'money',
  2001: 'money',
}
const PLAIN_TEXT = '1'
const APP_MESSAGE = '49'

export function looksLikeXml(text: string): boolean {
  return /^\s*<(\?xml|msg\b|appmsg\b|sysmsg\b)/.test(text)
}

/** Undefined where the text is no app message, or one that says nothing to us. */
export function readAppMessage(text: string): AppMessage | undefined {
  if (!text.includes('<appmsg')) return undefined
  const root = readXml(text)
  const app = root?.name === 'appmsg' ? root : findElement(root, 'appmsg')
  if (!app) return undefined
  const title = childText(app, 'title')
  const kind = KINDS[childText(app, 'type')]
  switch (kind) {
    case 'quote':
      return { kind, text: title, quoted: readQuoted(findElement(app, 'refermsg')) }
    case 'record':
      return { kind, text: readRecord(app) || title }
    case 'link':
      return { kind, title, url: childText(app, 'url') }
    case 'money':
      return { kind }
    case 'text':
    case 'file':
    case 'other':
      return { kind, title }
    default:
      return undefined
  }
}

function readQuoted(refermsg: XmlElement | undefined): QuotedMessage {
  const from = childText(refermsg, 'fromusr')
  const chatMember = childText(refermsg, 'chatusr')
  const senderId = from.endsWith('@chatroom') ? chatMember : from || chatMember
  const name = childText(refermsg, 'displayname')
  const messageId = childText(refermsg, 'svrid')
  let content = childText(refermsg, 'content')
  // In rooms some clients put the sender's id before what was said.
  if (senderId !== '' && content.startsWith(`${senderId}:`)) content = content.slice(senderId.length + 1).trimStart()
  return {
    text: readQuotedContent(childText(refermsg, 'type'), content),
    ...(name === '' ? {} : { name }),
    ...(senderId === '' ? {} : { senderId }),
    ...(messageId === '' ? {} : { messageId }),
  }
}

function readQuotedContent(type: string, content: string): string {
  if (type === APP_MESSAGE || looksLikeXml(content)) return describeQuotedXml(content)
  return type === PLAIN_TEXT || type === '' ? content : ''
}

/** What was said in a quoted app message: of a quote its own text, of a link its title. */
export function describeQuotedXml(content: string): string {
  const app = readAppMessage(content)
  if (!app || app.kind === 'money') return ''
  return app.kind === 'quote' || app.kind === 'record' ? app.text : app.title
}

/** The messages of a forwarded chat record, one per line, without who said them. */
function readRecord(app: XmlElement): string {
  const record = readXml(childText(app, 'recorditem'))
  const items = findElement(record, 'datalist')?.children ?? []
  const lines = items.map((item) => childText(item, 'datadesc') || childText(item, 'datatitle'))
  if (lines.some((line) => line !== '')) return lines.filter((line) => line !== '').join('\n')
  const preview = childText(app, 'des').split('\n')
  return preview.map((line) => line.replace(/^[^:：]{1,40}[:：]\s*/, '')).join('\n')
}

function childText(element: XmlElement | undefined, name: string): string {
  return findElement(element, name)?.text.trim() ?? ''
}
