interface TrieNode<T> {
  next: Map<number, TrieNode<T>>
  value: T | undefined
}

/** Words over UTF-16 units with a value each; finds the longest word that starts at a position. */
export class WordTrie<T> {
  readonly #root: TrieNode<T> = { next: new Map(), value: undefined }
  /** 1 where some word starts with the unit: most positions are refused without touching the tree. */
  readonly #starts = new Uint8Array(0x10000)

  /** The first value given for a word stays. */
  add(word: string, value: T): void {
    if (word === '') return
    this.#starts[word.charCodeAt(0)] = 1
    let node = this.#root
    for (let i = 0; i < word.length; i++) {
      const unit = word.charCodeAt(i)
      let child = node.next.get(unit)
      if (!child) {
        child = { next: new Map(), value: undefined }
        node.next.set(unit, child)
      }
      node = child
    }
    node.value ??= value
  }

  /** The longest word at `start`, or undefined. */
  findAt(text: string, start: number): { length: number; value: T } | undefined {
    const first = text.charCodeAt(start)
    if (this.#starts[first] !== 1) return undefined
    let node = this.#root.next.get(first)
    let found: { length: number; value: T } | undefined
    for (let i = start; node;) {
      i++
      if (node.value !== undefined) found = { length: i - start, value: node.value }
      node = i < text.length ? node.next.get(text.charCodeAt(i)) : undefined
    }
    return found
  }
}
