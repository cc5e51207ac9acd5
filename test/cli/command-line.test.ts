import assert from 'node:assert/strict'
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { createTestDataDir } from '../support/open-test-store.ts'
import { runProgram, startService } from '../support/run-program.ts'

const anxiao = (args: string[], env: Record<string, string> = {}) =>
  runProgram('src/cli/main.ts', args, { DATA_DIR: dataDir, ...env })

let dataDir = ''
let scratch = ''
let service: Awaited<ReturnType<typeof startService>>
before(async () => {
  dataDir = await createTestDataDir()
  scratch = mkdtempSync(join(tmpdir(), 'anxiao-cli-'))
  service = await startService({ DATA_DIR: dataDir })
})
after(async () => {
  await service.stop()
  rmSync(dataDir, { recursive: true, force: true })
  rmSync(scratch, { recursive: true, force: true })
})

test('a question on the command line is answered by the running process', async () => {
  const { code, stdout } = await anxiao(['ask', '家里的应急包要准备哪些东西', '--json'])
  assert.equal(code, 0)
  const reply = JSON.parse(stdout) as { outcome: string; topic: string; citations: unknown[] }
  assert.equal(reply.outcome, 'card')
  assert.equal(reply.topic, 'ge-kit')
  const overHttp = await fetch(`${service.url}api/ask`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ text: '家里的应急包要准备哪些东西' }),
  })
  const other = (await overHttp.json()) as { citations: unknown[] }
  assert.deepEqual(reply.citations, other.citations)
  const plain = await anxiao(['ask', '家里的应急包要准备哪些东西'])
  assert.match(plain.stdout, /依据：\n {2}· /)
})

test('the socket and the data folder are closed to others', () => {
  assert.equal(statSync(join(dataDir, 'anxiao.sock')).mode & 0o777, 0o600)
  assert.equal(statSync(dataDir).mode & 0o077, 0)
})

test('a second service on the same data is refused with the pid of the first', async () => {
  const { code, stderr } = await runProgram('src/main.ts', [], { DATA_DIR: dataDir, PORT: '0' })
  assert.equal(code, 1)
  assert.match(stderr, new RegExp(String(service.child.pid)))
  assert.doesNotMatch(stderr, /\n\s+at /)
})

test('a port in use and a bad setting are told in one line', async () => {
  const { port } = new URL(service.url)
  const taken = await runProgram('src/main.ts', [], { DATA_DIR: join(scratch, 'other'), PORT: port })
  assert.equal(taken.code, 1)
  assert.match(taken.stderr, /PORT \d+ is used/)
  const bad = await runProgram('src/main.ts', [], { PORT: 'abc' })
  assert.equal(bad.code, 1)
  assert.match(bad.stderr, /PORT/)
  assert.doesNotMatch(bad.stderr, /\n\s+at /)
})

test('import checks every file first and stores drafts that do not answer', async () => {
  const good = join(scratch, 'good.yaml')
  const card = readFileSync('seeds/cards/fa-burn.yaml', 'utf8')
    .replaceAll(/fa-burn/g, 'own-burn')
    .replace(/^title: .*/m, 'title: 自己写的烫伤卡')
  writeFileSync(good, card)
  const bad = join(scratch, 'bad.yaml')
  writeFileSync(bad, card.replace(/^hazard: .*/m, 'hazard: dragon'))
  const refused = await anxiao(['import', 'cards', good, bad])
  assert.equal(refused.code, 1)
  assert.match(refused.stderr, /bad\.yaml:\d+ hazard/)
  const first = await anxiao(['import', 'cards', good])
  assert.match(first.stdout, /导入为草稿 1 条/)
  assert.match((await anxiao(['import', 'cards', good])).stdout, /导入为草稿 0 条，原来就有 1 条/)
  assert.doesNotMatch((await anxiao(['ask', '家里的应急包要准备哪些东西', '--json'])).stdout, /own-burn/)
})

test('a backup of the running service is restored elsewhere and answers there', async () => {
  const backup = await anxiao(['backup', scratch])
  assert.equal(backup.code, 0, backup.stderr)
  const folder = /备份在 (.*)/.exec(backup.stdout)?.[1] ?? assert.fail()
  assert.ok(existsSync(join(folder, 'manifest.json')))
  const other = { DATA_DIR: join(scratch, 'restored') }
  const restored = await anxiao(['restore', folder], other)
  assert.equal(restored.code, 0, restored.stderr)
  assert.match((await anxiao(['ask', '家里的应急包要准备哪些东西'], other)).stdout, /K-\d{3}/)
  assert.equal((await anxiao(['restore', folder], other)).code, 1)
})

test('a damaged export is refused by file and line, and nothing of it is kept', async () => {
  const exported = join(scratch, 'export')
  assert.equal((await anxiao(['export', exported])).code, 0)
  const damaged = join(scratch, 'damaged')
  cpSync(exported, damaged, { recursive: true })
  const file = join(damaged, 'knowledge_version.jsonl')
  writeFileSync(file, readFileSync(file, 'utf8').replace('急', '及'))
  const { code, stderr } = await anxiao(['restore', damaged], { DATA_DIR: join(scratch, 'from-damaged') })
  assert.equal(code, 1)
  assert.match(stderr, /knowledge_version\.jsonl/)
  assert.ok(!existsSync(join(scratch, 'from-damaged', 'pg')))
})

test('doctor says what is configured and what is not, and masks secrets', async () => {
  const { code, stdout } = await anxiao(['doctor'])
  assert.equal(code, 0, stdout)
  assert.match(stdout, /内置存储/)
  assert.match(stdout, /OPERATOR_NAME/)
  const masked = await anxiao(['doctor', '--json'], { METRICS_TOKEN: 'sixteen-characters' })
  assert.doesNotMatch(masked.stdout, /sixteen-characters/)
})

test('eval names the file and line of a bad row, and measures without refitting', async () => {
  const corpus = join(scratch, 'corpus.jsonl')
  const queries = join(scratch, 'queries.jsonl')
  writeFileSync(corpus, '{"id":"a","claim":"鸡蛋和豆浆同吃会中毒"}\n{"id":"b","claim":"洪崖洞被水淹了"}\n')
  writeFileSync(queries, '{"query":"听说鸡蛋豆浆一起吃要中毒","positive_ids":["a"]}\n')
  const { code, stdout } = await anxiao([
    'eval',
    '--kind',
    'rumors',
    '--corpus',
    corpus,
    '--queries',
    queries,
    '--json',
  ])
  assert.equal(code, 0)
  assert.equal((JSON.parse(stdout) as { hit1: number }).hit1, 1)
  writeFileSync(queries, '{"query":"x"}\nnot json\n')
  const bad = await anxiao(['eval', '--kind', 'rumors', '--corpus', corpus, '--queries', queries])
  assert.equal(bad.code, 2)
  assert.match(bad.stderr, /queries\.jsonl:2/)
})

test('an unknown command and a missing question show how it is used', async () => {
  assert.equal((await anxiao(['nonsense'])).code, 2)
  const { code, stderr } = await anxiao(['ask'])
  assert.equal(code, 2)
  assert.match(stderr, /usage/)
})
