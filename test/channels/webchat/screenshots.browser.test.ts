import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { Page } from 'playwright-core'
import { launchBrowser, missingBrowser, openVisitor, startTestApp, type TextSize } from '../../support/browser.ts'

/** UPDATE_SCREENSHOTS=1 writes the pictures of the README; otherwise they are only made. */
const folder =
  process.env['UPDATE_SCREENSHOTS'] === '1'
    ? fileURLToPath(new URL('../../screenshots/', import.meta.url))
    : `${mkdtempSync(join(tmpdir(), 'anxiao-pictures-'))}/`

const PICTURES: { name: string; question?: string; size?: TextSize }[] = [
  { name: 'start' },
  { name: 'life-threat', question: '屋里燃气泄漏了，味道好大' },
  { name: 'card', question: '高温天怎么防中暑？' },
  { name: 'rebuttal', question: '被蛇咬了能用嘴吸吗？' },
  { name: 'large-text', question: '诺如病毒怎么消毒？', size: 'large' },
]

test('the pictures of the README can be made', { skip: missingBrowser }, async () => {
  mkdirSync(folder, { recursive: true })
  const app = await startTestApp()
  const browser = await launchBrowser()
  try {
    for (const { name, question, size = 'standard' } of PICTURES) {
      const { context, page } = await openVisitor(browser, { width: 360, height: 740, size })
      await page.goto(app.url)
      if (question !== undefined) await ask(page, question)
      await page.screenshot({ path: `${folder}${name}.png` })
      assert.ok(statSync(`${folder}${name}.png`).size > 10_000, name)
      await context.close()
    }
  } finally {
    await browser.close()
    await app.stop()
  }
})

async function ask(page: Page, question: string): Promise<void> {
  await page.locator('#text').fill(question)
  await page.getByRole('button', { name: '发送', exact: true }).click()
  await page.locator('article').waitFor()
  // The question is part of the picture.
  await page.locator('.page').evaluate((box) => {
    box.scrollTop = (box.querySelector<HTMLElement>('.exchange')?.offsetTop ?? 0) - 8
  })
}
