import { createHash, hkdfSync, randomBytes } from 'node:crypto'
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { eq } from 'drizzle-orm'
import { AppError } from '../base/errors.ts'
import type { Db } from '../store/db.ts'
import { keyFingerprint } from '../store/tables/people.ts'

const KEY_BYTES = 32

/**
 * The deployment's key, from `secret.key` below the data directory; made at the first start, readable by its owner only.
 * Without it no pseudonym leads back to a chat: it is copied apart from backups of the store.
 * @throws AppError `bad-key-file`
 */
export function readSecretKey(dataDir: string): Buffer {
  const file = join(dataDir, 'secret.key')
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  try {
    writeFileSync(file, randomBytes(KEY_BYTES).toString('hex'), { flag: 'wx', mode: 0o600 })
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
  }
  chmodSync(file, 0o600)
  const key = Buffer.from(readFileSync(file, 'utf8').trim(), 'hex')
  if (key.length !== KEY_BYTES) {
    throw new AppError('bad-key-file', 'secret.key in DATA_DIR is damaged: put back the copy that was kept of it')
  }
  return key
}

/** A key of its own for one purpose. */
export function deriveKey(secret: Buffer, purpose: string): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, '', purpose, KEY_BYTES))
}

const PURPOSE = 'people'

/**
 * Holds the key against the one that the store's rows were made with; the first key is noted.
 * @throws AppError `wrong-key-file`: with this key everybody we know would be a stranger
 */
export async function requireSameKey(db: Db, secret: Buffer): Promise<void> {
  const fingerprint = createHash('sha256').update(deriveKey(secret, 'fingerprint')).digest('base64url')
  await db.insert(keyFingerprint).values({ purpose: PURPOSE, fingerprint }).onConflictDoNothing()
  const [known] = await db.select().from(keyFingerprint).where(eq(keyFingerprint.purpose, PURPOSE))
  if (known?.fingerprint === fingerprint) return
  throw new AppError('wrong-key-file', 'secret.key in DATA_DIR is not the key of this store: put back the copy of it')
}
