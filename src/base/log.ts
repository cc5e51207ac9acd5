import { pino, type Logger } from 'pino'
import { listCauses } from './errors.ts'

export type { Logger }

/**
 * The root logger; each subsystem takes a child with its name.
 * Never log message text or phone numbers at info or above. Settings that can hold a secret are cut out.
 */
export function createLog(level: string, destination?: { write(line: string): void }): Logger {
  const options = {
    level,
    base: null,
    redact: { paths: ['*.token', '*.password', '*.databaseUrl', '*.authorization', '*.cookie'], censor: '***' },
    serializers: { error: describeError },
  }
  return destination ? pino(options, destination) : pino(options)
}

/**
 * Only the innermost message is told: an error of a failed query quotes its parameters, which are residents' words.
 * The stack is told without its first lines for the same reason.
 */
export function describeError(error: unknown): object {
  const causes = listCauses(error)
  const root = causes.at(-1)
  const codes = causes.flatMap((cause) => (cause instanceof Error && 'code' in cause ? [String(cause.code)] : []))
  const stack = error instanceof Error ? (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line)) : []
  return {
    name: root instanceof Error ? root.name : typeof root,
    message: root instanceof Error ? root.message : String(root),
    ...(codes.length === 0 ? {} : { codes }),
    stack: stack.slice(0, 8),
  }
}
