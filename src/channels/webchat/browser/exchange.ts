import type { AskReply } from '../../../chat/contract.ts'
import { isDegraded } from './answer-lines.ts'
import { announce, showQuickCalls, showStrip } from './announce.ts'
import { createAnswer, describeAnswer } from './answer-view.ts'
import { createAnswerRow } from './answer-row.ts'
import { askServer } from './ask-server.ts'
import { copyText, createCopyField } from './copy-text.ts'
import { createButton, createElement, findElement } from './element.ts'
import { alignTop, isInView, showNewest } from './follow-reader.ts'
import { isElderView } from './text-size.ts'
import { rememberTicket } from './ticket-list.ts'

const SAY_SEARCHING_MS = 400
const SAY_SLOW_MS = 5_000

/** Cards that were answered on this page, so that an older version can point to a newer one. */
const shownCards: { id: string; version: number; article: HTMLElement }[] = []

/** Puts a question into the log at once and sends it; `accepted` is called when the server has answered it. */
export function startExchange(question: string, accepted: () => void): void {
  const asked = createElement('p', { class: 'asked' }, createElement('span', { class: 'hidden' }, '你问：'), question)
  const state = createElement('div', { class: 'state' })
  const exchange = createElement('div', { class: 'exchange' }, asked, state)
  findElement('#log')?.append(exchange)
  alignTop(exchange)
  void sendQuestion(question, exchange, state, accepted)
}

async function sendQuestion(
  question: string,
  exchange: HTMLElement,
  state: HTMLElement,
  accepted: () => void,
): Promise<void> {
  const say = (words: string) => {
    state.replaceChildren(createElement('p', {}, words))
    announce(words)
  }
  state.replaceChildren()
  const timers = [
    setTimeout(() => say('正在查……'), SAY_SEARCHING_MS),
    setTimeout(() => {
      say('网络慢，还在查')
      showQuickCalls(true)
    }, SAY_SLOW_MS),
  ]
  const sent = await askServer(question, isElderView())
  for (const timer of timers) clearTimeout(timer)
  const there = isInView(exchange)
  if (sent.kind === 'accepted') {
    accepted()
    state.remove()
    showReply(question, sent.reply, exchange, there)
    return
  }
  const retry = () => void sendQuestion(question, exchange, state, accepted)
  const failure =
    sent.kind === 'failed'
      ? createFailure(question, '没发出去，文字还在。有危险先打电话。', undefined, retry)
      : createFailure(question, `没发出去，文字还在。${sent.words}`, sent.waitSeconds, retry)
  state.replaceChildren(failure)
  showQuickCalls(true)
}

function showReply(question: string, reply: AskReply, exchange: HTMLElement, there: boolean): void {
  const article = createAnswer(reply, (label) => startExchange(label, () => {}))
  exchange.append(article)
  if (reply.outcome !== 'life-threat' && reply.outcome !== 'clarify') article.append(createAnswerRow(question, reply))
  if (reply.ticket !== undefined) rememberTicket(reply.ticket)
  if (reply.card !== undefined) markOlderVersions(reply.card, article)
  const degraded = isDegraded(reply)
  showStrip('partial', degraded ? '现在只能查紧急避险，其他内容稍后再问。' : '')
  showQuickCalls(degraded)
  announce(describeAnswer(reply))
  showNewest(article, there)
}

function markOlderVersions(card: { id: string; number: string; version: number }, article: HTMLElement): void {
  for (const older of shownCards) {
    if (older.id !== card.id || older.version >= card.version) continue
    older.article.prepend(createElement('a', { class: 'strip', href: `/k/${card.number}` }, '已更正，看新版'))
  }
  shownCards.push({ ...card, article })
}

/** Nothing is sent again by itself: the reader decides. A wait that is not over is explained. */
function createFailure(
  question: string,
  words: string,
  waitSeconds: number | undefined,
  retry: () => void,
): HTMLElement {
  const until = Date.now() + (waitSeconds ?? 0) * 1000
  const note = createElement('p', { role: 'status' })
  const resend = createButton('重新发送', () => {
    const left = Math.ceil((until - Date.now()) / 1000)
    if (left > 0) note.textContent = `还要等${left}秒再发。`
    else retry()
  })
  const copy = createButton('复制文字', () => {
    void copyText(question).then((copied) => note.replaceChildren(copied ? '已复制。' : createCopyField(question)))
  })
  const row = createElement('div', { class: 'row' }, resend, copy)
  return createElement('div', {}, createElement('p', { class: 'refusal', role: 'alert' }, words), row, note)
}
