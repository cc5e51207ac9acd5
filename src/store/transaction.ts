import type { Db } from './db.ts'
import type { Store } from './store.ts'
import { describeFailure, findStoreRefusal } from './store-errors.ts'
import { runInScope } from './transaction-scope.ts'

type Hook = () => void | Promise<void>

/**
 * Runs `work` in one transaction: it commits when `work` resolves and rolls back when it throws.
 * `afterCommit` hooks run in order after the commit and before this resolves; one that fails is logged and undoes nothing.
 * `durable` also waits until the embedded store's write-ahead log was flushed (Postgres does so by itself).
 */
export async function inTransaction<T>(
  store: Pick<Store, 'db' | 'flush' | 'log'>,
  work: (tx: Db, afterCommit: (hook: Hook) => void) => Promise<T>,
  options: { durable?: boolean } = {},
): Promise<T> {
  const hooks: Hook[] = []
  const result = await commit(store.db, (tx) => work(tx, (hook) => hooks.push(hook)))
  if (options.durable === true) await store.flush()
  for (const hook of hooks) {
    try {
      await hook()
    } catch (error) {
      store.log.error({ failure: describeFailure(error) }, 'after-commit hook failed')
    }
  }
  return result
}

async function commit<T>(db: Db, work: (tx: Db) => Promise<T>): Promise<T> {
  try {
    return await db.transaction((tx) => runInScope(db, () => work(tx)))
  } catch (error) {
    throw findStoreRefusal(error) ?? error
  }
}
