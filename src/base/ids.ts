import { randomBytes } from 'node:crypto'

/** An unguessable 128-bit token in 22 URL-safe characters. */
export function newToken(): string {
  return randomBytes(16).toString('base64url')
}
