import { AsyncLocalStorage } from 'node:async_hooks'

interface Scope {
  db: object
  active: boolean
}

const scopes = new AsyncLocalStorage<Scope>()

/** Marks everything `work` starts as being inside a transaction of `db`, until `work` ends. */
export async function runInScope<T>(db: object, work: () => Promise<T>): Promise<T> {
  const scope: Scope = { db, active: true }
  return scopes.run(scope, async () => {
    try {
      return await work()
    } finally {
      scope.active = false
    }
  })
}

/**
 * Whether the caller runs inside a transaction of `db`. The embedded store has one connection: asking for a second
 * one inside a transaction would wait for ever, so both engines refuse it at once.
 */
export function isInScope(db: object): boolean {
  const scope = scopes.getStore()
  return scope !== undefined && scope.active && scope.db === db
}
