import { mkdir, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Logger } from '../../base/log.ts'

/** While this file exists nothing is sent, whoever made it; it outlives a restart. */
const FILE = 'halted'

export interface KillSwitch {
  halt(): Promise<void>
  resume(): Promise<void>
  isHalted(): Promise<boolean>
}

/** The switch below `dir`. Where the file cannot be read or written, halted wins. */
export function createKillSwitch(dir: string, log: Logger): KillSwitch {
  const path = join(dir, FILE)
  let halted = false
  return {
    async halt() {
      halted = true
      try {
        await mkdir(dir, { recursive: true })
        await writeFile(path, '')
      } catch (error) {
        log.warn({ error }, 'halted, but only until the process ends')
      }
    },
    async resume() {
      await rm(path, { force: true })
      halted = false
    },
    async isHalted() {
      if (halted) return true
      try {
        await stat(path)
        return true
      } catch (error) {
        return !(error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR'))
      }
    },
  }
}
