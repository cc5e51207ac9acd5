import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, test } from 'node:test'

import { AppError } from '../../src/base/errors.ts'
import { lockDataDir } from '../../src/store/data-dir-lock.ts'

let dataDir = ''
let path = ''
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'anxiao-lock-'))
  path = join(dataDir, 'anxiao.pid')
})
afterEach(() => rmSync(dataDir, { recursive: true, force: true }))

const module = new URL('../../src/store/data-dir-lock.ts', import.meta.url).href
/** Takes the lock, says so, and keeps it until its input ends. */
const holder = `
  const { lockDataDir } = await import(${JSON.stringify(module)})
  try { lockDataDir(process.argv[1]); console.log('held') } catch (error) { console.log(error.code + ' ' + error.message) }
  process.stdin.resume()`

function startHolder(): { firstLine: Promise<string>; pid: number | undefined; end: (kill: boolean) => Promise<void> } {
  const child = spawn(process.execPath, ['--input-type=module', '-e', holder, dataDir], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()))
  const firstLine = new Promise<string>((resolve) =>
    child.stdout.once('data', (chunk) => resolve(String(chunk).trim())),
  )
  const end = async (kill: boolean) => {
    if (kill) child.kill('SIGKILL')
    else child.stdin.end()
    await closed
  }
  return { firstLine, pid: child.pid, end }
}

test('a second opener is refused and told the pid of the first', async () => {
  const first = startHolder()
  assert.equal(await first.firstLine, 'held')
  assert.throws(
    () => lockDataDir(dataDir),
    (error) => error instanceof AppError && error.code === 'store-locked' && error.message.includes(`${first.pid}`),
  )
  await first.end(true)
})

test('the same process does not get it twice, but again after releasing it', () => {
  const lock = lockDataDir(dataDir)
  assert.throws(() => lockDataDir(dataDir), /in use by process/)
  lock.release()
  assert.deepEqual(readdirSync(dataDir), [])
  lockDataDir(dataDir).release()
})

test('the lock of a killed process is taken over', async () => {
  const first = startHolder()
  await first.firstLine
  await first.end(true)
  const lock = lockDataDir(dataDir)
  assert.equal(JSON.parse(readFileSync(path, 'utf8')).pid, process.pid)
  assert.deepEqual(readdirSync(dataDir), ['anxiao.pid'])
  lock.release()
})

test('a process that got the pid of a dead one is not mistaken for it', () => {
  lockDataDir(dataDir)
  const dead = JSON.parse(readFileSync(path, 'utf8'))
  writeFileSync(path, JSON.stringify({ ...dead, started: 'long ago' }))
  lockDataDir(dataDir).release()
})

test('a lock that another one has taken over is not released by its old holder', () => {
  const old = lockDataDir(dataDir)
  const taken = JSON.stringify({ ...JSON.parse(readFileSync(path, 'utf8')), token: 'of another' })
  writeFileSync(path, taken)
  old.release()
  assert.equal(readFileSync(path, 'utf8'), taken)
})

test('a lock from another host is refused with the way out', () => {
  lockDataDir(dataDir)
  const foreign = JSON.parse(readFileSync(path, 'utf8'))
  writeFileSync(path, JSON.stringify({ ...foreign, host: 'elsewhere', started: 'long ago' }))
  assert.throws(() => lockDataDir(dataDir), /on host elsewhere; if that host is gone, remove .*anxiao\.pid/)
})

test('an unreadable lock and a dead takeover do not block', () => {
  const { pid } = spawnSync(process.execPath, ['-e', ''])
  const dead = JSON.stringify({ pid, started: 'x', host: hostname(), token: 't' })
  writeFileSync(path, '')
  writeFileSync(`${path}.takeover`, dead)
  lockDataDir(dataDir).release()
  assert.deepEqual(readdirSync(dataDir), [])
})

test('nobody replaces a dead lock while another one is replacing it', () => {
  lockDataDir(dataDir)
  const mine = readFileSync(path, 'utf8')
  const dead = JSON.stringify({ ...JSON.parse(mine), started: 'long ago' })
  writeFileSync(path, dead)
  writeFileSync(`${path}.takeover`, mine)
  assert.throws(() => lockDataDir(dataDir), /in use by process/)
  assert.equal(readFileSync(path, 'utf8'), dead)
})

test('of several starters that find a dead lock, exactly one gets it', async () => {
  for (let round = 0; round < 3; round++) {
    const dead = startHolder()
    await dead.firstLine
    await dead.end(true)
    const starters = Array.from({ length: 5 }, startHolder)
    const lines = await Promise.all(starters.map(({ firstLine }) => firstLine))
    assert.equal(lines.filter((line) => line === 'held').length, 1, lines.join('\n'))
    assert.equal(lines.filter((line) => line.startsWith('store-locked')).length, 4, lines.join('\n'))
    await Promise.all(starters.map(({ end }) => end(true)))
  }
})

test('the lock is for its owner only', () => {
  const lock = lockDataDir(dataDir)
  assert.equal(statSync(path).mode & 0o777, 0o600)
  lock.release()
})
