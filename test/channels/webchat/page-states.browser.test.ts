import { after, before, describe, test } from 'node:test'
import assert from 'node:assert/strict'
import type { Browser, Page } from 'playwright-core'
import {
  assertUsable,
  findBarriers,
  findSmallTargets,
  launchBrowser,
  measureSidewaysScroll,
  missingBrowser,
  openVisitor,
  startTestApp,
  TEXT_SIZES,
  type TestApp,
} from '../../support/browser.ts'

const WIDTHS = [360, 320, 1366]

describe('every state can be read, hit and heard', { skip: missingBrowser }, () => {
  let app: TestApp
  let browser: Browser
  before(async () => {
    app = await startTestApp()
    browser = await launchBrowser()
  })
  after(async () => {
    await browser?.close()
    await app?.stop()
  })

  for (const width of WIDTHS) {
    for (const size of TEXT_SIZES) {
      test(`conversation at ${width} px, text ${size}`, async () => {
        const { context, page, problems } = await openVisitor(browser, { width, size })
        await page.goto(app.url)
        await assertUsable(page, size, 'start')
        await ask(page, '闻到燃气味怎么办')
        await ask(page, '用嘴吸蛇毒')
        await ask(page, '重庆市有多少全国科普教育基地')
        await ask(page, '停水了怎么存水')
        await ask(page, '量子力学怎么学')
        await assertUsable(page, size, 'answers')
        await page.getByRole('button', { name: '没解决' }).last().click()
        for (const summary of await page.locator('.sources summary').all()) await summary.click()
        await assertUsable(page, size, 'unsolved, all sources open')
        await page.getByRole('button', { name: '请人来答' }).click()
        await page.getByText('有结果显示在本页').first().waitFor()
        await assertUsable(page, size, 'ticket')
        await page.locator('#text').fill('水'.repeat(1001))
        await page.getByRole('button', { name: '发送', exact: true }).click()
        await assertUsable(page, size, 'too long')
        await page.route('**/api/ask', (route) => route.abort())
        await page.locator('#text').fill('停水了怎么存水')
        await page.getByRole('button', { name: '发送', exact: true }).click()
        await page.getByRole('button', { name: '重新发送' }).waitFor()
        await assertUsable(page, size, 'failed')
        for (const summary of await page.locator('#dangers summary').all()) await summary.click()
        await assertUsable(page, size, 'texts for danger open')
        assert.deepEqual(
          problems.filter((problem) => !problem.includes('ERR_FAILED')),
          [],
        )
        await context.close()
      })

      test(`danger and choices at ${width} px, text ${size}`, async () => {
        const { context, page } = await openVisitor(browser, { width, size })
        await page.route('**/api/ask', (route) =>
          route.fulfill({
            json: {
              outcome: 'clarify',
              text: '您问的是哪一种？点一下，或者回数字：\n1 家里进水\n2 开车遇到积水\n3 都不是，我换个说法',
              group: '',
              session: 'x'.repeat(22),
              citations: [],
              choices: ['家里进水', '开车遇到积水', '都不是，我换个说法'],
              confidence: 0.5,
              reasons: [],
              aiGenerated: false,
            },
          }),
        )
        await page.goto(app.url)
        await ask(page, '水')
        await page.unroute('**/api/ask')
        await page.getByRole('button', { name: '家里进水' }).click()
        await page.locator('.exchange').nth(1).locator('article').waitFor()
        assert.equal(await page.getByRole('button', { name: '家里进水' }).getAttribute('aria-pressed'), 'true')
        await ask(page, '屋里燃气泄漏了，味道好大')
        const danger = page.locator('.exchange').last().locator('.danger')
        assert.equal(await danger.count(), 1)
        assert.equal(await danger.locator('button, summary').count(), 0)
        const call = await danger.locator('a.call').first().boundingBox()
        const frame = await danger.boundingBox()
        assert.ok(call && frame && call.height >= 60 && call.width >= frame.width - 40)
        await assertUsable(page, size, 'danger and choices')
        await context.close()
      })

      test(`public pages at ${width} px, text ${size}`, async () => {
        const { context, page, problems } = await openVisitor(browser, { width, size })
        const paths = ['k/acc-gas-leak', 'r/snake-suck', 'p/004', 'p/000/1', 't', 'offline', 'k/none']
        for (const path of paths) {
          await page.goto(`${app.url}${path}`)
          await assertUsable(page, size, path)
        }
        assert.deepEqual(
          problems.filter((problem) => !problem.includes('404')),
          [],
        )
        await context.close()
      })
    }
  }

  test('the checks themselves find planted faults', async () => {
    const { context, page } = await openVisitor(browser, { width: 360 })
    await page.goto(app.url)
    await page.evaluate(() => {
      const wide = document.createElement('p')
      wide.textContent = '看不清的字'
      wide.style.cssText = 'width: 500px; color: #aaa'
      const link = document.createElement('a')
      link.href = '#'
      document.querySelector('main')?.prepend(wide, link)
      link.textContent = '小'
    })
    const barriers = await findBarriers(page)
    assert.ok(
      barriers.some((line) => line.startsWith('serious color-contrast')),
      barriers.join('\n'),
    )
    assert.ok((await findSmallTargets(page, 48)).some((line) => line.startsWith('小: ')))
    assert.ok((await measureSidewaysScroll(page)) > 0)
    await context.close()
  })

  test('at least 60 % of a small screen is left for reading', async () => {
    for (const size of TEXT_SIZES) {
      const { context, page } = await openVisitor(browser, { width: 360, height: 640, size })
      await page.goto(app.url)
      const height = await page.locator('.page').evaluate((box) => box.clientHeight)
      assert.ok(height >= 0.6 * 640, `${size}: ${height} px`)
      await context.close()
    }
  })

  test('a page zoomed in four times scrolls as a whole', async () => {
    const { context, page } = await openVisitor(browser, { width: 341, height: 192 })
    await page.goto(app.url)
    await assertUsable(page, 'standard', 'zoomed')
    const composer = await page.locator('#composer').boundingBox()
    assert.ok(composer && composer.y > 192)
    await context.close()
  })
})

async function ask(page: Page, question: string): Promise<void> {
  const before = await page.locator('.exchange').count()
  await page.locator('#text').fill(question)
  await page.getByRole('button', { name: '发送', exact: true }).click()
  await page.locator('.exchange').nth(before).locator('article').waitFor()
}
