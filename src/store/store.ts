import type { Logger } from 'pino'

import type { Db } from './db.ts'

export type StoreKind = 'embedded' | 'postgres'

export interface Store {
  readonly kind: StoreKind
  readonly db: Db
  readonly log: Logger
  /** What `select version()` answers. */
  readonly version: string
  /** Resolves when every commit so far is on the disk. */
  flush(): Promise<void>
  /** Throws `store-unavailable` when the database does not answer. */
  ping(): Promise<void>
  /** Waits for running work, then closes; may be called again. */
  close(): Promise<void>
}

export interface StoreOptions {
  dataDir: string
  /** A Postgres URL, or null for the embedded store in `dataDir`. */
  databaseUrl: string | null
  poolSize?: number
}
