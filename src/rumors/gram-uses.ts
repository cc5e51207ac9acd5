/** How the wordings of a claim use one gram. */
export interface GramUse {
  /** Share of the wordings that hold it; 0 for what only the rebuttal's teaching says. */
  share: number
  /** Share of the wordings that deny it: govern it with a negation, or hold it in a clause with one. */
  denied: number
  deniedAround: number
  /** Weight of the gram in the claim. */
  weight: number
}

/** The grams of a claim's lines; thousands of claims are kept, so all lies in few arrays. */
export interface GramUses {
  /** The row of a gram by its number. */
  readonly rows: ReadonlyMap<number, number>
  /** 0 to 1, by row. */
  readonly share: Float32Array
  readonly denied: Float32Array
  readonly deniedAround: Float32Array
  readonly weight: Float32Array
  /** Lines that hold a gram: `lines` from `starts[row]` up to `starts[row + 1]`. */
  readonly starts: Uint32Array
  readonly lines: Uint16Array
}

/** Packs uses collected gram by gram, with the lines that hold each gram. */
export function packUses(collected: ReadonlyMap<number, GramUse & { lines: readonly number[] }>): GramUses {
  const count = collected.size
  const rows = new Map<number, number>()
  const of = (read: (use: GramUse) => number) => Float32Array.from(collected.values(), read)
  const starts = new Uint32Array(count + 1)
  const all: number[] = []
  for (const [gram, { lines }] of collected) {
    rows.set(gram, rows.size)
    all.push(...lines)
    starts[rows.size] = all.length
  }
  return {
    rows,
    share: of(({ share }) => share),
    denied: of(({ denied }) => denied),
    deniedAround: of(({ deniedAround }) => deniedAround),
    weight: of(({ weight }) => weight),
    starts,
    lines: Uint16Array.from(all),
  }
}
