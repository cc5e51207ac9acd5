import type { Clock } from '../base/clock.ts'
import type { Logger } from '../base/log.ts'
import type { Store } from '../store/store.ts'
import type { KnowledgeSnapshot } from './knowledge-base.ts'
import { buildSnapshot, readPublished, readRevision, type AnyPublished } from './read-published.ts'
import { fingerprintSeeds, readSeeds, type Seeds } from './read-seeds.ts'
import { describeProblem } from './seed-file.ts'
import { loadSeeds, readSeedMark, type SeedReport } from './versions.ts'

/** Keeps the snapshot that answers in step with the seed files and the store. */
export interface KnowledgeKeeper {
  /** The texts that need no store: life threats and hotlines, straight from their files. */
  readWithoutStore(): Promise<KnowledgeSnapshot>
  /** Brings the seed files into the store, unless it holds just these, and takes over what is published there. */
  attach(store: Store): Promise<SeedReport | undefined>
  /** Takes over what is published now; cheap when nothing has changed since the last time. */
  refresh(store: Store): Promise<void>
}

export interface KnowledgeKeeperParts {
  seedsDir: string
  /** The program's version: another one reads all files again. */
  release: string
  requireReview: 'source-checked' | 'expert-approved'
  clock: Clock
  log: Logger
  /** Told of every new snapshot; resolves when it answers. */
  replace(snapshot: KnowledgeSnapshot): Promise<void>
}

export function createKnowledgeKeeper(parts: KnowledgeKeeperParts): KnowledgeKeeper {
  const { seedsDir, requireReview, clock, log, replace } = parts
  let revision = ''
  const refresh = async (store: Store) => {
    const found = await readRevision(store.db)
    if (found === revision) return
    await replace(buildSnapshot(await readPublished(store.db, { requireReview, log })))
    revision = found
  }

  return {
    async readWithoutStore() {
      const seeds = await readSeeds(seedsDir, ['life-threat', 'hotline'])
      reportProblems(seeds, log)
      const snapshot = { ...buildSnapshot(seeds.items.filter(mayBeShown).map(asPublished)), complete: false }
      await replace(snapshot)
      return snapshot
    },
    async attach(store) {
      const found = await fingerprintSeeds(seedsDir)
      const mark = found === undefined ? undefined : `${parts.release} ${found}`
      revision = ''
      if (mark !== undefined && mark === (await readSeedMark(store.db))) {
        await refresh(store)
        return undefined
      }
      const seeds = await readSeeds(seedsDir)
      reportProblems(seeds, log)
      const whole = seeds.problems.length === 0
      const report = await loadSeeds({ store, clock, changed: () => {} }, seeds, whole ? mark : undefined)
      await refresh(store)
      return report
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
