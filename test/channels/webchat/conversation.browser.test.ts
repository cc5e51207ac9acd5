import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Browser, Page, Route } from 'playwright-core'
import {
  assertUsable,
  launchBrowser,
  missingBrowser,
  openVisitor,
  startTestApp,
  type TestApp,
} from '../../support/browser.ts'

const CARD_QUESTION = '高温天怎么防中暑？'

describe('conversation in a browser', { skip: missingBrowser }, () => {
  let app: TestApp
  let browser: Browser
  before(async () => {
    app = await startTestApp({ RATE_LIMITS: 'off' })
    browser = await launchBrowser()
  })
  after(async () => {
    await browser?.close()
    await app?.stop()
  })
  const open = async (screen: Partial<Parameters<typeof openVisitor>[1]> = {}) => {
    const visitor = await openVisitor(browser, { width: 360, ...screen })
    const asked: string[] = []
    visitor.page.on('request', (request) => {
      if (request.url().endsWith('/api/ask')) asked.push(request.postData() ?? '')
    })
    return { ...visitor, asked }
  }

  test('the question is shown at once, its answer below it, and is announced in one line', async () => {
    const { context, page, problems } = await open()
    await page.goto(app.url)
    const held = await holdAsking(page)
    await send(page, CARD_QUESTION)
    assert.match(await page.locator('.asked').innerText(), /高温天怎么防中暑/)
    assert.equal(await page.locator('#text').inputValue(), '')
    await page.getByText('正在查……').first().waitFor()
    await held.release()
    await page.locator('article').waitFor()
    assert.match(await page.locator('#announcement').innerText(), /^科普回答：/)
    assert.deepEqual(problems, [])
    await context.close()
  })

  test('waiting is told after 0.4 and 5 s and given up after 10 s', async () => {
    const { context, page, asked } = await open()
    await page.clock.install()
    await page.goto(app.url)
    await page.route('**/api/ask', () => {})
    await send(page, CARD_QUESTION)
    await page.clock.runFor(300)
    assert.equal(await page.locator('.state').innerText(), '')
    await page.clock.runFor(200)
    assert.equal(await page.locator('.state').innerText(), '正在查……')
    await page.clock.runFor(4_600)
    assert.equal(await page.locator('.state').innerText(), '网络慢，还在查')
    await page.clock.runFor(5_000)
    await page.getByText('没发出去，文字还在').waitFor()
    assert.equal(await page.locator('#quick-calls a[href="tel:119"]').isVisible(), true)
    assert.equal(asked.length, 1)
    await context.close()
  })

  test('a question cut off by the network is kept, never sent again by itself, and sent again when asked to', async () => {
    const { context, page, asked } = await open()
    await page.goto(app.url)
    const held = await holdAsking(page)
    await send(page, CARD_QUESTION)
    await context.setOffline(true)
    await page.getByText('现在没有网络').waitFor()
    await held.cut()
    const failed = page.getByText('没发出去，文字还在')
    await failed.waitFor()
    assert.equal(await failed.getAttribute('role'), 'alert')
    assert.equal((await page.locator('#dangers a[href="tel:120"]').count()) > 0, true)
    await context.setOffline(false)
    await page.getByText('现在没有网络').waitFor({ state: 'hidden' })
    // Whatever coming back online had sent by itself would have gone out before this.
    await page.evaluate(() => fetch('/healthz').then(() => {}))
    assert.equal(asked.length, 1)
    await page.getByRole('button', { name: '重新发送' }).click()
    await page.locator('article').waitFor()
    assert.equal(asked.length, 2)
    assert.equal(JSON.parse(asked[0] ?? '{}').text, JSON.parse(asked[1] ?? '{}').text)
    assert.equal(await failed.count(), 0)
    await context.close()
  })

  test('the draft survives a reload until its question was answered', async () => {
    const { context, page, asked } = await open()
    await page.goto(app.url)
    await page.locator('#text').fill(CARD_QUESTION)
    await page.reload()
    assert.equal(await page.locator('#text').inputValue(), CARD_QUESTION)
    await page.route('**/api/ask', (route) => route.abort())
    await page.getByRole('button', { name: '发送', exact: true }).click()
    await page.getByText('没发出去').waitFor()
    await page.reload()
    assert.equal(await page.locator('#text').inputValue(), CARD_QUESTION)
    assert.equal(asked.length, 1)
    await page.unroute('**/api/ask')
    await page.getByRole('button', { name: '发送', exact: true }).click()
    await page.locator('article').waitFor()
    await page.reload()
    assert.equal(await page.locator('#text').inputValue(), '')
    await context.close()
  })

  test('a service error is a failed state with the text kept', async () => {
    const { context, page } = await open()
    await page.goto(app.url)
    await page.route('**/api/ask', (route) => route.fulfill({ status: 500, body: 'x' }))
    await send(page, CARD_QUESTION)
    await page.getByText('没发出去，文字还在').waitFor()
    await page.getByRole('button', { name: '复制文字' }).click()
    await page.getByText(/^已复制。$|请长按下面的文字复制/).waitFor()
    await context.close()
  })

  test('asking too fast says how long to wait, and the button explains itself until then', async () => {
    const { context, page, asked } = await open()
    await page.clock.install()
    await page.goto(app.url)
    await page.route('**/api/ask', (route) =>
      route.fulfill({
        status: 429,
        headers: { 'retry-after': '20' },
        json: { error: { code: 'too-fast', message: '问得太快，请20秒后再发。' } },
      }),
    )
    await send(page, CARD_QUESTION)
    await page.getByText('问得太快，请20秒后再发。').waitFor()
    await page.unroute('**/api/ask')
    await page.getByRole('button', { name: '重新发送' }).click()
    await page.getByText(/还要等\d+秒再发/).waitFor()
    assert.equal(asked.length, 1)
    await page.clock.runFor(20_000)
    await page.getByRole('button', { name: '重新发送' }).click()
    await page.locator('article').waitFor()
    await context.close()
  })

  test('text over 1 000 signs is counted, explained and not sent', async () => {
    const { context, page, asked } = await open()
    await page.goto(app.url)
    await page.locator('#text').fill('水'.repeat(799))
    assert.equal(await page.locator('#count').isVisible(), false)
    await page.locator('#text').fill('水'.repeat(828))
    assert.equal(await page.locator('#count').innerText(), '还可输入172字')
    await page.locator('#text').fill('水'.repeat(1240))
    await page.getByRole('button', { name: '发送', exact: true }).click()
    await page.getByText('一共1240字，请删到1000字以内，留最可疑的几句。').waitFor()
    assert.equal(asked.length, 0)
    assert.equal((await page.locator('#text').inputValue()).length, 1240)
    await context.close()
  })

  test('large text asks for the words written for older people', async () => {
    const { context, page, asked } = await open()
    await page.goto(`${app.url}?elder=1`)
    assert.equal(await page.locator('html').evaluate((root) => getComputedStyle(root).fontSize), '24px')
    await send(page, CARD_QUESTION)
    await page.locator('article').waitFor()
    assert.equal(JSON.parse(asked[0] ?? '{}').audience, 'elder')
    await page.getByRole('button', { name: '特大字' }).click()
    assert.equal(await page.locator('html').evaluate((root) => getComputedStyle(root).fontSize), '30px')
    await page.goto(`${app.url}r/snake-suck`)
    assert.equal(await page.locator('html').evaluate((root) => getComputedStyle(root).fontSize), '30px')
    await page.getByRole('button', { name: '标准字' }).click()
    assert.equal(await page.locator('html').evaluate((root) => getComputedStyle(root).fontSize), '18px')
    await context.close()
  })

  test('a new answer aligns with the top on the smallest screen with the largest text, and nothing else scrolls', async () => {
    const { context, page } = await open({ width: 320, height: 568, size: 'largest' })
    await page.goto(app.url)
    await send(page, CARD_QUESTION)
    await page.locator('article').waitFor()
    assert.equal(
      await page.locator('article').evaluate((article) => Math.round(article.getBoundingClientRect().top)),
      8,
    )
    const excess = await page.evaluate(() => document.documentElement.scrollHeight - innerHeight)
    assert.equal(excess, 0)
    await context.close()
  })

  test('a new answer aligns with the top, and does not move a reader who has scrolled away', async () => {
    const { context, page } = await open()
    await page.goto(app.url)
    const topOf = (index: number) =>
      page
        .locator('article')
        .nth(index)
        .evaluate((article) => Math.round(article.getBoundingClientRect().top))
    await send(page, CARD_QUESTION)
    await page.locator('article').waitFor()
    assert.equal(await topOf(0), 8)
    const held = await holdAsking(page)
    await send(page, '诺如病毒怎么消毒？')
    const scrolled = await page.locator('.page').evaluate((box) => (box.scrollTop = box.scrollHeight))
    await held.release()
    const newest = page.getByRole('button', { name: '有新回答 ↓' })
    await newest.waitFor()
    assert.ok(scrolled > 0 && (await page.locator('article').nth(1).isVisible()))
    await newest.click()
    assert.equal(await topOf(1), 8)
    assert.equal(await newest.isVisible(), false)
    await context.close()
  })

  test('「没解决」 opens one field, then a ticket whose state comes back with the visitor', async () => {
    const { context, page } = await open()
    await page.goto(app.url)
    await send(page, CARD_QUESTION)
    await page.getByRole('button', { name: '没解决' }).click()
    await page.getByLabel('哪里没说清').fill('孕妇怎么办')
    await page.getByRole('button', { name: '请人来答' }).click()
    await page
      .getByText(/已记下，编号T-\d{4}，有结果显示在本页/)
      .first()
      .waitFor()
    const statuses: string[] = []
    page.on('request', (request) => request.url().endsWith('/api/tickets/status') && statuses.push(request.method()))
    await page.reload()
    await page
      .locator('#tickets')
      .getByText(/^T-\d{4}：正在办理$/)
      .waitFor()
    assert.deepEqual(statuses, ['POST'])
    await context.close()
  })

  test('「转发到群」 copies the group text, 「有用」 sends nothing', async () => {
    const { context, page, asked } = await open()
    await context.grantPermissions(['clipboard-read', 'clipboard-write'])
    await page.goto(app.url)
    const replied = page.waitForResponse('**/api/ask')
    await send(page, CARD_QUESTION)
    const { group }: { group: string } = await (await replied).json()
    await page.getByRole('button', { name: '转发到群' }).click()
    await page.getByText('已复制，到群里长按粘贴。').waitFor()
    assert.equal(await page.evaluate(() => navigator.clipboard.readText()), group)
    await page.getByRole('button', { name: '有用' }).click()
    await page.getByText('谢谢您。').waitFor()
    assert.equal(asked.length, 1)
    await context.close()
  })

  test('everything can be reached and done with the keyboard alone, in the order of the page', async () => {
    const { context, page } = await open({ width: 1366 })
    await page.goto(app.url)
    await page.keyboard.press('Tab')
    assert.equal(await focused(page), '跳到提问框')
    await page.keyboard.press('Enter')
    await page.keyboard.type(CARD_QUESTION)
    await page.keyboard.press('Enter')
    await page.locator('article').waitFor()
    assert.equal(await page.evaluate(() => document.activeElement?.id), 'text')
    const order: string[] = []
    await page.evaluate(() => document.querySelector<HTMLElement>('.skip')?.focus())
    for (let step = 0; step < 120; step++) {
      await page.keyboard.press('Tab')
      const part = await page.evaluate(() => document.activeElement?.closest('header, main, .bottom')?.className)
      const tag = await page.evaluate(() => document.activeElement?.closest('header, main, .bottom')?.tagName)
      const name = part || tag || 'outside'
      if (order.at(-1) !== name) order.push(name)
      if (name === 'outside' || order.filter((seen) => seen === 'HEADER').length > 1) break
      const ring = await page.evaluate(
        () => document.activeElement && getComputedStyle(document.activeElement).outlineWidth,
      )
      assert.equal(ring, '3px', await focused(page))
    }
    assert.deepEqual(order.slice(0, 3), ['HEADER', 'MAIN', 'bottom'])
    await context.close()
  })

  test('Enter makes a new line on a phone, and picks a word while an input method is composing', async () => {
    const phone = await open({ touch: true })
    await phone.page.goto(app.url)
    await phone.page.locator('#text').fill('停水')
    await phone.page.locator('#text').press('Enter')
    assert.equal(await phone.page.locator('#text').inputValue(), '停水\n')
    await phone.context.close()
    const desk = await open({ width: 1366 })
    await desk.page.goto(app.url)
    await desk.page.locator('#text').fill('停水')
    await desk.page
      .locator('#text')
      .dispatchEvent('keydown', { key: 'Enter', isComposing: true, bubbles: true, cancelable: true })
    assert.equal(await desk.page.locator('.asked').count(), 0)
    await desk.page.locator('#text').press('Enter')
    await desk.page.locator('article').waitFor()
    await desk.context.close()
  })

  test('reading aloud is offered where the browser can', async () => {
    const { context, page } = await open()
    await page.goto(app.url)
    await send(page, CARD_QUESTION)
    await page.getByRole('button', { name: '朗读' }).waitFor()
    await page.addInitScript(() => Reflect.deleteProperty(window, 'speechSynthesis'))
    await page.reload()
    await send(page, CARD_QUESTION)
    await page.getByRole('button', { name: '没解决' }).waitFor()
    assert.equal(await page.getByRole('button', { name: '朗读' }).count(), 0)
    await context.close()
  })

  test('what was written under 「没解决」 stays when another button is pressed', async () => {
    const { context, page } = await open()
    await page.goto(app.url)
    await send(page, CARD_QUESTION)
    await page.getByRole('button', { name: '没解决' }).click()
    await page.getByLabel('哪里没说清').fill('孕妇怎么办')
    await page.getByRole('button', { name: '有用' }).click()
    assert.equal(await page.getByLabel('哪里没说清').inputValue(), '孕妇怎么办')
    await context.close()
  })

  test('an older version of a card that is answered again points to the new one', async () => {
    const { context, page } = await open()
    await page.goto(app.url)
    let version = 1
    await page.route('**/api/ask', async (route) => {
      const reply = await (await route.fetch()).json()
      await route.fulfill({ json: { ...reply, card: { ...reply.card, version: version++ } } })
    })
    await send(page, CARD_QUESTION)
    await page.locator('article').waitFor()
    await send(page, CARD_QUESTION)
    await page.locator('article').nth(1).waitFor()
    assert.equal(await page.locator('article').first().getByText('已更正，看新版').count(), 1)
    assert.equal(await page.locator('article').nth(1).getByText('已更正，看新版').count(), 0)
    await context.close()
  })

  test('without scripts a question, a choice of the start page and a ticket all work', async () => {
    const { context, page } = await open({ scripts: false })
    await page.goto(app.url)
    await page.locator('#text').fill(CARD_QUESTION)
    await page.locator('#composer button').click()
    await page.locator('article.answer').waitFor()
    await page.getByRole('button', { name: '没解决，请记下来' }).click()
    const token = /口令：([\w-]{22})/.exec(await page.locator('article').innerText())?.[1]
    assert.ok(token)
    await page.goto(`${app.url}t`)
    await page.locator('#token').fill(token)
    await page.getByRole('button', { name: '查' }).click()
    await page.getByText(/T-\d{4}：正在办理/).waitFor()
    await page.goto(`${app.url}?elder=1`)
    await page.locator('form.questions button').first().click()
    await page.locator('article.answer').waitFor()
    assert.equal(await page.locator('html.elder').count(), 1)
    await context.close()
  })

  test('on a slow network and phone the page is a few requests and soon usable', async (t) => {
    const { context, page } = await open()
    const session = await context.newCDPSession(page)
    const bytesPerSecond = 400_000 / 8
    await session.send('Network.enable')
    await session.send('Network.emulateNetworkConditions', {
      offline: false,
      latency: 400,
      downloadThroughput: bytesPerSecond,
      uploadThroughput: bytesPerSecond,
    })
    await session.send('Emulation.setCPUThrottlingRate', { rate: 6 })
    let received = 0
    session.on('Network.loadingFinished', ({ encodedDataLength }) => (received += encodedDataLength))
    const requests: string[] = []
    page.on('request', (request) => requests.push(request.url()))
    const started = Date.now()
    await page.goto(app.url, { waitUntil: 'commit' })
    await page.locator('#composer[novalidate]').waitFor()
    const usableMs = Date.now() - started
    await page.waitForLoadState('load')
    assert.ok(requests.length <= 6, requests.join(' '))
    assert.ok(received <= 60_000, `${received} bytes`)
    assert.ok(requests.every((url) => url.startsWith(app.url)))
    t.diagnostic(`400 kbit/s, 400 ms, CPU 6×: composer usable after ${usableMs} ms; ${received} bytes`)
    await context.close()
  })
})

describe('service down', { skip: missingBrowser }, () => {
  test('with the store away danger is answered, and the rest says so', async () => {
    const openStore = () => Promise.reject(new Error('no store'))
    const app = await startTestApp({}, { openStore })
    const browser = await launchBrowser()
    try {
      const { page } = await openVisitor(browser, { width: 360 })
      await page.goto(app.url)
      assert.equal(await page.locator('#partial').innerText(), '现在只能查紧急避险，其他内容稍后再问。')
      await send(page, CARD_QUESTION)
      await page.locator('article').getByText('现在只能查紧急避险').waitFor()
      assert.equal(await page.locator('#quick-calls').isVisible(), true)
      assert.equal(await page.getByRole('button', { name: '没解决' }).count(), 0)
      await send(page, '屋里燃气泄漏了，味道好大')
      await page.locator('article.danger a[href="tel:119"]').waitFor()
      await assertUsable(page, 'standard', 'store away')
    } finally {
      await browser.close()
      await app.stop()
    }
  })

  test('a returning visitor finds hotlines and texts for danger', async () => {
    const token = 'count-requests-here'
    const app = await startTestApp({ METRICS_TOKEN: token })
    const browser = await launchBrowser()
    try {
      const { page } = await openVisitor(browser, { width: 360, worker: true })
      await page.goto(app.url)
      await page.evaluate(async () => {
        await navigator.serviceWorker.ready
      })
      const metrics = await fetch(`${app.url}metrics`, { headers: { authorization: `Bearer ${token}` } })
      const counts = (await metrics.text()).matchAll(/^anxiao_http_requests_total\{[^}]*\} (\d+)$/gm)
      const requests = [...counts].reduce((sum, [, count]) => sum + Number(count), 0)
      assert.ok(requests <= 6, `${requests} requests, the worker's included`)
      await app.stop()
      await page.goto(`${app.url}k/K-001`)
      await page.getByRole('heading', { name: '现在连不上' }).waitFor()
      assert.equal(await page.locator('#hotlines a[href="tel:119"]').isVisible(), true)
      assert.ok((await page.locator('#dangers details').count()) > 30)
      assert.equal(
        await page
          .locator('.button')
          .first()
          .evaluate((button) => getComputedStyle(button).fontSize),
        '18px',
      )
    } finally {
      await browser.close()
      await app.stop()
    }
  })
})

function send(page: Page, question: string): Promise<void> {
  return page
    .locator('#text')
    .fill(question)
    .then(() => page.getByRole('button', { name: '发送', exact: true }).click())
}

/** Holds the next question between browser and service. */
async function holdAsking(page: Page): Promise<{ release(): Promise<void>; cut(): Promise<void> }> {
  const held = Promise.withResolvers<Route>()
  await page.route('**/api/ask', (route) => held.resolve(route), { times: 1 })
  return {
    release: async () => (await held.promise).continue(),
    cut: async () => (await held.promise).abort('internetdisconnected'),
  }
}

function focused(page: Page): Promise<string> {
  return page.evaluate(() => (document.activeElement?.textContent ?? '').trim())
}
