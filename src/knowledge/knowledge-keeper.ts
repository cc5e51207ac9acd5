import type { Clock } from '../base/clock.ts'
import type { Logger } from '../base/log.ts'
import type { Store } from '../store/store.ts'
import type { KnowledgeSnapshot } from './knowledge-base.ts'
import { buildSnapshot, readPublished, readRevision, type AnyPublished } from './read-published.ts'
import { readSeeds, type Seeds } from './read-seeds.ts'
import { describeProblem, type SeedProblem } from './seed-file.ts'
import { loadSeeds, type SeedReport } from './versions.ts'

/** Keeps the snapshot that answers in step with the seed files and the store. */
export interface KnowledgeKeeper {
  /** The texts that need no store: life threats and hotlines, straight from their files. */
  readWithoutStore(): Promise<KnowledgeSnapshot>
  /** Brings the seed files into the store and takes over what is published there. */
  attach(store: Store): Promise<{ report: SeedReport; problems: SeedProblem[] }>
  /** Takes over what is published now; cheap when nothing has changed since the last time. */
  refresh(store: Store): Promise<void>
}

export interface KnowledgeKeeperParts {
  seedsDir: string
  requireReview: 'source-checked' | 'expert-approved'
  clock: Clock
  log: Logger
  /** Told of every new snapshot; resolves when it answers. */
  replace(snapshot: KnowledgeSnapshot): Promise<void>
}

const WITHOUT_STORE: readonly string[] = ['life-threat', 'hotline']

export function createKnowledgeKeeper(parts: KnowledgeKeeperParts): KnowledgeKeeper {
  const { seedsDir, requireReview, clock, log, replace } = parts
  let revision = ''
  /** Read at the start, for the store that is opened meanwhile; a later attempt reads the files anew. */
  let seedsOfStart: Seeds | undefined

  const refresh = async (store: Store) => {
    const found = await readRevision(store.db)
    if (found === revision) return
    await replace(buildSnapshot(await readPublished(store.db, { requireReview, log })))
    revision = found
  }

  return {
    async readWithoutStore() {
      const seeds = await readSeeds(seedsDir)
      reportProblems(seeds, log)
      seedsOfStart = seeds
      const items = seeds.items.filter((item) => WITHOUT_STORE.includes(item.kind) && mayBeShown(item))
      const snapshot = { ...buildSnapshot(items.map(asPublished)), complete: false }
      await replace(snapshot)
      return snapshot
    },
    async attach(store) {
      const seeds = seedsOfStart ?? (await readSeeds(seedsDir))
      if (!seedsOfStart) reportProblems(seeds, log)
      seedsOfStart = undefined
      const report = await loadSeeds({ store, clock, changed: () => {} }, seeds)
      revision = ''
      await refresh(store)
      return { report, problems: seeds.problems }
    },
    refresh,
  }
}

function reportProblems(seeds: Seeds, log: Logger): void {
  for (const problem of seeds.problems) log.error({ problem: describeProblem(problem) }, 'seed file left out')
}

function mayBeShown(item: Seeds['items'][number]): boolean {
  return !('review' in item.content) || item.content.review !== 'draft'
}

/** As if it were published; the number is not known without the store and is left out of the text. */
function asPublished(item: Seeds['items'][number]): AnyPublished {
  return { ...item, number: '', version: 1, origin: 'shipped' }
}
