import wordList from '../../seeds/lexicons/claim-words.json' with { type: 'json' }

interface Node {
  next: Map<string, Node>
  /** What the word that ends here becomes. */
  word?: string
}

const root: Node = { next: new Map() }
for (const [word, others] of Object.entries(wordList)) {
  for (const other of others.split(' ')) {
    let node = root
    for (const sign of other) {
      const next = node.next.get(sign) ?? { next: new Map<string, Node>() }
      node.next.set(sign, next)
      node = next
    }
    node.word = word
  }
}

/**
 * Everyday and 川渝 words replaced by the word that claims use, the longest word first; what stands for itself in the list
 * stays. Takes folded text.
 */
export function unifyWords(folded: string): string {
  let text = ''
  let kept = 0
  for (let at = 0; at < folded.length;) {
    let node = root.next.get(folded.charAt(at))
    let found: string | undefined
    let end = at
    for (let to = at + 1; node; to++) {
      if (node.word !== undefined) [found, end] = [node.word, to]
      node = node.next.get(folded.charAt(to))
    }
    if (found === undefined) {
      at++
      continue
    }
    text += folded.slice(kept, at) + found
    at = kept = end
  }
  return kept === 0 ? folded : text + folded.slice(kept)
}
