const FIRST_BLOCK = 2
const LARGEST_BLOCK = 512
const NEVER = -1

/** What the lists are made of; owned by the lists that it was saved from or restored to. */
export interface SavedPostings {
  documents: Int32Array<ArrayBuffer>
  counts: Uint16Array<ArrayBuffer>
  first: Int32Array<ArrayBuffer>
  tail: Int32Array<ArrayBuffer>
  length: Int32Array<ArrayBuffer>
}

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
  /** What each entry is worth beside it, and by term the state it was worked out at; filled where a query reads. */
  #worth = new Float64Array(0)
  #worthAt = new Int32Array(1 << 10).fill(NEVER)

  save(): SavedPostings {
    const [documents, counts] = [this.#documents.subarray(0, this.#used), this.#counts.subarray(0, this.#used)]
    return { documents, counts, first: this.#first, tail: this.#tail, length: this.#length }
  }

  static restore(saved: SavedPostings): Postings {
    const postings = new Postings()
    postings.#documents = saved.documents
    postings.#counts = saved.counts
    postings.#used = saved.documents.length
    postings.#first = saved.first
    postings.#tail = saved.tail
    postings.#length = saved.length
    postings.#worthAt = new Int32Array(saved.length.length).fill(NEVER)
    return postings
  }

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
    this.#worthAt[term] = NEVER
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

  /**
   * Adds `factor` × the worth of each entry of a term to the score of its document. `worthOf` is asked again only when
   * `state` is another one than when the term was read last.
   */
  addTo(
    scores: Float64Array,
    term: number,
    factor: number,
    state: number,
    worthOf: (document: number, counts: number) => number,
  ): void {
    let remaining = this.lengthOf(term)
    if (remaining === 0) return
    if (this.#worthAt[term] !== state) this.#weigh(term, state, worthOf)
    const documents = this.#documents
    const worth = this.#worth
    let start = this.#first[term] as number // known
    for (let size = FIRST_BLOCK; remaining > 0; size = Math.min(size * 2, LARGEST_BLOCK)) {
      const end = start + Math.min(size, remaining)
      for (let i = start; i < end; i++) {
        const document = documents[i] as number // inside the range
        scores[document] = (scores[document] as number) + factor * (worth[i] as number)
      }
      remaining -= size
      start = documents[start + size] ?? 0
    }
  }

  #weigh(term: number, state: number, worthOf: (document: number, counts: number) => number): void {
    if (this.#worth.length < this.#documents.length) {
      this.#worth = new Float64Array(this.#documents.length)
      this.#worthAt.fill(NEVER)
    }
    const worth = this.#worth
    this.read(term, (documents, counts, from, to) => {
      for (let i = from; i < to; i++) worth[i] = worthOf(documents[i] as number, counts[i] as number) // inside the range
    })
    this.#worthAt[term] = state
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
    this.#worthAt = grown(this.#worthAt, new Int32Array(capacity).fill(NEVER))
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
  from: ArrayLike<number>,
  to: T,
): T {
  to.set(from)
  return to
}
