/// <reference lib="dom" />
/// <reference lib="dom.iterable" />

/** A new element; `false` and `undefined` leave an attribute out, `true` sets it without a value. */
export function createElement<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Record<string, string | boolean | undefined>,
  ...children: (Node | string)[]
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== false) element.setAttribute(name, value === true ? '' : value)
  }
  element.append(...children)
  return element
}

export function createButton(words: string, press: (button: HTMLButtonElement) => void): HTMLButtonElement {
  const button = createElement('button', { type: 'button' }, words)
  button.addEventListener('click', () => press(button))
  return button
}

export function findElement(selector: string): HTMLElement | undefined {
  return document.querySelector<HTMLElement>(selector) ?? undefined
}
