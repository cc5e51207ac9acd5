const FIRST_BLOCK = 2
const LARGEST_BLOCK = 512

/**
 * Append-only posting lists of all terms in two typed arrays (document number, packed counts): chains of blocks that double in size, each ending in
 * a link to the next. Documents are only ever appended, so a list is in document order and a reader never waits.
 */
export class Postings {
  #documents = new Int32Array(1 << 14)
  #counts = new Uint16Array(1 << 14)
  #used = 0
  #first = new Int32Array(1 << 10)
  #tail = new Int32Array(1 << 10)
  #length = new Int32Array(1 << 10)

  append(term: number, document: number, counts: number): void {
    if (term >= this.#first.length) this.#growTerms(term)
    const length = this.#length[term] ?? 0
    if (length === 0) {
      const start = this.#allocate(FIRST_BLOCK)
      this.#first[term] = start
      this.#tail[term] = start
    } else if (isBlockEnd(length)) {
      const link = this.#tail[term] ?? 0
      const start = this.#allocate(blockSizeAt(length))
      this.#documents[link] = start
      this.#tail[term] = start
    }
    const position = this.#tail[term] ?? 0
    this.#documents[position] = document
    this.#counts[position] = counts
    this.#tail[term] = position + 1
    this.#length[term] = length + 1
  }

  /** Entries of a term, those of removed documents included. */
  lengthOf(term: number): number {
    return term < this.#length.length ? (this.#length[term] ?? 0) : 0
  }

  /** `visit` gets the arrays and the range of one block at a time, so that the inner loop stays with the caller. */
  read(term: number, visit: (documents: Int32Array, counts: Uint16Array, from: number, to: number) => void): void {
    let remaining = this.lengthOf(term)
    let start = this.#first[term] ?? 0
    let size = FIRST_BLOCK
    while (remaining > 0) {
      const taken = Math.min(size, remaining)
      visit(this.#documents, this.#counts, start, start + taken)
      remaining -= taken
      start = this.#documents[start + size] ?? 0
      size = Math.min(size * 2, LARGEST_BLOCK)
    }
  }

  get bytes(): number {
    return this.#documents.byteLength + this.#counts.byteLength + 3 * this.#first.byteLength
  }

  #allocate(size: number): number {
    const start = this.#used
    this.#used += size + 1
    if (this.#used > this.#documents.length) {
      const capacity = Math.max(this.#used, Math.ceil(this.#documents.length * 1.6))
      this.#documents = grown(this.#documents, new Int32Array(capacity))
      this.#counts = grown(this.#counts, new Uint16Array(capacity))
    }
    return start
  }

  #growTerms(term: number): void {
    const capacity = Math.max(term + 1, Math.ceil(this.#first.length * 1.6))
    this.#first = grown(this.#first, new Int32Array(capacity))
    this.#tail = grown(this.#tail, new Int32Array(capacity))
    this.#length = grown(this.#length, new Int32Array(capacity))
  }
}

/** Block sizes are 2, 4, … 512, 512, …; a list of `length` entries fills its blocks exactly at these lengths. */
function isBlockEnd(length: number): boolean {
  if (length < 2 * LARGEST_BLOCK - FIRST_BLOCK) return ((length + FIRST_BLOCK) & (length + FIRST_BLOCK - 1)) === 0
  return (length - (2 * LARGEST_BLOCK - FIRST_BLOCK)) % LARGEST_BLOCK === 0
}

function blockSizeAt(length: number): number {
  return length >= 2 * LARGEST_BLOCK - FIRST_BLOCK ? LARGEST_BLOCK : length + FIRST_BLOCK
}

export function grown<T extends Int32Array | Uint16Array | Uint32Array | Float64Array | Float32Array | Uint8Array>(
  from: T,
  to: T,
): T {
  to.set(from)
  return to
}
