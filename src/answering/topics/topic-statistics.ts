import type { Card } from '../../knowledge/card.ts'

/** How much of a question's information each topic's cards speak of. */
export interface TopicStatistics {
  /**
   * `byTopic`: 0…1 by topic id; topics that share nothing with the text are left out.
   * `familiar`: share 0…1 of the text's pairs that any card has.
   */
  cover(text: string): { byTopic: Map<string, number>; familiar: number }
}

/** Wordings are how people ask, so they say more about a question than the sentences of the answer. */
const WORDING_WEIGHT = 2
/** From this many occurrences on a pair counts as half of all it can. */
const HALF_OCCURRENCES = 1.5

interface Posting {
  topic: number
  share: number
}

/**
 * Counts the pairs of neighbouring signs over all text of each topic's cards. `normalize` brings dialect and
 * synonyms to one form, for cards and questions alike.
 */
export function buildTopicStatistics(cards: Iterable<Card>, normalize: (text: string) => string): TopicStatistics {
  const topics: string[] = []
  const counts: Map<string, number>[] = []
  for (const card of cards) {
    let number = topics.indexOf(card.topic)
    if (number < 0) {
      number = topics.push(card.topic) - 1
      counts.push(new Map())
    }
    const own = counts[number] ?? new Map<string, number>()
    for (const wording of [card.title, ...card.aliases, ...card.questions])
      addPairs(own, normalize(wording), WORDING_WEIGHT)
    for (const line of listCardText(card)) addPairs(own, normalize(line), 1)
  }
  const postings = new Map<string, Posting[]>()
  counts.forEach((own, topic) => {
    for (const [pair, occurrences] of own) {
      const posting = { topic, share: occurrences / (occurrences + HALF_OCCURRENCES) }
      const list = postings.get(pair)
      if (list) list.push(posting)
      else postings.set(pair, [posting])
    }
  })
  const rarest = Math.log(topics.length + 1)

  return {
    cover(text) {
      const found = new Map<string, number>()
      let all = 0
      let pairs = 0
      let known = 0
      for (const pair of listPairs(normalize(text))) {
        const list = postings.get(pair)
        // A pair that no card has tells as much as the rarest one: it speaks against all of them.
        const information = list ? Math.log((topics.length + 1) / list.length) : rarest
        all += information
        pairs++
        if (list) known++
        for (const { topic, share } of list ?? []) {
          const id = topics[topic] ?? ''
          found.set(id, (found.get(id) ?? 0) + information * share)
        }
      }
      for (const [id, sum] of found) found.set(id, all === 0 ? 0 : sum / all)
      return { byTopic: found, familiar: pairs === 0 ? 0 : known / pairs }
    },
  }
}

/** The sentences that a card answers with. */
function listCardText(card: Card): string[] {
  return [
    card.private.lead,
    ...card.private.steps,
    ...card.now,
    ...card.before,
    ...card.after,
    ...card.avoid.flatMap(({ what, why }) => [what, why]),
    ...card.numbers.map(({ what }) => what),
    ...card.calls.map(({ when }) => when),
    ...card.myths,
  ]
}

function addPairs(counts: Map<string, number>, text: string, weight: number): void {
  for (const pair of listPairs(text)) counts.set(pair, (counts.get(pair) ?? 0) + weight)
}

/** Every pair of neighbouring signs once; pairs across a gap are left out. */
function listPairs(text: string): Set<string> {
  const pairs = new Set<string>()
  for (let i = 0; i + 1 < text.length; i++) {
    const pair = text.slice(i, i + 2)
    if (!/\s/.test(pair)) pairs.add(pair)
  }
  return pairs
}
