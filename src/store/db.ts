import type { NodePgQueryResultHKT } from 'drizzle-orm/node-postgres'
import type { PgDatabase } from 'drizzle-orm/pg-core'

import type { schema } from './schema.ts'

/** The store's `db` or a transaction of it: functions that take a `Db` work inside and outside of one. */
export type Db = PgDatabase<NodePgQueryResultHKT, typeof schema>
