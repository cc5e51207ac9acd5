import { localDate, type Clock } from '../base/clock.ts'
import { emptySnapshot, type KnowledgeSnapshot } from '../knowledge/knowledge-base.ts'
import type { Places } from '../places/places.ts'
import { hashDocuments, toSearchDocuments } from '../retrieval/documents.ts'
import type { SearchDocument, SearchHit, SearchIndex } from '../retrieval/search-index.ts'
import { matchClaim, weighClaims, type ClaimMatch } from '../rumors/match-claim.ts'
import type { AnsweringParts } from './answer-question.ts'
import type { TermList } from './term-list.ts'
import type { DangerParts } from './decide-danger.ts'

/** What answering works with, replaced as a whole when knowledge changes: answers under way keep the state they began with. */
export interface AnsweringState {
  current(): AnsweringParts
  /** Takes over a new snapshot: only documents that differ are put into or taken out of the index. */
  replace(snapshot: KnowledgeSnapshot): Promise<void>
}

export interface AnsweringStateParts {
  index: SearchIndex
  places: Places
  danger: DangerParts
  /** Brings dialect and synonyms to one form. */
  normalize: (text: string) => string
  fieldTerms: TermList
  planTerms: TermList
  clock: Clock
  timeZone: string
  homeRegion: string
  /** An index of an earlier start. */
  kept?: KeptIndex
}

/** What of an index outlives the process. Documents are told apart by the hash of what they say. */
export interface KeptIndex {
  /** Fills the empty index as far as it can; answers the hashes of the documents it holds then, by id. */
  restore(documents: readonly SearchDocument[]): Promise<ReadonlyMap<string, string>>
  /** Tells what the index holds now; undefined while that changes. */
  note(hashes: ReadonlyMap<string, string> | undefined): void
}

export function createAnsweringState(parts: AnsweringStateParts): AnsweringState {
  const { index, places, danger, normalize, fieldTerms, planTerms, clock, timeZone, homeRegion, kept } = parts
  let knowledge = emptySnapshot()
  let weights = weighClaims([])
  let indexed: ReadonlyMap<string, string> = new Map()
  let replacing: Promise<void> = Promise.resolve()

  const matchRumor = (message: string, hits: SearchHit[]): ClaimMatch => {
    const candidates = hits.flatMap((hit) => {
      const rebuttal = knowledge.items.rebuttal.get(hit.id.slice('rebuttal:'.length))
      return rebuttal ? [{ hit, rebuttal: rebuttal.content }] : []
    })
    return matchClaim(message, candidates, { places, weights })
  }

  const replace = async (snapshot: KnowledgeSnapshot) => {
    const documents = toSearchDocuments(snapshot)
    const hashes = hashDocuments(documents)
    kept?.note(undefined)
    if (kept && indexed.size === 0) indexed = await kept.restore(documents)
    const changed = documents.filter(({ id }) => indexed.get(id) !== hashes.get(id))
    const gone = [...indexed.keys()].filter((id) => !hashes.has(id))
    if (changed.length > 0) await index.upsert(changed)
    // The snapshot decides whether a hit is answered, so it changes between adding and taking away.
    knowledge = snapshot
    weights = weighClaims([...snapshot.items.rebuttal.values()].map(({ content }) => content))
    if (gone.length > 0) await index.remove(gone)
    indexed = hashes
    kept?.note(hashes)
  }

  return {
    current: () => ({
      knowledge,
      index,
      danger,
      normalize,
      fieldTerms,
      planTerms,
      matchRumor,
      places,
      regionsOf: (code) => [code ?? homeRegion, ...places.ancestorsOf(code ?? homeRegion)],
      today: localDate(clock.now(), timeZone),
    }),
    replace(snapshot) {
      replacing = replacing.then(
        () => replace(snapshot),
        () => replace(snapshot),
      )
      return replacing
    },
  }
}
