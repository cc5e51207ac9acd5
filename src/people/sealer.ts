import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { deriveKey } from './secret-key.ts'

const NONCE_BYTES = 12
const TAG_BYTES = 16

/** Encrypts what may stand in the store only so: AES-256-GCM, bound to the name it is kept under. */
export interface Sealer {
  seal(name: string, content: unknown): string
  /** Undefined for what was sealed with another key or under another name. */
  unseal(name: string, sealed: string): unknown
}

export function createSealer(secret: Buffer, purpose: string): Sealer {
  const key = deriveKey(secret, purpose)
  return {
    seal(name, content) {
      const nonce = randomBytes(NONCE_BYTES)
      const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(name))
      const sealed = Buffer.concat([cipher.update(JSON.stringify(content), 'utf8'), cipher.final()])
      return Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString('base64url')
    },
    unseal(name, sealed) {
      const bytes = Buffer.from(sealed, 'base64url')
      try {
        const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, NONCE_BYTES), {
          authTagLength: TAG_BYTES,
        })
          .setAAD(Buffer.from(name))
          .setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES))
        const content = Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES)), decipher.final()])
        return JSON.parse(content.toString('utf8')) as unknown
      } catch {
        return undefined
      }
    },
  }
}
