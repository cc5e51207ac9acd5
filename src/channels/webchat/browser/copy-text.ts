import { createElement } from './element.ts'

/** Copies, or where that is refused says no: pages without TLS and old WeChat have no clipboard. */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    const field = createElement('textarea', { class: 'hidden', 'aria-hidden': 'true', tabindex: '-1' })
    const before = document.activeElement
    field.value = text
    document.body.append(field)
    field.select()
    const copied = document.execCommand('copy')
    field.remove()
    if (before instanceof HTMLElement) before.focus({ preventScroll: true })
    return copied
  }
}

/** The text to copy by hand. */
export function createCopyField(text: string): HTMLElement {
  const field = createElement('textarea', { readonly: true, rows: '6' })
  field.value = text
  return createElement('label', {}, '没能自动复制，请长按下面的文字复制：', field)
}
