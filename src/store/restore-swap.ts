import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Folder names below DATA_DIR. */
interface Swap {
  from: string
  aside: string
}

const noteName = 'restoring.json'

/**
 * Puts `<dataDir>/<from>` in the place of `<dataDir>/store` and moves what was there to `aside`. Two renames are
 * not one step: the note lets the next start finish them, so that it never takes the gap for an empty store.
 * The caller holds the lock of the data directory.
 */
export function swapStore(dataDir: string, swap: Swap): void {
  const note = join(dataDir, noteName)
  writeFileSync(`${note}.draft`, JSON.stringify(swap), { mode: 0o600, flush: true })
  renameSync(`${note}.draft`, note)
  finishSwap(dataDir)
}

/** Finishes a swap that was interrupted; does nothing otherwise. */
export function finishSwap(dataDir: string): void {
  const note = join(dataDir, noteName)
  if (!existsSync(note)) return
  // Written by swapStore only.
  const { from, aside } = JSON.parse(readFileSync(note, 'utf8')) as Swap
  const place = join(dataDir, 'store')
  if (existsSync(join(dataDir, from))) {
    if (existsSync(place)) renameSync(place, join(dataDir, aside))
    renameSync(join(dataDir, from), place)
  }
  rmSync(note)
}
