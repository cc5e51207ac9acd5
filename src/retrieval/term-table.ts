const EMPTY = -1

/** What a table is made of; owned by the table that it was saved from or restored to. */
export interface SavedTerms {
  keys: Uint32Array<ArrayBuffer>
  ids: Int32Array<ArrayBuffer>
  pairs: number
  runs: Map<string, number>
  size: number
}

/**
 * Numbers terms. Terms are single Chinese signs, pairs of neighbouring signs, and runs of letters or digits
 * (a number also together with the sign that follows it: 6级). Signs and pairs are keyed by their UTF-16 units.
 */
export class TermTable {
  #keys = new Uint32Array(1 << 12)
  #ids = new Int32Array(1 << 12).fill(EMPTY)
  #pairs = 0
  #runs = new Map<string, number>()
  #size = 0

  get size(): number {
    return this.#size
  }

  save(): SavedTerms {
    return { keys: this.#keys, ids: this.#ids, pairs: this.#pairs, runs: this.#runs, size: this.#size }
  }

  static restore(saved: SavedTerms): TermTable {
    const table = new TermTable()
    table.#keys = saved.keys
    table.#ids = saved.ids
    table.#pairs = saved.pairs
    table.#runs = saved.runs
    table.#size = saved.size
    return table
  }

  /** Number of the sign or pair; -1 where it is unknown and not `create`d. `first` 0 = a single sign. */
  pair(first: number, second: number, create: boolean): number {
    const key = ((first << 16) | second) >>> 0
    const mask = this.#keys.length - 1
    let slot = (Math.imul(key, 0x9e3779b1) >>> 12) & mask
    for (;;) {
      const id = this.#ids[slot] ?? EMPTY
      if (id === EMPTY) break
      if (this.#keys[slot] === key) return id
      slot = (slot + 1) & mask
    }
    if (!create) return EMPTY
    this.#keys[slot] = key
    this.#ids[slot] = this.#size
    if (++this.#pairs * 2 > this.#keys.length) this.#grow()
    return this.#size++
  }

  run(text: string, create: boolean): number {
    const id = this.#runs.get(text)
    if (id !== undefined) return id
    if (!create) return EMPTY
    this.#runs.set(text, this.#size)
    return this.#size++
  }

  #grow(): void {
    const keys = this.#keys
    const ids = this.#ids
    this.#keys = new Uint32Array(keys.length * 2)
    this.#ids = new Int32Array(keys.length * 2).fill(EMPTY)
    const mask = this.#keys.length - 1
    for (let i = 0; i < keys.length; i++) {
      const id = ids[i] ?? EMPTY
      if (id === EMPTY) continue
      const key = keys[i] ?? 0
      let slot = (Math.imul(key, 0x9e3779b1) >>> 12) & mask
      while ((this.#ids[slot] ?? EMPTY) !== EMPTY) slot = (slot + 1) & mask
      this.#keys[slot] = key
      this.#ids[slot] = id
    }
  }
}

const isRunUnit = (unit: number) =>
  (unit >= 0x30 && unit <= 0x39) || (unit >= 0x61 && unit <= 0x7a) || unit === 0x2e || unit === 0x25
const isDigit = (unit: number) => unit >= 0x30 && unit <= 0x39
export const isGap = (unit: number) => unit === 0x20 || unit === 0x0a

export type TermForm = 'sign' | 'pair' | 'run'

/**
 * Calls `visit` for each term of an analyzed text in order, repeats included. Unknown terms have the number -1
 * unless `create`; `key` tells unknown terms apart.
 */
export function visitTerms(
  text: string,
  table: TermTable,
  create: boolean,
  visit: (id: number, form: TermForm, position: number) => void,
): void {
  let previous = 0
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (isGap(unit)) {
      previous = 0
      continue
    }
    if (isRunUnit(unit)) {
      let end = i + 1
      while (end < text.length && isRunUnit(text.charCodeAt(end))) end++
      const run = text.slice(i, end)
      visit(table.run(run, create), 'run', i)
      const next = text.charCodeAt(end)
      if (isDigit(unit) && end < text.length && !isGap(next))
        visit(table.run(text.slice(i, end + 1), create), 'pair', i)
      i = end - 1
      previous = 0
      continue
    }
    visit(table.pair(0, unit, create), 'sign', i)
    if (previous !== 0) visit(table.pair(previous, unit, create), 'pair', i - 1)
    previous = unit
  }
}
