const NONE = -1

/** Numbers a list of runs of signs and finds those that a text holds, without cutting the text into strings. */
export class RunTable {
  readonly #list: string
  readonly #longest: number
  /** Where each run begins in the list, and behind the last one. */
  readonly #starts: Uint32Array
  /** A tree over UTF-16 units, as one table: node and unit → the node below. Node 0 is the root. */
  #above: Int32Array
  #units: Uint16Array
  #below: Int32Array
  #nodes = 1
  /** By node: the row of the run that ends there. */
  #rows: Int32Array
  /** By row: the text in which it was met last. */
  readonly #metIn: Uint32Array
  #texts = 0

  /** `list` holds one run a line, its row the number of the line from 0; the last of two equal runs counts. */
  constructor(list: string, longest: number) {
    const runs = list.split('\n')
    this.#list = list
    this.#longest = longest
    this.#starts = new Uint32Array(runs.length + 1)
    this.#metIn = new Uint32Array(runs.length)
    this.#above = new Int32Array(1 << 10).fill(NONE)
    this.#units = new Uint16Array(1 << 10)
    this.#below = new Int32Array(1 << 10)
    this.#rows = new Int32Array(1 << 9).fill(NONE)
    runs.forEach((run, row) => {
      this.#starts[row + 1] = (this.#starts[row] ?? 0) + run.length + 1
      let node = 0
      for (let i = 0; i < run.length; i++) node = this.#add(node, run.charCodeAt(i))
      this.#rows[node] = row
    })
  }

  runAt(row: number): string {
    return this.#list.slice(this.#starts[row], (this.#starts[row + 1] ?? 0) - 1)
  }

  /** The rows of the different runs in a text: shorter ones first, then in their order. */
  findRows(text: string): number[] {
    const found: number[][] = Array.from({ length: this.#longest }, () => [])
    const met = this.#nextText()
    for (let start = 0; start < text.length; start++) {
      const end = Math.min(text.length, start + this.#longest)
      for (let at = start, node = 0; at < end; at++) {
        node = this.#find(node, text.charCodeAt(at))
        if (node === NONE) break
        const row = this.#rows[node] as number // one per node
        if (row === NONE || this.#metIn[row] === met) continue
        this.#metIn[row] = met
        found[at - start]?.push(row)
      }
    }
    return found.flat()
  }

  #nextText(): number {
    this.#texts = (this.#texts + 1) >>> 0
    if (this.#texts > 0) return this.#texts
    this.#metIn.fill(0)
    return ++this.#texts
  }

  #find(node: number, unit: number): number {
    const slot = this.#slotOf(node, unit)
    return this.#above[slot] === NONE ? NONE : (this.#below[slot] as number) // inside the range
  }

  /** Where the pair stands, or the free place where it would. */
  #slotOf(node: number, unit: number): number {
    const mask = this.#above.length - 1
    let slot = (Math.imul(Math.imul(node, 0x9e3779b1) ^ unit, 0x85ebca6b) >>> 10) & mask
    for (;;) {
      const above = this.#above[slot]
      if (above === NONE || (above === node && this.#units[slot] === unit)) return slot
      slot = (slot + 1) & mask
    }
  }

  #add(node: number, unit: number): number {
    const slot = this.#slotOf(node, unit)
    if (this.#above[slot] !== NONE) return this.#below[slot] as number // inside the range
    const below = this.#nodes++
    this.#above[slot] = node
    this.#units[slot] = unit
    this.#below[slot] = below
    if (2 * this.#nodes > this.#above.length) this.#grow()
    return below
  }

  #grow(): void {
    const [above, units, below] = [this.#above, this.#units, this.#below]
    this.#above = new Int32Array(2 * above.length).fill(NONE)
    this.#units = new Uint16Array(2 * units.length)
    this.#below = new Int32Array(2 * below.length)
    for (let old = 0; old < above.length; old++) {
      const node = above[old] as number // inside the range, here and below
      if (node === NONE) continue
      const unit = units[old] as number
      const slot = this.#slotOf(node, unit)
      this.#above[slot] = node
      this.#units[slot] = unit
      this.#below[slot] = below[old] as number
    }
    const rows = new Int32Array(this.#above.length / 2 + 1).fill(NONE)
    rows.set(this.#rows)
    this.#rows = rows
  }
}
