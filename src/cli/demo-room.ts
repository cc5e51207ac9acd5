import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createApp } from '../app.ts'
import { systemClock } from '../base/clock.ts'
import { createLog } from '../base/log.ts'
import { runDemoRoom } from '../channels/wechaty/demo-room.ts'
import { readConfig } from './run.ts'

/** A mock WeChat group in the terminal, with the whole product behind it and a store that is thrown away. */
export async function runDemoRoomCommand(): Promise<number> {
  const dataDir = mkdtempSync(join(tmpdir(), 'anxiao-demo-'))
  const config = readConfig()
  const log = createLog('silent')
  try {
    console.log('正在准备，要几秒钟……')
    await runDemoRoom({
      clock: systemClock,
      log,
      dir: dataDir,
      input: process.stdin,
      print: (line) => console.log(line),
      connect: async (channel) => {
        const store = { dataDir, databaseUrl: null, poolSize: 1 }
        const app = createApp({ ...config, store }, { log, listen: false, channels: [channel] })
        await app.start()
        return { drain: () => app.drain(), stop: () => app.stop() }
      },
    })
  } finally {
    rmSync(dataDir, { recursive: true, force: true })
  }
  return 0
}
