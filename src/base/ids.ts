import { randomFillSync } from 'node:crypto'

const BYTES = 16
/** Asking the system for each token by itself costs more than the rest of a token. */
const pool = Buffer.alloc(256 * BYTES)
let used = pool.length

/** An unguessable 128-bit token in 22 URL-safe characters. */
export function newToken(): string {
  if (used === pool.length) {
    randomFillSync(pool)
    used = 0
  }
  const token = pool.toString('base64url', used, used + BYTES)
  // What was given out is not left in memory.
  pool.fill(0, used, (used += BYTES))
  return token
}
