import assert from 'node:assert/strict'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { createApp } from '../../src/app.ts'
import { SHIPPED_SEEDS } from '../../src/cli/shipped-seeds.ts'
import { loadConfig } from '../../src/config/config.ts'
import { withdrawItem } from '../../src/knowledge/versions.ts'
import { openStore } from '../../src/store/open-store.ts'
import { knowledgeSeedLoad } from '../../src/store/tables/knowledge.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { createTestDataDir } from '../support/open-test-store.ts'
import { startApp } from '../support/start-app.ts'

const health = async (app: { fetch(request: Request): Response | Promise<Response> }, path: string) => {
  const response = await app.fetch(new Request(`http://localhost${path}`, { headers: { host: 'localhost' } }))
  return { code: response.status, ...((await response.json()) as { status: string; store: string }) }
}

test('a broken store still answers life threats and hotlines, and says so', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'anxiao-broken-'))
  // A file where the folder of the store should be.
  const running = await startApp(
    { DATA_DIR: join(dataDir, 'store') },
    {
      dataDir,
      openStore: (options, parts) =>
        openStore({ ...options, databaseUrl: 'postgres://nobody@127.0.0.1:1/none' }, parts),
    },
  )
  try {
    const danger = await running.ask({ text: '屋头突然摇起来了，我在19楼，往下跑还是躲到桌子脚？' })
    assert.equal(danger.outcome, 'life-threat')
    assert.match(danger.text, /\n119\n/)
    assert.match((await running.ask({ text: '高温天注意什么' })).text, /现在只能查紧急避险/)
    assert.deepEqual(await health(running.app, '/healthz').then(({ code, status }) => ({ code, status })), {
      code: 200,
      status: 'degraded',
    })
    assert.equal((await health(running.app, '/readyz')).code, 503)
    const page = await running.app.fetch(new Request('http://localhost/', { headers: { host: 'localhost' } }))
    const html = await page.text()
    assert.match(html, /tel:119/)
    assert.match(html, /正在地震/)
  } finally {
    await running.close()
  }
})

test('a second process on the same data is refused and told the pid of the first', async () => {
  const first = await startApp()
  try {
    await assert.rejects(startApp({}, { dataDir: first.dataDir }), (error: Error & { code?: string }) => {
      assert.equal(error.code, 'store-locked')
      assert.match(error.message, new RegExp(String(process.pid)))
      return true
    })
    assert.equal((await first.ask({ text: '家里的应急包要准备哪些东西' })).outcome, 'card')
  } finally {
    await first.close()
  }
})

test('a broken seed file leaves the version in the store answering', async () => {
  const seedsDir = mkdtempSync(join(tmpdir(), 'anxiao-seeds-'))
  cpSync(SHIPPED_SEEDS, seedsDir, { recursive: true })
  const dataDir = await createTestDataDir()
  const first = await startApp({ SEEDS_DIR: seedsDir }, { dataDir })
  const before = await first.ask({ text: '家里的应急包要准备哪些东西' })
  await first.app.stop()
  writeFileSync(join(seedsDir, 'cards/ge-kit.yaml'), 'id: ge-kit\ntitle: [')
  writeFileSync(join(seedsDir, 'life-threats/nat-earthquake.yaml'), '\u0000')
  const second = await startApp({ SEEDS_DIR: seedsDir }, { dataDir })
  try {
    assert.deepEqual(
      { ...(await second.ask({ text: '家里的应急包要准备哪些东西' })), session: '' },
      { ...before, session: '' },
    )
    assert.equal(
      (await second.ask({ text: '屋头突然摇起来了，我在19楼，往下跑还是躲到桌子脚？' })).outcome,
      'life-threat',
    )
  } finally {
    await second.close()
    rmSync(seedsDir, { recursive: true, force: true })
  }
})

test('a withdrawn card stops answering without a restart', async () => {
  const running = await startApp()
  try {
    assert.equal((await running.ask({ text: '家里的应急包要准备哪些东西' })).topic, 'ge-kit')
    const store = running.app.parts.store()
    assert.ok(store)
    await withdrawItem(
      { store, clock: new FakeClock(), changed: () => running.app.refreshKnowledge() },
      { kind: 'card', slug: 'ge-kit' },
      { actor: 'editor', reason: '测试' },
    )
    assert.notEqual((await running.ask({ text: '家里的应急包要准备哪些东西' })).topic, 'ge-kit')
  } finally {
    await running.close()
  }
})

test('an expired card does not answer', async () => {
  const clock = new FakeClock('2026-12-01T00:00:00Z')
  const running = await startApp({}, { clock })
  try {
    assert.equal((await running.ask({ text: '家里的应急包要准备哪些东西' })).topic, 'ge-kit')
    clock.set('2028-12-01T00:00:00Z')
    assert.equal((await running.ask({ text: '家里的应急包要准备哪些东西' })).outcome, 'declined')
  } finally {
    await running.close()
  }
})

test('a start with the same seed files reads none of them again, a changed one is taken over', async () => {
  const seedsDir = mkdtempSync(join(tmpdir(), 'anxiao-seeds-'))
  const dataDir = mkdtempSync(join(tmpdir(), 'anxiao-store-'))
  cpSync(SHIPPED_SEEDS, seedsDir, { recursive: true })
  const card = join(seedsDir, 'cards', 'fa-burn.yaml')
  const ask = async () => {
    const app = createApp(loadConfig({ DATA_DIR: dataDir, LOG_LEVEL: 'fatal', SEEDS_DIR: seedsDir }, SHIPPED_SEEDS), {
      listen: false,
    })
    await app.start()
    const content = app.parts.answering().knowledge.items.card.get('fa-burn')?.content.title
    const marks = await app.parts.store()?.db.select().from(knowledgeSeedLoad)
    await app.stop()
    return { content, mark: marks?.[0]?.fingerprint, loadedAt: marks?.[0]?.loadedAt.getTime() }
  }
  try {
    const first = await ask()
    assert.deepEqual(await ask(), first)
    writeFileSync(
      card,
      readFileSync(card, 'utf8')
        .replace(/^title: .*$/m, 'title: 烫伤新题')
        .replace(/^version: \d+$/m, 'version: 99'),
    )
    const changed = await ask()
    assert.equal(changed.content, '烫伤新题')
    assert.notEqual(changed.mark, first.mark)
    writeFileSync(card, 'title: [')
    const broken = await ask()
    assert.deepEqual([broken.content, broken.mark], ['烫伤新题', undefined])
  } finally {
    rmSync(seedsDir, { recursive: true, force: true })
    rmSync(dataDir, { recursive: true, force: true })
  }
})
