import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, renameSync, rmSync, statSync, watch } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'

import { sql } from 'drizzle-orm'

import { AppError } from '../../src/base/errors.ts'
import { openStore } from '../../src/store/open-store.ts'
import type { Store } from '../../src/store/store.ts'
import { findStoreRefusal } from '../../src/store/store-errors.ts'
import { conversation } from '../../src/store/tables/conversations.ts'
import { createTestDataDir, describeStores, silentLog } from '../support/open-test-store.ts'

const parts = { log: silentLog }
const folders: string[] = []
after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

async function openCopy(): Promise<{ store: Store; dataDir: string }> {
  const dataDir = await createTestDataDir()
  folders.push(dataDir)
  return { dataDir, store: await openStore({ dataDir, databaseUrl: null }, parts) }
}

function isRefusal(code: string, pattern: RegExp, retryable?: boolean): (error: unknown) => true {
  return (error) => {
    const refusal = error instanceof AppError ? error : findStoreRefusal(error)
    assert.equal(refusal?.code, code)
    assert.match(refusal?.message ?? '', pattern)
    if (retryable !== undefined) assert.equal(refusal?.retryable, retryable)
    return true
  }
}

await describeStores('an open store', (getStore) => {
  test('answers a ping and names its engine', async () => {
    await getStore().ping()
    assert.match(getStore().version, /^PostgreSQL \d+/)
  })

  test('keeps time in UTC whatever the process has', async () => {
    const { rows } = await getStore().db.execute(sql`select current_setting('timezone') as zone`)
    assert.deepEqual(rows, [{ zone: 'UTC' }])
  })
})

test('a first start makes a directory for its owner only, and may be closed twice', async () => {
  const parent = mkdtempSync(join(tmpdir(), 'anxiao-store-'))
  folders.push(parent)
  const dataDir = join(parent, 'deep', 'data')
  const store = await openStore({ dataDir, databaseUrl: null }, parts)
  assert.equal(statSync(dataDir).mode & 0o777, 0o700)
  await Promise.all([store.close(), store.close()])
  await store.close()
})

test('a first start that was killed half way leaves nothing in the way of the next', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'anxiao-store-'))
  folders.push(dataDir)
  const script = `
    const { openStore } = await import(${JSON.stringify(new URL('../../src/store/open-store.ts', import.meta.url).href)})
    const log = { info: () => console.log('creating') }
    await openStore({ dataDir: process.argv[1], databaseUrl: null }, { log })`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script, dataDir], {
    stdio: ['ignore', 'pipe', 'ignore'],
    detached: true,
  })
  const closed = new Promise((resolve) => child.once('close', resolve))
  const draftSeen = new Promise<void>((resolve) => {
    child.stdout.once('data', () => {
      const watcher = watch(join(dataDir, 'store'), () => {
        watcher.close()
        resolve()
      })
    })
  })
  await draftSeen
  // The whole group: the process that makes the cluster, too.
  process.kill(-(child.pid ?? 0), 'SIGKILL')
  await closed
  assert.match(readdirSync(join(dataDir, 'store')).join(), /^new-/)
  const store = await openStore({ dataDir, databaseUrl: null }, parts)
  await store.ping()
  await store.close()
  assert.deepEqual(readdirSync(join(dataDir, 'store')).sort(), ['cluster', 'engine.json'])
})

test('a closed store refuses queries and pings', async () => {
  const { store } = await openCopy()
  await store.close()
  await assert.rejects(store.ping(), isRefusal('store-unavailable', /closed/))
  await assert.rejects(store.db.select().from(conversation), isRefusal('store-unavailable', /closed/))
})

test('closing waits for the transaction that is running', async () => {
  const { store, dataDir } = await openCopy()
  const row = { sessionHash: 'a', state: {}, updatedAt: new Date() }
  let closing: Promise<void> | undefined
  await store.db.transaction(async (tx) => {
    closing = store.close()
    await tx.insert(conversation).values(row)
  })
  await closing
  const again = await openStore({ dataDir, databaseUrl: null }, parts)
  assert.equal(await again.db.$count(conversation), 1)
  await again.close()
})

test('a second opener is refused with the pid of the first, and changes nothing for it', async () => {
  const { store, dataDir } = await openCopy()
  await assert.rejects(
    openStore({ dataDir, databaseUrl: null }, parts),
    isRefusal('store-locked', new RegExp(`process ${process.pid} `)),
  )
  await store.ping()
  await store.close()
})

test('a broken data directory is refused as unavailable and left as it is', async () => {
  const { store, dataDir } = await openCopy()
  await store.close()
  const control = join(dataDir, 'store', 'cluster', 'global', 'pg_control')
  const size = statSync(control).size
  renameSync(control, `${control}.away`)
  await assert.rejects(
    openStore({ dataDir, databaseUrl: null }, parts),
    isRefusal('store-unavailable', /cannot be opened \(last written by PostgreSQL .*PGlite/, false),
  )
  renameSync(`${control}.away`, control)
  assert.equal(statSync(control).size, size)
  await openStore({ dataDir, databaseUrl: null }, parts).then((healed) => healed.close())

  const marker = join(dataDir, 'store', 'cluster', 'PG_VERSION')
  renameSync(marker, `${marker}.away`)
  await assert.rejects(openStore({ dataDir, databaseUrl: null }, parts), isRefusal('store-unavailable', /PG_VERSION/))
})

test('a slow query does not hold up the process', async () => {
  const { store } = await openCopy()
  let ticks = 0
  const ticking = setInterval(() => ticks++, 5)
  const { rows } = await store.db.execute<{ ms: number }>(sql`
    with started as materialized (select clock_timestamp() as at),
      work as materialized (select count(*) from generate_series(1, 2000000))
    select (extract(epoch from clock_timestamp() - started.at) * 1000)::int as ms from started, work`)
  clearInterval(ticking)
  const possible = (rows[0]?.ms ?? 0) / 5
  assert.ok(possible > 10, `the query took ${rows[0]?.ms} ms only`)
  assert.ok(ticks > possible / 5, `${ticks} of ${possible} ticks`)
  await store.close()
})

test('an engine that dies is store-unavailable, not the end of the process, and starts again', async () => {
  const { store, dataDir } = await openCopy()
  await store.db.insert(conversation).values({ sessionHash: 'before', state: {}, updatedAt: new Date() })
  const wal = join(dataDir, 'store', 'cluster', 'pg_wal')
  renameSync(wal, `${wal}-away`)
  // More than the open log segment holds: the next one cannot be made, at which the engine gives up.
  await assert.rejects(
    store.db.execute(sql`
      insert into conversation select i, to_jsonb(repeat(md5(i::text), 100)), now() from generate_series(1, 20000) i`),
    isRefusal('store-unavailable', /./),
  )
  await assert.rejects(store.ping(), isRefusal('store-unavailable', /./))
  renameSync(`${wal}-away`, wal)
  await store.ping()
  const rows = await store.db.select().from(conversation)
  assert.deepEqual(
    rows.map(({ sessionHash }) => sessionHash),
    ['before'],
  )
  await store.close()
})

test('an unreachable Postgres is unavailable, and worth another try', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'anxiao-store-'))
  folders.push(dataDir)
  const server = createServer((socket) => socket.destroy())
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const options = { dataDir, databaseUrl: `postgres://nobody@127.0.0.1:${port}/none` }
  await assert.rejects(openStore(options, parts), isRefusal('store-unavailable', /./, true))
  server.close()
  await assert.rejects(openStore(options, parts), isRefusal('store-unavailable', /./, true))
})
