import { systemClock } from '../base/clock.ts'
import { createLog } from '../base/log.ts'
import { STORE_COMMANDS } from '../channels/cli/store-commands.ts'
import { openStore } from '../store/open-store.ts'
import { callRunning } from './client.ts'
import { showProgress } from './progress.ts'
import { readConfig } from './run.ts'

/** Through the running process where there is one; else the store is opened here, under its lock. */
export async function runStoreCommand(name: keyof typeof STORE_COMMANDS, body: object): Promise<unknown> {
  const config = readConfig()
  const progress = showProgress(name)
  const running = await callRunning(config.store.dataDir, `/control/${name}`, body, progress)
  if (running) return running.result
  const store = await openStore(config.store, { log: createLog(config.log.level) })
  try {
    return await STORE_COMMANDS[name](body, { store, clock: systemClock }, progress)
  } finally {
    await store.close()
  }
}
