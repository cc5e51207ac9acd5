import type { PreparedDocument, PreparedWording } from '../prepared-text.ts'
import type { SearchDocument } from '../search-index.ts'

export interface StoredDocument extends PreparedDocument {
  source: SearchDocument
  titleCount: number
  wordingsCount: number
  bodyCount: number
}

/** Documents in few large arrays, one after the other, as they are written to a file. */
export interface PackedDocuments {
  /** Empty where a document was removed. */
  ids: string[]
  /** For each document: terms, terms of the title, wordings, and the three counts of its fields. */
  sizes: Int32Array
  terms: Int32Array
  counts: Uint16Array
  titleTerms: Int32Array
  /** For each wording: place among the document's own (-1 = the title), terms, signs, focus, negated. */
  wordings: Int32Array
  wordingTerms: Int32Array
  wordingFlags: Uint8Array
  texts: string[]
  surfaces: string[]
  /** Only the wordings that name numbers, by their place in `texts`. */
  numbers: Map<number, string[]>
}

const SIZES = 6
const OF_WORDING = 5
const TITLE = -1

export function packDocuments(documents: readonly (StoredDocument | undefined)[]): PackedDocuments {
  const all = documents.map((document) => document ?? REMOVED)
  const wordings = all.flatMap((document) => document.wordings)
  const places = all.flatMap(({ source, wordings }) =>
    wordings.map((wording) => (wording.source === source.title ? TITLE : source.wordings.indexOf(wording.source))),
  )
  return {
    ids: all.map(({ source }) => source.id),
    sizes: Int32Array.from(
      all.flatMap(({ terms, titleTerms, wordings, titleCount, wordingsCount, bodyCount }) => [
        terms.length,
        titleTerms.length,
        wordings.length,
        titleCount,
        wordingsCount,
        bodyCount,
      ]),
    ),
    terms: join(
      Int32Array,
      all.map(({ terms }) => terms),
    ),
    counts: join(
      Uint16Array,
      all.map(({ counts }) => counts),
    ),
    titleTerms: join(
      Int32Array,
      all.map(({ titleTerms }) => titleTerms),
    ),
    wordings: Int32Array.from(
      wordings.flatMap(({ terms, signCount, focus, negated }, at) => [
        places[at] ?? TITLE,
        terms.length,
        signCount,
        focus,
        negated ? 1 : 0,
      ]),
    ),
    wordingTerms: join(
      Int32Array,
      wordings.map(({ terms }) => terms),
    ),
    wordingFlags: join(
      Uint8Array,
      wordings.map(({ flags }) => flags),
    ),
    texts: wordings.map(({ text }) => text),
    surfaces: wordings.map(({ surface }) => surface),
    numbers: new Map(wordings.flatMap(({ numbers }, at) => (numbers.length > 0 ? [[at, [...numbers]] as const] : []))),
  }
}

/** The documents in order, undefined where one was removed; one that `find` does not have gets an id and no texts. */
export function* unpackDocuments(
  packed: PackedDocuments,
  find: (id: string) => SearchDocument | undefined,
): Iterable<StoredDocument | undefined> {
  const at = { terms: 0, titleTerms: 0, wording: 0, wordingTerms: 0 }
  for (const [number, id] of packed.ids.entries()) {
    const size = (field: number) => packed.sizes[SIZES * number + field] ?? 0
    const source = find(id) ?? { ...REMOVED.source, id }
    const wordings: PreparedWording[] = []
    for (let left = size(2); left > 0; left--) {
      const own = at.wording++
      const read = (field: number) => packed.wordings[OF_WORDING * own + field] ?? 0
      const end = at.wordingTerms + read(1)
      wordings.push({
        source: read(0) === TITLE ? source.title : (source.wordings[read(0)] ?? ''),
        text: packed.texts[own] ?? '',
        surface: packed.surfaces[own] ?? '',
        terms: packed.wordingTerms.subarray(at.wordingTerms, end),
        flags: packed.wordingFlags.subarray(at.wordingTerms, end),
        signCount: read(2),
        focus: read(3),
        negated: read(4) === 1,
        numbers: packed.numbers.get(own) ?? [],
        weighed: { at: -1, total: 0, squares: 0, topic: 0 },
      })
      at.wordingTerms = end
    }
    const end = { terms: at.terms + size(0), titleTerms: at.titleTerms + size(1) }
    const terms = packed.terms.subarray(at.terms, end.terms)
    const counts = packed.counts.subarray(at.terms, end.terms)
    const titleTerms = packed.titleTerms.subarray(at.titleTerms, end.titleTerms)
    Object.assign(at, end)
    const fields = { titleCount: size(3), wordingsCount: size(4), bodyCount: size(5) }
    yield id === '' ? undefined : { source, wordings, terms, counts, holders: undefined, titleTerms, ...fields }
  }
}

const REMOVED: StoredDocument = {
  source: { id: '', kind: 'card', title: '', wordings: [], body: '' },
  wordings: [],
  terms: new Int32Array(0),
  counts: new Uint16Array(0),
  holders: undefined,
  titleTerms: new Int32Array(0),
  titleCount: 0,
  wordingsCount: 0,
  bodyCount: 0,
}

type Numbers = Int32Array | Uint16Array | Uint8Array

function join<T extends Numbers>(type: new (length: number) => T, parts: readonly T[]): T {
  const joined = new type(parts.reduce((length, part) => length + part.length, 0))
  let at = 0
  for (const part of parts) {
    joined.set(part, at)
    at += part.length
  }
  return joined
}
