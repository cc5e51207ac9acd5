import { existsSync, rmSync } from 'node:fs'
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core'
import { createApp, type App, type AppOverrides } from '../../src/app.ts'
import { loadConfig } from '../../src/config/config.ts'
import type { Settings } from '../../src/config/env.ts'
import { createTestDataDir, silentLog } from './open-test-store.ts'

const CHROMIUM = process.env['CHROMIUM'] ?? '/usr/bin/chromium'

/** One line on how to get a browser, or `false` when there is one: fits the `skip` option of a test. */
export const missingBrowser: string | false = existsSync(CHROMIUM)
  ? false
  : `no browser at ${CHROMIUM}; install chromium (Debian: apt-get install chromium) or set CHROMIUM`

const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

export function launchBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: CHROMIUM, args: FLAGS })
}

export interface TestApp {
  app: App
  url: string
  stop(): Promise<void>
}

/** The whole application with the shipped content, on a free port and a data directory of its own. */
export async function startTestApp(settings: Settings = {}, overrides: AppOverrides = {}): Promise<TestApp> {
  const dataDir = await createTestDataDir()
  const seedsDir = new URL('../../seeds', import.meta.url).pathname
  const app = createApp(loadConfig({ PORT: '0', DATA_DIR: dataDir, ...settings }, seedsDir), {
    log: silentLog,
    ...overrides,
  })
  const { url } = await app.start()
  if (url === null) throw new Error('the application does not listen')
  const stop = async () => {
    await app.stop()
    rmSync(dataDir, { recursive: true, force: true })
  }
  return { app, url, stop }
}

export const TEXT_SIZES = ['standard', 'large', 'largest'] as const
export type TextSize = (typeof TEXT_SIZES)[number]

interface Screen {
  width: number
  height?: number
  size?: TextSize
  scripts?: boolean
  touch?: boolean
  /** The worker that keeps the offline page; blocked unless a test is about it. */
  worker?: boolean
}

/** A new visitor; whatever their page logs as an error, or is refused, is collected in `problems`. */
export async function openVisitor(
  browser: Browser,
  screen: Screen,
): Promise<{ context: BrowserContext; page: Page; problems: string[] }> {
  const { width, height = 740, size = 'standard', scripts = true, touch = false, worker = false } = screen
  const context = await browser.newContext({
    viewport: { width, height },
    locale: 'zh-CN',
    javaScriptEnabled: scripts,
    hasTouch: touch,
    serviceWorkers: worker ? 'allow' : 'block',
  })
  context.setDefaultTimeout(15_000)
  if (scripts) {
    await context.addInitScript((chosen) => localStorage.setItem('anxiao.text-size', chosen), size)
  }
  const page = await context.newPage()
  const problems: string[] = []
  page.on('pageerror', (error) => problems.push(String(error)))
  page.on('console', (message) => {
    if (message.type() === 'error') problems.push(message.text())
  })
  return { context, page, problems }
}
