import { showQuickCalls, showStrip } from './announce.ts'
import { setUpComposer } from './composer.ts'
import { copyText, createCopyField } from './copy-text.ts'
import { createButton, findElement } from './element.ts'
import { startExchange } from './exchange.ts'
import { followKeyboard, setUpNewest } from './follow-reader.ts'
import { setUpTextSize } from './text-size.ts'
import { followTickets } from './ticket-list.ts'

setUpTextSize()
setUpConversation()
setUpPublicPage()

function setUpConversation(): void {
  const form = document.querySelector<HTMLFormElement>('#composer')
  const field = document.querySelector<HTMLTextAreaElement>('#text')
  if (!form || !field) return
  followKeyboard()
  setUpNewest()
  setUpComposer(form, field)
  document.addEventListener('submit', (event) => {
    const { submitter, target } = event
    if (!(target instanceof HTMLFormElement) || !target.matches('.choices.questions')) return
    if (!(submitter instanceof HTMLButtonElement) || submitter.name !== 'text') return
    event.preventDefault()
    startExchange(submitter.value, () => {})
  })
  window.addEventListener('offline', () => showNetwork(false))
  window.addEventListener('online', () => showNetwork(true))
  if (!navigator.onLine) showNetwork(false)
  void followTickets()
  // What is shown when the service cannot be reached at all. Only secure pages may have it.
  if ('serviceWorker' in navigator && window.isSecureContext) {
    window.addEventListener('load', () => void navigator.serviceWorker.register('/service-worker.js').catch(() => {}))
  }
}

function showNetwork(online: boolean): void {
  showStrip('offline', online ? '' : '现在没有网络。紧急电话和避险办法就在本页，不用网也能看。')
  showQuickCalls(!online)
}

/** Buttons of public pages that need scripts; without scripts they are not there. */
function setUpPublicPage(): void {
  const tools = findElement('#tools')
  const group = tools?.dataset['group']
  if (!tools) return
  const note = findElement('#tools-note')
  if (group !== undefined && group !== '') {
    tools.append(
      createButton('复制给群', () => {
        void copyText(group).then((copied) =>
          note?.replaceChildren(copied ? '已复制，到群里长按粘贴。' : createCopyField(group)),
        )
      }),
    )
  }
  tools.append(createButton('打印', () => window.print()))
}
