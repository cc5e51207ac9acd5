import assert from 'node:assert/strict'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
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
    isMobile: touch,
    serviceWorkers: worker ? 'allow' : 'block',
  })
  context.setDefaultTimeout(15_000)
  if (scripts) {
    await context.addInitScript((chosen) => {
      const key = 'anxiao.text-size'
      if (localStorage.getItem(key) === null) localStorage.setItem(key, chosen)
    }, size)
  }
  const page = await context.newPage()
  const problems: string[] = []
  page.on('pageerror', (error) => problems.push(String(error)))
  page.on('console', (message) => {
    if (message.type() === 'error') problems.push(message.text())
  })
  return { context, page, problems }
}

const axeSource = readFileSync(fileURLToPath(import.meta.resolve('axe-core/axe.min.js')), 'utf8')

interface AxeResult {
  violations: { id: string; impact: string | null; nodes: { html: string }[] }[]
}

/** What axe finds against WCAG 2.2 AA and its best practices, one line each, with its impact. */
export async function findBarriers(page: Page): Promise<string[]> {
  // Not a script tag: the page's own policy forbids foreign ones.
  await page.evaluate(axeSource)
  const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']
  const result = await page.evaluate<AxeResult>(`axe.run(document, ${JSON.stringify({ runOnly: tags })})`)
  return result.violations.map(({ id, impact, nodes }) => `${impact ?? ''} ${id}: ${nodes[0]?.html ?? ''}`)
}

/** Links, buttons, fields and summaries that are smaller than `minimum` px, or nearer than 8 px to the next one. */
export function findSmallTargets(page: Page, minimum: number): Promise<string[]> {
  return page.evaluate((least) => {
    const targets = [...document.querySelectorAll('a, button, input, textarea, summary')].flatMap((element) => {
      const place = element.getBoundingClientRect()
      const seen = element.checkVisibility() && place.height > 0 && place.right > 0 && !element.closest('.hidden')
      return seen ? [{ element, place, words: (element.textContent ?? '').trim().slice(0, 20) }] : []
    })
    const found: string[] = []
    for (const [index, { element, place, words }] of targets.entries()) {
      if (place.height < least - 0.5 || place.width < least - 0.5) {
        found.push(`${words}: ${Math.round(place.width)}×${Math.round(place.height)}`)
      }
      for (const other of targets.slice(index + 1)) {
        const box = '.page, .bottom'
        if (element.closest(box) !== other.element.closest(box) || element.contains(other.element)) continue
        const across = Math.max(other.place.left - place.right, place.left - other.place.right)
        const down = Math.max(other.place.top - place.bottom, place.top - other.place.bottom)
        if (Math.max(across, down) < 7.5) found.push(`${words} and ${other.words}: ${Math.max(across, down)} px apart`)
      }
    }
    return found
  }, minimum)
}

/** By how many px the page or its scrolling box is wider than what is seen. */
export function measureSidewaysScroll(page: Page): Promise<number> {
  return page.evaluate(() => {
    const boxes = [document.documentElement, ...document.querySelectorAll('.page')]
    return Math.max(...boxes.map((box) => box.scrollWidth - box.clientWidth))
  })
}

/** The three checks every state of a page has to pass. */
export async function assertUsable(page: Page, size: TextSize, state: string): Promise<void> {
  assert.deepEqual(await findBarriers(page), [], `${state}: axe`)
  assert.deepEqual(await findSmallTargets(page, size === 'standard' ? 48 : 60), [], `${state}: targets`)
  assert.equal(await measureSidewaysScroll(page), 0, `${state}: sideways scroll`)
}
