import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { EmbeddedSearchIndex } from '../../src/retrieval/engines/embedded.ts'
import { createIndexFile, markIndex } from '../../src/retrieval/engines/index-file.ts'
import type { SearchDocument } from '../../src/retrieval/search-index.ts'
import { createLog } from '../../src/base/log.ts'
import { silentLog } from '../support/open-test-store.ts'
import { analyzer, buildDocument, buildIndex, sampleDocuments } from './build-index.ts'

const folder = mkdtempSync(join(tmpdir(), 'anxiao-index-'))
after(() => rmSync(folder, { recursive: true }))

const TEXTS = [
  '地震了怎么办',
  '电瓶车充电起火。楼道里能不能停车？',
  '今晚3点重庆有6.8级地震，快转发！',
  '规划到2025年建多少个科普基地',
]
const hashesOf = (documents: readonly SearchDocument[]) =>
  new Map(documents.map((document) => [document.id, JSON.stringify(document)]))
const fileOf = (name: string, index: EmbeddedSearchIndex, mark = 'a') =>
  createIndexFile({ file: join(folder, name), index, mark: () => mark, log: silentLog, leastDocuments: 2 })

async function keep(name: string, documents: SearchDocument[]): Promise<EmbeddedSearchIndex> {
  const index = await buildIndex(documents)
  const kept = fileOf(name, index)
  kept.note(hashesOf(documents))
  await kept.save(0)
  return index
}

async function assertSameHits(index: EmbeddedSearchIndex, other: EmbeddedSearchIndex): Promise<void> {
  assert.equal(index.size, other.size)
  for (const text of TEXTS) assert.deepEqual(await index.search({ text }), await other.search({ text }))
}

test('a restored index answers as the one that was kept, and says which documents it holds', async () => {
  const documents = sampleDocuments()
  const built = await keep('same', documents)
  const restored = new EmbeddedSearchIndex(analyzer)
  assert.deepEqual(await fileOf('same', restored).restore(documents), hashesOf(documents))
  await assertSameHits(restored, built)
  assert.equal(statSync(join(folder, 'same')).mode & 0o777, 0o600)
})

test('a restored index takes further documents and loses those that are gone', async () => {
  const documents = sampleDocuments()
  const [first, ...rest] = documents
  assert.ok(first)
  const built = await keep('changed', documents)
  const changed = { ...first, wordings: ['洪水来了往高处走'] }
  const added = buildDocument('added', { title: '山火', wordings: ['山火来了往哪里跑'], body: '往侧风方向跑。' })
  const now = [...rest.slice(1), changed, added]
  const restored = new EmbeddedSearchIndex(analyzer)
  const held = await fileOf('changed', restored).restore(now)
  assert.deepEqual(
    [...held.keys()].sort(),
    now
      .filter(({ id }) => id !== 'added')
      .map(({ id }) => id)
      .sort(),
  )
  const differing = now.filter((document) => held.get(document.id) !== JSON.stringify(document))
  assert.deepEqual(differing, [changed, added])
  await restored.upsert(differing)
  await built.remove(rest.slice(0, 1).map(({ id }) => id))
  await built.upsert(differing)
  await assertSameHits(restored, built)
  assert.equal((await restored.search({ text: '山火来了往哪里跑' }))[0]?.id, 'added')
})

test('a kept index with removed documents comes back without them', async () => {
  const documents = sampleDocuments()
  const index = await buildIndex(documents)
  const left = documents.slice(1)
  await index.remove(documents.slice(0, 1).map(({ id }) => id))
  const kept = fileOf('removed', index)
  kept.note(hashesOf(left))
  await kept.save(0)
  const restored = new EmbeddedSearchIndex(analyzer)
  await fileOf('removed', restored).restore(left)
  await assertSameHits(restored, index)
})

test('a damaged, cut or foreign file is left aside', async () => {
  const documents = sampleDocuments()
  await keep('whole', documents)
  const whole = readFileSync(join(folder, 'whole'))
  const flipped = Buffer.from(whole)
  flipped[whole.length >> 1] = (flipped[whole.length >> 1] ?? 0) ^ 1
  const files = { flipped, cut: whole.subarray(0, -10), empty: Buffer.alloc(0), other: Buffer.from('?\n{}') }
  for (const [name, bytes] of Object.entries(files)) writeFileSync(join(folder, name), bytes)
  for (const [name, mark] of [
    ...Object.keys(files).map((name) => [name, 'a'] as const),
    ['whole', 'b'],
    ['none', 'a'],
  ] as const) {
    const index = new EmbeddedSearchIndex(analyzer)
    assert.equal((await fileOf(name, index, mark).restore(documents)).size, 0, name)
    assert.equal(index.size, 0)
  }
})

test('nothing is written for a few documents, while the index changes, or twice', async () => {
  const documents = sampleDocuments()
  const file = join(folder, 'seldom')
  const kept = fileOf('seldom', await buildIndex(documents))
  kept.note(hashesOf(documents.slice(0, 1)))
  await kept.save(0)
  kept.note(hashesOf(documents))
  kept.note(undefined)
  await kept.save(0)
  assert.throws(() => statSync(file))
  kept.note(hashesOf(documents))
  await kept.save(0)
  rmSync(file)
  await kept.save(0)
  assert.throws(() => statSync(file))
})

test('a file that lacks little of the index is left as it is until the end', async () => {
  const documents = sampleDocuments()
  const file = join(folder, 'nearly')
  const kept = fileOf('nearly', await buildIndex(documents))
  const hashes = hashesOf(documents)
  kept.note(hashes)
  await kept.save(0.5)
  const whole = readFileSync(file)
  rmSync(file)
  const [first = ''] = hashes.keys()
  kept.note(new Map(hashes).set(first, 'changed'))
  await kept.save(1.5 / documents.length)
  assert.throws(() => statSync(file))
  await kept.save(0.5 / documents.length)
  assert.equal(readFileSync(file).length > whole.length / 2, true)
})

test('a folder that cannot be written costs the file alone', async () => {
  const documents = sampleDocuments()
  const kept = fileOf('no/such/folder', await buildIndex(documents))
  kept.note(hashesOf(documents))
  await kept.save(0)
})

test('a file of the version before is nothing to worry about, a damaged one is', async () => {
  const documents = sampleDocuments()
  await keep('before', documents)
  const file = join(folder, 'before')
  const warnings: string[] = []
  const log = createLog('warn', { write: (line) => warnings.push(line) })
  const restore = (mark: string) =>
    createIndexFile({
      file,
      index: new EmbeddedSearchIndex(analyzer),
      mark: () => mark,
      log,
      leastDocuments: 2,
    }).restore(documents)
  assert.equal((await restore('b')).size, 0)
  assert.deepEqual(warnings, [])
  writeFileSync(file, readFileSync(file).subarray(0, -1))
  assert.equal((await restore('a')).size, 0)
  assert.equal(warnings.length, 1)
})

test('the mark follows the release and the lexicon', () => {
  assert.equal(markIndex('1', { a: 1 }), markIndex('1', { a: 1 }))
  assert.notEqual(markIndex('1', { a: 1 }), markIndex('2', { a: 1 }))
  assert.notEqual(markIndex('1', { a: 1 }), markIndex('1', { a: 2 }))
})
