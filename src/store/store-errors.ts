import { AppError, listCauses } from '../base/errors.ts'

export type StoreErrorCode = 'store-locked' | 'store-unavailable' | 'store-newer' | 'store-transfer'

/** A refusal of this module: `store-locked` names the pid, `store-unavailable` is retryable where waiting may help. */
export function storeError(
  code: StoreErrorCode,
  message: string,
  options: { retryable?: boolean; cause?: unknown } = {},
): AppError {
  return new AppError(code, message, options)
}

/** The refusal behind a failed query, however deep drizzle wrapped it. */
export function findStoreRefusal(error: unknown): AppError | undefined {
  for (const cause of listCauses(error)) {
    if (cause instanceof AppError) return cause
    const state = sqlStateOf(cause)
    if (state !== undefined ? isOutageState(state) : isConnectionFailure(cause)) {
      return storeError('store-unavailable', 'the database does not answer', { retryable: true, cause })
    }
  }
  return undefined
}

/** The five-character SQLSTATE the database refused with, e.g. `23505` for a unique violation. */
export function findSqlState(error: unknown): string | undefined {
  for (const cause of listCauses(error)) {
    const state = sqlStateOf(cause)
    if (state !== undefined) return state
  }
  return undefined
}

/** What a log may hold of a failed query: drizzle's own message repeats the parameters, which are residents' words. */
export function describeFailure(error: unknown): { name: string; message: string; sqlState?: string } {
  const causes = listCauses(error)
  const root = causes.at(-1)
  const sqlState = findSqlState(error)
  return {
    name: root instanceof Error ? root.name : typeof root,
    message: root instanceof Error ? root.message : String(root),
    ...(sqlState === undefined ? {} : { sqlState }),
  }
}

function sqlStateOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error) || !('severity' in error)) return undefined
  return typeof error.code === 'string' ? error.code : undefined
}

/** Classes 08 connection, 53 resources, 57P server going down, 58 disk. */
function isOutageState(state: string): boolean {
  return /^(08|53|57P|58)/.test(state)
}

function isConnectionFailure(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  return (
    /^(ECONN|EPIPE|ENOTFOUND|EAI_|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH)/.test(code) ||
    // pg gives these no code
    /^(Connection terminated|Client has encountered a connection error|timeout exceeded when trying to connect|timeout expired)/.test(
      error.message,
    )
  )
}
