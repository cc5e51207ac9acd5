import { collectGrams, FUNCTION_SIGNS, MASK_SIGN, toClaimText } from './claim-words.ts'

/** What each gram says: grams that the wordings of few claims hold say more. Grams are numbered: claims keep numbers only. */
export interface ClaimWeights {
  weigh(gram: string): number
  /** Undefined for a gram that no claim holds. */
  findNumber(gram: string): number | undefined
  /** The same, giving it a number where it has none. */
  numberOf(gram: string): number
  /** Weight of a gram that no claim holds. */
  readonly strange: number
}

const SINGLE_SIGN = 0.45
const FUNCTION_PAIR = 0.2
const MASKED_GRAM = 0.6
const SMOOTHING = 1

/** Weights from the folded wordings of all claims, one list per claim. */
export function buildClaimWeights(claims: Iterable<readonly string[]>): ClaimWeights {
  const numbers = new Map<string, number>()
  const spread: number[] = []
  const numberOf = (gram: string): number => {
    let number = numbers.get(gram)
    if (number === undefined) numbers.set(gram, (number = numbers.size))
    return number
  }
  let total = 0
  let wordingsSeen = 0
  // By gram: the wording that held it last, and how many wordings of the claim at hand hold it.
  const lastHolder: number[] = []
  const holders: number[] = []
  for (const wordings of claims) {
    total++
    const held: number[] = []
    for (const wording of wordings) {
      wordingsSeen++
      for (const gram of collectGrams(toClaimText(wording))) {
        const number = numberOf(gram)
        if (lastHolder[number] === wordingsSeen) continue
        lastHolder[number] = wordingsSeen
        if (!holders[number]) held.push(number)
        holders[number] = (holders[number] ?? 0) + 1
      }
    }
    for (const number of held) {
      // A gram that one wording of a claim holds by chance counts less than one that all of them hold.
      spread[number] = (spread[number] ?? 0) + Math.sqrt((holders[number] ?? 0) / wordings.length)
      holders[number] = 0
    }
  }
  const strange = Math.log(1 + (total + 1) / SMOOTHING)
  const weigh = (gram: string): number => {
    const number = numbers.get(gram)
    const held = number === undefined ? 0 : (spread[number] ?? 0)
    return scale(gram, held === 0 ? strange : Math.log(1 + (total + 1) / (held + SMOOTHING)))
  }
  return { weigh, findNumber: (gram) => numbers.get(gram), numberOf, strange }
}

function scale(gram: string, idf: number): number {
  if (MASK_SIGN.test(gram)) return MASKED_GRAM
  if (gram.length === 1) return idf * SINGLE_SIGN
  for (const sign of gram) if (!FUNCTION_SIGNS.has(sign)) return idf
  return idf * FUNCTION_PAIR
}
