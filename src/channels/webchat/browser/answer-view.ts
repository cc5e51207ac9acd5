import type { AskReply } from '../../../chat/contract.ts'
import { splitAnswer, type AnswerLine } from './answer-lines.ts'
import { createElement } from './element.ts'

/** The article of one reply, the same as the server writes it. `choose` is told what was picked. */
export function createAnswer(reply: AskReply, choose: (label: string) => void): HTMLElement {
  const lines = splitAnswer(reply)
  const danger = reply.outcome === 'life-threat'
  const heading = lines.findIndex(({ kind }) => kind === 'words')
  const article = createElement('article', { class: danger ? 'answer danger' : 'answer' })
  article.append(...lines.map((line, index) => createLine(line, index === heading)))
  if (reply.aiGenerated) article.append(createElement('p', {}, 'AI 生成，仅供参考'))
  if (reply.choices !== undefined) article.append(createChoices(reply.choices, choose))
  if (!danger && reply.citations.length > 0) article.append(createSources(reply.citations))
  return article
}

/** What a screen reader hears: everything where somebody is in danger, else the conclusion. */
export function describeAnswer(reply: AskReply): string {
  if (reply.outcome === 'life-threat') return reply.text
  const first = splitAnswer(reply)[0]
  if (first?.kind !== 'words') return reply.text
  return first.mark === undefined ? `回答：${first.text}` : `${first.mark}回答：${first.text}`
}

function createLine(line: AnswerLine, heading: boolean): HTMLElement {
  switch (line.kind) {
    case 'call':
      return createElement('a', { class: line.first ? 'call' : 'call other', href: `tel:${line.number}` }, line.label)
    case 'steps':
      return createElement('ol', {}, ...line.steps.map((step) => createElement('li', {}, step)))
    case 'source':
      return line.link === undefined
        ? createElement('p', { class: 'source' }, line.text)
        : createElement('a', { class: 'source', href: line.link }, line.text)
    case 'words': {
      const mark = line.mark === undefined ? [] : [createElement('span', { class: 'mark' }, line.mark), ' ']
      return createElement(heading ? 'h2' : 'p', {}, ...mark, line.text)
    }
  }
}

function createChoices(choices: string[], choose: (label: string) => void): HTMLElement {
  const box = createElement('div', { class: 'choices', role: 'group', 'aria-label': '请选择' })
  for (const label of choices) {
    const button = createElement('button', { type: 'button', 'aria-pressed': 'false' }, label)
    button.addEventListener('click', () => {
      for (const other of box.children) other.setAttribute('aria-pressed', String(other === button))
      choose(label)
    })
    box.append(button)
  }
  return box
}

function createSources(citations: AskReply['citations']): HTMLElement {
  const items = citations.map(({ title, issuer, date, url, locator }) => {
    const words = [title, issuer, date, locator].filter((part) => part !== undefined).join('，')
    return createElement(
      'li',
      {},
      url === undefined ? words : createElement('a', { href: url, rel: 'noreferrer' }, words),
    )
  })
  const summary = createElement('summary', {}, `全部来源（${citations.length}）`)
  return createElement('details', { class: 'sources' }, summary, createElement('ul', {}, ...items))
}
