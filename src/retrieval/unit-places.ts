/** Where each UTF-16 unit stands in one text, for finding what another text has in common with it. */
export class UnitPlaces {
  /** By unit: its last place, counted from 1; 0 = none. */
  readonly #last = new Uint16Array(0x10000)
  /** By place: the place before it that holds the same unit. */
  #before = new Uint16Array(1 << 8)
  #text = ''

  /** Takes at most 65 534 units; `clear` has to be called before the next text. */
  set(text: string): void {
    const length = Math.min(text.length, 0xfffe)
    if (this.#before.length <= length) this.#before = new Uint16Array(2 * length)
    for (let i = 0; i < length; i++) {
      const unit = text.charCodeAt(i)
      this.#before[i + 1] = this.#last[unit] as number // one per unit
      this.#last[unit] = i + 1
    }
    this.#text = text
  }

  clear(): void {
    for (let i = 0; i < this.#text.length; i++) this.#last[this.#text.charCodeAt(i)] = 0
    this.#text = ''
  }

  /** How many pairs of neighbouring units of `other` stand in the text, repeats included. */
  countPairs(other: string): number {
    let count = 0
    for (let i = 1; i < other.length; i++) {
      const second = other.charCodeAt(i)
      for (let at = this.#lastOf(other.charCodeAt(i - 1)); at !== 0; at = this.#before[at] as number) {
        if (this.#text.charCodeAt(at) !== second) continue
        count++
        break
      }
    }
    return count
  }

  /** Units of the longest run that both texts hold; of `other` the first 255 units count. */
  longestRun(other: string): number {
    const width = Math.min(other.length, 255)
    let best = 0
    for (let start = 0; start < width - best; start++) {
      for (let at = this.#lastOf(other.charCodeAt(start)); at !== 0; at = this.#before[at] as number) {
        // Longer than the best so far only if the unit behind that is the same, too.
        if (best > 0 && this.#text.charCodeAt(at - 1 + best) !== other.charCodeAt(start + best)) continue
        let length = 1
        while (start + length < width && this.#text.charCodeAt(at - 1 + length) === other.charCodeAt(start + length))
          length++
        if (length > best) best = length
      }
    }
    return best
  }

  #lastOf(unit: number): number {
    return this.#last[unit] as number // one per unit
  }
}
