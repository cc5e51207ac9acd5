import type { Choice } from '../answering/answer.ts'

/** What a button means, written so that it still does when the conversation is long forgotten; at most 64 bytes. */
export type ButtonMeaning =
  | { kind: 'card' | 'rebuttal'; slug: string; version: number }
  | { kind: 'none' }
  | { kind: 'unsolved' }
  | { kind: 'more'; slug: string }

const MAX_BYTES = 64

export function writeButtonData(meaning: ButtonMeaning): string | undefined {
  const data = [
    meaning.kind,
    ...('slug' in meaning ? [meaning.slug] : []),
    ...('version' in meaning ? [meaning.version] : []),
  ].join(':')
  return Buffer.byteLength(data) <= MAX_BYTES ? data : undefined
}

/** Undefined for data that no version of ours wrote. */
export function readButtonData(data: string): ButtonMeaning | undefined {
  const [kind, slug = '', version = ''] = data.split(':')
  if (kind === 'none' || kind === 'unsolved') return { kind }
  if (!/^[a-z0-9]+(-[a-z0-9]+)*$/.test(slug)) return undefined
  if (kind === 'more') return { kind, slug }
  return (kind === 'card' || kind === 'rebuttal') && /^\d{1,6}$/.test(version)
    ? { kind, slug, version: Number(version) }
    : undefined
}

export function toMeaning(choice: Choice, version: number | undefined): ButtonMeaning | undefined {
  if (choice.kind === 'none') return { kind: 'none' }
  return version === undefined ? undefined : { kind: choice.kind, slug: choice.slug, version }
}
