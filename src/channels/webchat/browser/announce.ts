import { findElement } from './element.ts'

/** Says one line to a screen reader; the log itself is quiet, so that an answer is not read twice. */
export function announce(words: string): void {
  const status = findElement('#announcement')
  if (status) status.textContent = words
}

/** A strip above the log that stays until it is taken away; empty words take it away. */
export function showStrip(id: string, words: string): void {
  const strip = findElement(`#${id}`)
  if (!strip) return
  strip.textContent = words
  strip.hidden = words === ''
}

/** The numbers above the composer: they are there whenever something could not be sent. */
export function showQuickCalls(shown: boolean): void {
  const calls = findElement('#quick-calls')
  if (calls) calls.hidden = !shown
}
