import { pino, stdSerializers, type Logger } from 'pino'

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
    serializers: { error: stdSerializers.err },
  }
  return destination ? pino(options, destination) : pino(options)
}
