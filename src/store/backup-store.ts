import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'

import type { Logger } from 'pino'

import { newToken } from '../base/ids.ts'
import { lockDataDir } from './data-dir-lock.ts'
import type { Db } from './db.ts'
import { exportStore } from './export-store.ts'
import { importTables, readManifest } from './import-store.ts'
import { applyMigrations, countApplied, readMigrations } from './migrate.ts'
import { openStoreWith } from './open-store.ts'
import type { Store, StoreOptions } from './store.ts'
import { folderStamp } from './prepare-schema.ts'
import { swapStore } from './restore-swap.ts'
import { storeError } from './store-errors.ts'
import type { Manifest, TransferOptions } from './transfer-format.ts'

/** Exports the running store into a new dated folder below `folder` and returns its path. */
export async function backupStore(
  store: Pick<Store, 'db'>,
  folder: string,
  options: TransferOptions & { at?: Date } = {},
): Promise<string> {
  const at = options.at ?? new Date()
  const target = join(folder, `anxiao-${folderStamp(at)}`)
  await exportStore(store, target, { ...options, at })
  return target
}

/**
 * Rebuilds the store from a backup of this or an older release. The embedded one appears complete or not at all and
 * replaces an existing one only with `force`, which keeps that beside it; a Postgres database must be empty.
 */
export async function restoreStore(
  target: StoreOptions,
  backup: string,
  parts: { log: Logger },
  options: TransferOptions & { force?: boolean } = {},
): Promise<Manifest> {
  const manifest = readManifest(backup)
  if (target.databaseUrl !== null) {
    await fillStore(target, backup, manifest, parts, options)
    return manifest
  }
  const { dataDir } = target
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  const lock = lockDataDir(dataDir)
  const draft = `restore-${newToken()}`
  try {
    if (options.force !== true && hasStore(dataDir)) {
      throw storeError('store-transfer', `${dataDir} already has a store; --force moves it aside`)
    }
    await fillStore({ dataDir: join(dataDir, draft), databaseUrl: null }, backup, manifest, parts, options)
    const from = `${draft}-store`
    renameSync(join(dataDir, draft, 'store'), join(dataDir, from))
    swapStore(dataDir, { from, aside: `store-before-${draft}` })
    return manifest
  } finally {
    rmSync(join(dataDir, draft), { recursive: true, force: true })
    lock.release()
  }
}

function hasStore(dataDir: string): boolean {
  const place = join(dataDir, 'store')
  return existsSync(place) && readdirSync(place).length > 0
}

/** An older export goes into the schema it was made from, and is migrated like any older store. */
async function fillStore(
  target: StoreOptions,
  backup: string,
  manifest: Manifest,
  parts: { log: Logger },
  options: TransferOptions,
): Promise<void> {
  async function fill(db: Db): Promise<void> {
    const migrations = readMigrations()
    const known = migrations[manifest.schemaVersion - 1]
    if (known?.hash !== manifest.schemaHash) throw storeError('store-newer', 'the backup is of another release')
    const applied = await countApplied(db, migrations)
    if (applied > manifest.schemaVersion) {
      throw storeError('store-transfer', 'the database already has a newer schema; restore into a new one')
    }
    await applyMigrations(db, migrations, manifest.schemaVersion)
    await importTables(db, backup, options)
    await applyMigrations(db, migrations)
  }
  const store = await openStoreWith(target, parts, fill)
  await store.close()
}
