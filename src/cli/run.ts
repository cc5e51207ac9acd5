import { AppError } from '../base/errors.ts'
import { createLog } from '../base/log.ts'
import { loadConfig, type Config } from '../config/config.ts'
import { readEnvironment } from '../config/env.ts'
import { openStore } from '../store/open-store.ts'
import type { Store } from '../store/store.ts'
import { SHIPPED_SEEDS } from './shipped-seeds.ts'

/** Runs the service until a signal ends it. Refusals are one line, never a stack. */
export async function run(): Promise<void> {
  let opening: Promise<Store> | undefined
  try {
    const config = readConfig()
    // The store comes up in its own thread while everything else is imported and read here.
    opening = openStore(config.store, { log: createLog(config.log.level).child({ part: 'store' }) })
    opening.catch(() => {})
    const { createApp } = await import('../app.ts')
    const app = createApp(config, { openStore: takeFirst(opening, openStore) })
    const stop = (signal: NodeJS.Signals) => {
      console.log(`收到 ${signal}，正在停止……`)
      app.stop().then(
        () => process.exit(0),
        () => process.exit(1),
      )
    }
    process.once('SIGTERM', stop).once('SIGINT', stop)
    const { url, degraded } = await app.start()
    const state = degraded ? '（存储打不开，现在只答紧急避险和热线）' : ''
    console.log(`安晓已就绪${state}：网页 ${url}  接口说明 ${url}api/openapi.json`)
  } catch (error) {
    await opening?.then((unused) => unused.close()).catch(() => {})
    if (!(error instanceof AppError)) throw error
    console.error(`没有启动：${error.message}`)
    process.exitCode = 1
  }
}

/** Answers `first` to the first call; later ones, after that has failed, open anew. */
function takeFirst(first: Promise<Store>, open: typeof openStore): typeof openStore {
  let ahead: Promise<Store> | undefined = first
  return (...wanted) => {
    const taken = ahead ?? open(...wanted)
    ahead = undefined
    return taken
  }
}

export function readConfig(): Config {
  return loadConfig(readEnvironment(), SHIPPED_SEEDS)
}
