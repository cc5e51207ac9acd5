import type { Clock } from '../base/clock.ts'
import { AppError } from '../base/errors.ts'
import type { Logger } from '../base/log.ts'
import { waitAtMost, type Timers } from '../base/timers.ts'
import { findGroup, newGroup, saveGroup, type Group } from '../people/groups.ts'
import type { Store } from '../store/store.ts'

/** The groups we are in, as far as every message needs to know them. */
export interface GroupBook {
  /** As it was set up, or a new one; while the store is away or slow, as it was last known. */
  get(pseudonym: string): Promise<Group>
  /** Notes what was said unasked: at once here, and in the store when it can. */
  noteSpoken(pseudonym: string, channel: string, change: (spoken: Group['spoken']) => Group['spoken']): Promise<void>
  /** @throws AppError `store-unavailable` */
  change(pseudonym: string, channel: string, change: (group: Group) => Group): Promise<Group>
  forget(pseudonym: string): void
}

/** Another process may change a group too. */
const FRESH_MS = 30_000
const MAX_KEPT = 20_000

/** How long a message waits for a slow store. */
const PATIENCE_MS = 500

export function createGroupBook(parts: {
  clock: Clock
  timers: Timers
  log: Logger
  store: () => Store | null
}): GroupBook {
  const read = new Map<string, { group: Group; at: number }>()
  const keep = (pseudonym: string, group: Group) => {
    read.delete(pseudonym)
    read.set(pseudonym, { group, at: parts.clock.now().getTime() })
    const [oldest] = read.keys()
    if (read.size > MAX_KEPT && oldest !== undefined) read.delete(oldest)
    return group
  }
  const load = async (pseudonym: string, store: Store) =>
    keep(pseudonym, (await findGroup(store.db, pseudonym)) ?? newGroup())
  return {
    async get(pseudonym) {
      const known = read.get(pseudonym)
      if (known && parts.clock.now().getTime() - known.at < FRESH_MS) return known.group
      const store = parts.store()
      if (!store) return known?.group ?? newGroup()
      const loaded = load(pseudonym, store).catch((error: unknown) => {
        parts.log.warn({ error }, 'group not read')
        return undefined
      })
      return (await waitAtMost(loaded, PATIENCE_MS, parts.timers)) ?? known?.group ?? newGroup()
    },
    async noteSpoken(pseudonym, channel, change) {
      const known = read.get(pseudonym)?.group ?? newGroup()
      const noted = keep(pseudonym, { ...known, spoken: change(known.spoken) })
      const store = parts.store()
      if (!store) return
      await saveGroup(store.db, pseudonym, channel, noted, parts.clock.now())
    },
    async change(pseudonym, channel, change) {
      const store = parts.store()
      if (!store) throw new AppError('store-unavailable', 'groups need the store', { retryable: true })
      const changed = change(await load(pseudonym, store))
      keep(pseudonym, changed)
      await saveGroup(store.db, pseudonym, channel, changed, parts.clock.now())
      return changed
    },
    forget: (pseudonym) => void read.delete(pseudonym),
  }
}
