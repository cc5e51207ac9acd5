import { collectGrams, toClaimText } from './claim-words.ts'
import type { GramUses } from './gram-uses.ts'
import type { ClaimWeights } from './claim-weights.ts'

/** How much a message says what a claim says: weighed grams, both ways, on the best stretch of clauses of the message. */

/** Share of its weight that a gram inside a place name or number keeps: those are compared as slots. */
export const SLOT_GRAM = 0.3
/** What the claim does not say weighs less in a message: a forward holds much that is beside the claim. */
const BESIDE = 0.75
const MAX_CLAUSES = 5
/** A stretch that covers less of a line than this is not looked at. */
const LEAST_COVERED = 0.12

/** A message in clauses, its grams numbered. */
export interface WeighedMessage {
  /** The clauses' own words. */
  texts: readonly string[]
  /** Distinct grams of each clause, by their place in `grams`. */
  clauses: readonly (readonly number[])[]
  grams: readonly string[]
  /** Their numbers among the grams of all claims. */
  numbers: readonly (number | undefined)[]
  weights: readonly number[]
  /** All of the message's information. */
  sum: number
}

/** Takes folded clauses, masked or not. `named` are the grams of place names and numbers in them. */
export function weighClauses(
  texts: readonly string[],
  masked: readonly string[],
  weights: ClaimWeights,
  named: ReadonlySet<string>,
): WeighedMessage {
  const places = new Map<string, number>()
  const grams: string[] = []
  const values: number[] = []
  let sum = 0
  const clauses = masked.map((clause) => {
    const own = new Set<number>()
    for (const gram of collectGrams(toClaimText(clause))) {
      let place = places.get(gram)
      if (place === undefined) {
        place = grams.length
        places.set(gram, place)
        const weight = weights.weigh(gram) * (named.has(gram) ? SLOT_GRAM : 1)
        grams.push(gram)
        values.push(weight)
        sum += weight
      }
      own.add(place)
    }
    return [...own]
  })
  return {
    texts,
    clauses,
    grams,
    numbers: grams.map((gram) => weights.findNumber(gram)),
    weights: values,
    sum,
  }
}

/** How a message meets one line, on the stretch of clauses where it does best. */
export interface LineSimilarity {
  line: number
  /** 0…1: harmonic mean of the two shares. */
  value: number
  /** Share of the line that the stretch says. */
  lineCovered: number
  /** Share of the stretch that the line says. */
  stretchCovered: number
  /** First and last clause. */
  from: number
  to: number
}

/**
 * Every line of a claim against the message, in the order of the lines. `sums`: information of each line; `rows`: the row
 * of each gram of the message in `uses`.
 */
export function compareLines(
  message: WeighedMessage,
  sums: readonly number[],
  uses: Pick<GramUses, 'starts' | 'lines'>,
  rows: readonly (number | undefined)[],
): LineSimilarity[] {
  const { clauses, weights } = message
  const heard = clauses.map((clause) => clause.some((gram) => rows[gram] !== undefined))
  const count = sums.length
  const best = sums.map((_, line): LineSimilarity => ({
    line,
    value: 0,
    lineCovered: 0,
    stretchCovered: 0,
    from: 0,
    to: clauses.length - 1,
  }))
  const shared = new Float64Array(count)
  const mark = new Int16Array(message.grams.length).fill(-1)
  const longest = clauses.length <= MAX_CLAUSES * 2 ? clauses.length : MAX_CLAUSES
  for (let from = 0; from < clauses.length; from++) {
    // A stretch that begins or ends with a clause beside the claim is worse than the one without it.
    if (heard[from] !== true) continue
    shared.fill(0)
    let sum = 0
    for (let to = from; to < Math.min(clauses.length, from + longest); to++) {
      for (const gram of clauses[to] ?? []) {
        if (mark[gram] === from) continue
        mark[gram] = from
        const weight = weights[gram] ?? 0
        sum += weight
        const row = rows[gram]
        if (row === undefined) continue
        for (let at = uses.starts[row] ?? 0; at < (uses.starts[row + 1] ?? 0); at++) {
          const line = uses.lines[at] ?? 0
          shared[line] = (shared[line] ?? 0) + weight
        }
      }
      if (heard[to] !== true) continue
      for (let line = 0; line < count; line++) {
        const common = shared[line] ?? 0
        const own = sums[line] ?? 0
        if (common === 0 || common < own * LEAST_COVERED) continue
        const lineCovered = Math.min(1, common / own)
        const stretchCovered = common / (common + (sum - common) * BESIDE)
        const value = (2 * lineCovered * stretchCovered) / (lineCovered + stretchCovered)
        const known = best[line]
        if (known && value > known.value) best[line] = { line, value, lineCovered, stretchCovered, from, to }
      }
    }
  }
  return best
}
