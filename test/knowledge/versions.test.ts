import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { SeedItem } from '../../src/knowledge/item.ts'
import { readPublished } from '../../src/knowledge/read-published.ts'
import type { Seeds } from '../../src/knowledge/read-seeds.ts'
import { loadSeeds, saveLocalDraft, withdrawItem } from '../../src/knowledge/versions.ts'
import { verifyAudit } from '../../src/audit/audit-log.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { describeStores, silentLog } from '../support/open-test-store.ts'
import { buildCard } from '../support/sample-content.ts'

const asItem = (card: ReturnType<typeof buildCard>): SeedItem => ({ kind: 'card', slug: card.id, content: card })
const asSeeds = (...items: SeedItem[]): Seeds => ({ items, problems: [], wholeKinds: ['card'] })

await describeStores('versions of knowledge', (getStore) => {
  const clock = new FakeClock()
  const changes: string[] = []
  const parts = () => ({
    store: getStore(),
    clock,
    changed: (changed: { slug: string }[]) => void changes.push(...changed.map(({ slug }) => slug)),
  })
  const published = async () =>
    (await readPublished(getStore().db, { requireReview: 'source-checked', log: silentLog })).map(
      ({ slug, version }) => `${slug}@${version}`,
    )

  test('loading the same seeds twice changes nothing the second time', async () => {
    const seeds = asSeeds(asItem(buildCard({ id: 'heat' })), asItem(buildCard({ id: 'flood' })))
    assert.equal((await loadSeeds(parts(), seeds)).added, 2)
    changes.length = 0
    assert.deepEqual(await loadSeeds(parts(), seeds), {
      added: 0,
      updated: 0,
      unchanged: 2,
      drafts: 0,
      proposals: 0,
      withdrawn: 0,
    })
    assert.deepEqual(changes, [])
    assert.deepEqual(await published(), ['heat@1', 'flood@1'])
  })

  test('a newer shipped version takes the place of the older one and keeps its number', async () => {
    await loadSeeds(parts(), asSeeds(asItem(buildCard({ id: 'heat' }))))
    await loadSeeds(parts(), asSeeds(asItem(buildCard({ id: 'heat', title: '新题目', version: 2 }))))
    const [card] = await readPublished(getStore().db, { requireReview: 'source-checked', log: silentLog })
    assert.equal(card?.number, 'K-001')
    assert.equal(card?.version, 2)
  })

  test('a draft never answers, and what is shipped again as a draft stops answering', async () => {
    await loadSeeds(parts(), asSeeds(asItem(buildCard({ id: 'new', review: 'draft', missing: '缺来源' }))))
    assert.deepEqual(await published(), [])
    await loadSeeds(parts(), asSeeds(asItem(buildCard({ id: 'new' }))))
    assert.deepEqual(await published(), ['new@2'])
    await loadSeeds(parts(), asSeeds(asItem(buildCard({ id: 'new', review: 'draft', missing: '来源撤了' }))))
    assert.deepEqual(await published(), [])
  })

  test('a withdrawal wins over every newer shipped version, which becomes a proposal', async () => {
    await loadSeeds(parts(), asSeeds(asItem(buildCard({ id: 'heat' }))))
    await withdrawItem(parts(), { kind: 'card', slug: 'heat' }, { actor: 'editor', reason: '有错' })
    const report = await loadSeeds(parts(), asSeeds(asItem(buildCard({ id: 'heat', title: '改过的题目' }))))
    assert.equal(report.proposals, 1)
    assert.deepEqual(await published(), [])
    assert.equal(
      (await loadSeeds(parts(), asSeeds(asItem(buildCard({ id: 'heat', title: '改过的题目' }))))).unchanged,
      1,
    )
  })

  test('what is no longer shipped stops answering, but only when its folder was read whole', async () => {
    const both = asSeeds(asItem(buildCard({ id: 'heat' })), asItem(buildCard({ id: 'flood' })))
    await loadSeeds(parts(), both)
    await loadSeeds(parts(), { ...asSeeds(asItem(buildCard({ id: 'heat' }))), wholeKinds: [] })
    assert.deepEqual(await published(), ['heat@1', 'flood@1'])
    await loadSeeds(parts(), asSeeds(asItem(buildCard({ id: 'heat' }))))
    assert.deepEqual(await published(), ['heat@1'])
    await loadSeeds(parts(), both)
    assert.deepEqual(await published(), ['heat@1', 'flood@2'])
  })

  test('an import is a local draft: it does not answer and is stored once', async () => {
    const item = asItem(buildCard({ id: 'own' }))
    assert.equal(await saveLocalDraft(parts(), item, 'editor'), 'added')
    assert.equal(await saveLocalDraft(parts(), item, 'editor'), 'unchanged')
    assert.deepEqual(await published(), [])
  })

  test('where experts are required, source-checked cards do not answer', async () => {
    await loadSeeds(
      parts(),
      asSeeds(asItem(buildCard({ id: 'heat' })), asItem(buildCard({ id: 'flood', review: 'expert-approved' }))),
    )
    const found = await readPublished(getStore().db, { requireReview: 'expert-approved', log: silentLog })
    assert.deepEqual(
      found.map(({ slug }) => slug),
      ['flood'],
    )
  })

  test('withdrawing what is not published is refused', async () => {
    await assert.rejects(withdrawItem(parts(), { kind: 'card', slug: 'none' }, { actor: 'editor', reason: '-' }), {
      code: 'not-published',
    })
  })

  test('every change is in the audit chain', async () => {
    await loadSeeds(parts(), asSeeds(asItem(buildCard({ id: 'heat' }))))
    await withdrawItem(parts(), { kind: 'card', slug: 'heat' }, { actor: 'editor', reason: '有错' })
    assert.deepEqual(await verifyAudit(getStore().db), { ok: true, count: 2 })
  })
})
