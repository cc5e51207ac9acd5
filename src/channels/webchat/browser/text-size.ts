import { createButton, findElement } from './element.ts'
import { keepTextSize, readTextSize } from './kept.ts'

/** Each size names the next one on the button. From `large` on the texts for older people are asked for. */
const TEXT_SIZES = ['standard', 'large', 'largest'] as const
type TextSize = (typeof TEXT_SIZES)[number]
const SIZE_NAMES: Record<TextSize, string> = { standard: '标准字', large: '大字', largest: '特大字' }

export function isElderView(): boolean {
  return document.documentElement.classList.contains('elder')
}

/** `?elder=1` asks for large text whatever was kept. */
export function setUpTextSize(): void {
  const asked = new URLSearchParams(location.search).get('elder') === '1' || isElderView()
  const kept = TEXT_SIZES.find((size) => size === readTextSize()) ?? 'standard'
  let size: TextSize = asked && kept === 'standard' ? 'large' : kept
  const next = () => TEXT_SIZES[(TEXT_SIZES.indexOf(size) + 1) % TEXT_SIZES.length] ?? 'standard'
  const apply = () => {
    const { classList } = document.documentElement
    classList.toggle('elder', size !== 'standard')
    classList.toggle('largest', size === 'largest')
    button.textContent = SIZE_NAMES[next()]
    const field = document.querySelector<HTMLInputElement>('input[name="elder"]')
    if (field) field.disabled = size === 'standard'
  }
  const button = createButton('', () => {
    size = next()
    keepTextSize(size)
    apply()
  })
  button.className = 'button'
  findElement('#text-size')?.replaceWith(button)
  apply()
}
