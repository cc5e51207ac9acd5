import { createApp } from '../app.ts'
import { AppError } from '../base/errors.ts'
import { loadConfig, type Config } from '../config/config.ts'
import { readEnvironment } from '../config/env.ts'
import { SHIPPED_SEEDS } from './shipped-seeds.ts'

/** Runs the service until a signal ends it. Refusals are one line, never a stack. */
export async function run(): Promise<void> {
  try {
    const app = createApp(readConfig())
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
    if (!(error instanceof AppError)) throw error
    console.error(`没有启动：${error.message}`)
    process.exitCode = 1
  }
}

export function readConfig(): Config {
  return loadConfig(readEnvironment(), SHIPPED_SEEDS)
}
