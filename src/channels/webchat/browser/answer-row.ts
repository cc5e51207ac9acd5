import type { AskReply } from '../../../chat/contract.ts'
import { mayBeUnsolved } from './answer-lines.ts'
import { announce } from './announce.ts'
import { reportUnsolved } from './ask-server.ts'
import { copyText, createCopyField } from './copy-text.ts'
import { createButton, createElement } from './element.ts'
import { rememberTicket } from './ticket-list.ts'

const MAX_TICKET_SIGNS = 1000

/** 有用 · 没解决 · 朗读 · 转发到群, and one line that says what came of it. */
export function createAnswerRow(question: string, reply: AskReply): HTMLElement {
  const row = createElement('div', { class: 'row' })
  const note = createElement('div', { class: 'note', role: 'status' })
  const unsolved = createElement('div', {})
  const answered = reply.citations.length > 0
  if (answered) {
    row.append(
      createButton('有用', (button) => {
        button.setAttribute('aria-pressed', 'true')
        note.replaceChildren('谢谢您。')
      }),
    )
  }
  if (mayBeUnsolved(reply)) {
    row.append(createButton('没解决', (button) => openUnsolved(question, button, unsolved)))
  }
  if ('speechSynthesis' in window) row.append(createButton('朗读', (button) => readAloud(reply.text, button)))
  if (answered) row.append(createButton('转发到群', () => void forward(reply.group, note)))
  return createElement('div', {}, row, note, unsolved)
}

async function forward(text: string, note: HTMLElement): Promise<void> {
  const copied = await copyText(text)
  note.replaceChildren(copied ? '已复制，到群里长按粘贴。' : createCopyField(text))
}

function readAloud(text: string, button: HTMLButtonElement): void {
  const wasReading = speechSynthesis.speaking
  speechSynthesis.cancel()
  if (wasReading && button.textContent === '停止朗读') {
    button.textContent = '朗读'
    return
  }
  const speech = new SpeechSynthesisUtterance(text.replace(/^来源：.*$/m, ''))
  speech.lang = 'zh-CN'
  const end = () => {
    button.textContent = '朗读'
  }
  speech.addEventListener('end', end)
  speech.addEventListener('error', end)
  button.textContent = '停止朗读'
  speechSynthesis.speak(speech)
}

function openUnsolved(question: string, button: HTMLButtonElement, place: HTMLElement): void {
  button.hidden = true
  const field = createElement('textarea', { rows: '2' })
  const send = createElement('button', { type: 'submit' }, '请人来答')
  const refusal = createElement('p', { class: 'refusal', role: 'alert' })
  const label = createElement('label', {}, '哪里没说清？写一句，也可以不写。', field)
  const form = createElement('form', { class: 'unsolved' }, label, send, refusal)
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    const added = field.value.trim()
    const text = [...(added === '' ? question : `${question}\n补充：${added}`)].slice(0, MAX_TICKET_SIGNS).join('')
    send.textContent = '正在提交……'
    void reportUnsolved(text).then((sent) => {
      send.textContent = '请人来答'
      if (sent.kind === 'accepted') {
        rememberTicket(sent.reply)
        const words = `已记下，编号${sent.reply.number}，有结果显示在本页。`
        place.replaceChildren(createElement('p', {}, words))
        announce(words)
      } else refusal.textContent = sent.kind === 'failed' ? '没发出去，文字还在，请再点一次。' : sent.words
    })
  })
  place.replaceChildren(form)
  field.focus({ preventScroll: true })
}
