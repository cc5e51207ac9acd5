import { getRequestListener } from '@hono/node-server'
import type { Hono } from 'hono'
import { chmodSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { join } from 'node:path'

/** Where the command line finds a running process. Kept out of deep folders: a socket path holds about 100 bytes. */
export function socketPath(dataDir: string): string {
  return join(dataDir, 'anxiao.sock')
}

/**
 * Serves `app` on the unix socket of `dataDir`, for the owner only (0600 in a 0700 folder).
 * The store's lock was taken before, so that a socket found here belongs to a dead process and is replaced.
 */
export async function listenOnSocket(dataDir: string, app: Hono): Promise<Server> {
  const path = socketPath(dataDir)
  rmSync(path, { force: true })
  const answer = getRequestListener(app.fetch)
  const server = createServer((request, response) => void answer(request, response))
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    const mask = process.umask(0o177)
    server.listen(path, () => resolve())
    process.umask(mask)
  })
  chmodSync(path, 0o600)
  return server
}
