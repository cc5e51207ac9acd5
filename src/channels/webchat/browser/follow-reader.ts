import { findElement } from './element.ts'

const SLACK_PX = 40

/** The box that scrolls: the page's own, or on very low screens the document. */
function scrollBox(): { box: Element; top: number; height: number } {
  const page = findElement('.page')
  if (page && getComputedStyle(page).overflowY !== 'visible') {
    const { top, height } = page.getBoundingClientRect()
    return { box: page, top, height }
  }
  return { box: document.scrollingElement ?? document.documentElement, top: 0, height: innerHeight }
}

/** Aligns the top of an element with the top of the view. Never scrollIntoView: in WeChat it moves the whole page. */
export function alignTop(element: Element): void {
  const { box, top } = scrollBox()
  box.scrollTop += element.getBoundingClientRect().top - top - 8
}

export function isInView(element: Element): boolean {
  const { top, height } = scrollBox()
  const place = element.getBoundingClientRect()
  return place.bottom > top - SLACK_PX && place.top < top + height + SLACK_PX
}

/** Shows a new answer to a reader who is there, and a button to one who has scrolled away. */
export function showNewest(answer: Element, readerIsThere: boolean): void {
  const button = findElement('#newest')
  if (readerIsThere || !button) {
    alignTop(answer)
    return
  }
  button.hidden = false
  newest = answer
}

/** What 「有新回答 ↓」 leads to. */
let newest: Element | undefined

export function setUpNewest(): void {
  findElement('#newest')?.addEventListener('click', (event) => {
    if (event.currentTarget instanceof HTMLElement) event.currentTarget.hidden = true
    if (newest) alignTop(newest)
    findElement('#text')?.focus({ preventScroll: true })
  })
}

/** The visible height, without an on-screen keyboard: `dvh` does not shrink for it everywhere. */
export function followKeyboard(): void {
  const viewport = window.visualViewport
  if (!viewport) return
  const apply = () => {
    // A zoomed-in reader moves about in the page; its height stays what it was.
    if (viewport.scale > 1.01) return
    document.documentElement.style.setProperty('--height', `${Math.floor(viewport.height)}px`)
  }
  viewport.addEventListener('resize', apply)
  apply()
}
