import { createElement, findElement } from './element.ts'
import { startExchange } from './exchange.ts'
import { keepDraft, readDraft } from './kept.ts'

const COUNT_FROM = 800
const MAX_SIGNS = 1000

/** The form at the bottom: a draft that stays, a count near the limit, Enter where there is a keyboard. */
export function setUpComposer(form: HTMLFormElement, field: HTMLTextAreaElement): void {
  const count = findElement('#count') ?? createElement('p', {})
  const refusal = findElement('#composer-refusal') ?? createElement('p', {})
  // The words of a refusal are ours, not the browser's.
  form.noValidate = true
  if (field.value === '') field.value = readDraft()

  const showCount = () => {
    const signs = countSigns(field.value)
    count.hidden = signs < COUNT_FROM
    count.textContent = signs > MAX_SIGNS ? `多了${signs - MAX_SIGNS}字` : `还可输入${MAX_SIGNS - signs}字`
    refusal.textContent = ''
    field.removeAttribute('aria-invalid')
  }
  const refuse = (words: string) => {
    refusal.textContent = words
    field.focus({ preventScroll: true })
  }

  field.addEventListener('input', () => {
    keepDraft(field.value)
    showCount()
  })
  field.addEventListener('keydown', (event) => {
    // While an input method is composing, Enter picks a word.
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing || !hasKeyboard()) return
    event.preventDefault()
    form.requestSubmit()
  })
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    const text = field.value.trim()
    const signs = countSigns(text)
    if (text === '') return refuse('还没写字。写下问题，再点发送。')
    if (signs > MAX_SIGNS) {
      field.setAttribute('aria-invalid', 'true')
      return refuse(`一共${signs}字，请删到${MAX_SIGNS}字以内，留最可疑的几句。`)
    }
    field.value = ''
    showCount()
    // The draft stays until the server has taken the question; what is typed meanwhile is the newer draft.
    startExchange(text, () => {
      if (readDraft().trim() === text) keepDraft('')
    })
  })
  showCount()
}

function countSigns(text: string): number {
  return [...text.normalize('NFC')].length
}

function hasKeyboard(): boolean {
  return matchMedia('(hover: hover) and (pointer: fine)').matches
}
