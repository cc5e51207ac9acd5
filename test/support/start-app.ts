import { rmSync } from 'node:fs'
import { createApp, type App, type AppOverrides } from '../../src/app.ts'
import type { AskReply } from '../../src/chat/contract.ts'
import { SHIPPED_SEEDS } from '../../src/cli/shipped-seeds.ts'
import { loadConfig } from '../../src/config/config.ts'
import type { Settings } from '../../src/config/env.ts'
import { createTestDataDir, silentLog } from './open-test-store.ts'

export interface TestApp {
  app: App
  dataDir: string
  post(path: string, body: unknown, headers?: Record<string, string>): Promise<Response>
  ask(request: { text: string; [field: string]: unknown }): Promise<AskReply>
  close(): Promise<void>
}

/** The whole product with the shipped seeds, an embedded store of its own and no port; limits are off unless set. */
export async function startApp(
  settings: Settings = {},
  overrides: AppOverrides & { dataDir?: string } = {},
): Promise<TestApp> {
  const { dataDir = await createTestDataDir(), ...parts } = overrides
  const config = loadConfig({ DATA_DIR: dataDir, RATE_LIMITS: 'off', ...settings }, SHIPPED_SEEDS)
  const app = createApp(config, { log: silentLog, listen: false, ...parts })
  await app.start()
  const post = async (path: string, body: unknown, headers: Record<string, string> = {}) =>
    app.fetch(
      new Request(`http://localhost${path}`, {
        method: 'POST',
        headers: { host: 'localhost', 'content-type': 'application/json', ...headers },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      }),
    )
  return {
    app,
    dataDir,
    post,
    ask: async (request) => {
      const response = await post('/api/ask', request)
      if (response.status !== 200) throw new Error(`${response.status}: ${await response.text()}`)
      return (await response.json()) as AskReply
    },
    close: async () => {
      await app.stop()
      rmSync(dataDir, { recursive: true, force: true })
    },
  }
}
