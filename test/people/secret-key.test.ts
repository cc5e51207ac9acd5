import assert from 'node:assert/strict'
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, test } from 'node:test'
import { AppError } from '../../src/base/errors.ts'
import { createPseudonyms } from '../../src/people/pseudonyms.ts'
import { createSealer } from '../../src/people/sealer.ts'
import { deriveKey, readSecretKey } from '../../src/people/secret-key.ts'

let dataDir = ''
let file = ''
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'anxiao-key-'))
  file = join(dataDir, 'secret.key')
})
afterEach(() => rmSync(dataDir, { recursive: true, force: true }))

test('the key is made at the first start, for its owner only, and stays', () => {
  const key = readSecretKey(join(dataDir, 'new', 'folder'))
  assert.equal(key.length, 32)
  const made = statSync(join(dataDir, 'new', 'folder', 'secret.key'))
  assert.equal(made.mode & 0o777, 0o600)
  assert.equal(statSync(join(dataDir, 'new', 'folder')).mode & 0o777, 0o700)
  assert.deepEqual(readSecretKey(join(dataDir, 'new', 'folder')), key)
})

test('a key that others could read is closed to them at the next start', () => {
  const key = readSecretKey(dataDir)
  chmodSync(file, 0o644)
  assert.deepEqual(readSecretKey(dataDir), key)
  assert.equal(statSync(file).mode & 0o777, 0o600)
})

test('two deployments never have the same key', () => {
  assert.notDeepEqual(readSecretKey(join(dataDir, 'a')), readSecretKey(join(dataDir, 'b')))
})

for (const [what, text] of [
  ['empty', ''],
  ['cut off', 'ab'.repeat(31)],
  ['not a key', '这不是密钥'],
  ['overwritten in the middle', `${'ab'.repeat(16)}zz${'ab'.repeat(15)}`],
] as const) {
  test(`a key file that is ${what} is refused and left as it is`, () => {
    writeFileSync(file, text)
    assert.throws(
      () => readSecretKey(dataDir),
      (error) => error instanceof AppError && error.code === 'bad-key-file' && !error.message.includes('ab'),
    )
    assert.equal(readFileSync(file, 'utf8'), text)
  })
}

test('a copy of the key that ends with a line break is the same key', () => {
  const key = readSecretKey(dataDir)
  writeFileSync(file, `${readFileSync(file, 'utf8')}\n`)
  assert.deepEqual(readSecretKey(dataDir), key)
})

test('each purpose has a key of its own, the same every time', () => {
  const secret = readSecretKey(dataDir)
  assert.deepEqual(deriveKey(secret, 'contacts'), deriveKey(secret, 'contacts'))
  assert.notDeepEqual(deriveKey(secret, 'contacts'), deriveKey(secret, 'pseudonyms'))
  assert.notDeepEqual(deriveKey(secret, 'contacts'), secret)
})

test('pseudonyms are the same after every start and tell apart channels, kinds and deployments', () => {
  const first = createPseudonyms(readSecretKey(dataDir))
  const again = createPseudonyms(readSecretKey(dataDir))
  const elsewhere = createPseudonyms(readSecretKey(join(dataDir, 'other')))
  const name = first.person('telegram', '1')
  assert.match(name, /^[\w-]{22}$/)
  assert.equal(again.person('telegram', '1'), name)
  const others = [
    first.person('telegram', '2'),
    first.person('wecom-app', '1'),
    first.group('telegram', '1'),
    first.session('telegram', '1'),
    elsewhere.person('telegram', '1'),
  ]
  assert.equal(new Set([name, ...others]).size, 6)
})

test('parts of a pseudonym cannot be moved from one to the next', () => {
  const { session } = createPseudonyms(Buffer.alloc(32, 1))
  assert.notEqual(session('ab', 'c'), session('a', 'bc'))
  assert.notEqual(session('a","b', 'c'), session('a', 'b","c'))
})

test('what is sealed opens with its key, under its name and for its purpose only, and unchanged', () => {
  const secret = Buffer.alloc(32, 1)
  const sealer = createSealer(secret, 'contacts')
  const sealed = sealer.seal('wang', { chatId: '42' })
  assert.ok(!Buffer.from(sealed, 'base64url').toString('latin1').includes('42'))
  assert.deepEqual(sealer.unseal('wang', sealed), { chatId: '42' })
  assert.notEqual(sealer.seal('wang', { chatId: '42' }), sealed)
  assert.equal(sealer.unseal('li', sealed), undefined)
  assert.equal(createSealer(secret, 'deliveries').unseal('wang', sealed), undefined)
  assert.equal(createSealer(Buffer.alloc(32, 2), 'contacts').unseal('wang', sealed), undefined)
  for (const damaged of ['', 'x', sealed.slice(0, 20), `${sealed.slice(0, -2)}AA`, `A${sealed.slice(1)}`]) {
    if (damaged !== sealed) assert.equal(sealer.unseal('wang', damaged), undefined, damaged)
  }
})

test('a tag that was cut short does not open it', () => {
  const sealer = createSealer(Buffer.alloc(32, 1), 'contacts')
  const bytes = Buffer.from(sealer.seal('wang', ''), 'base64url')
  for (let length = 0; length < bytes.length; length++) {
    assert.equal(sealer.unseal('wang', bytes.subarray(0, length).toString('base64url')), undefined)
  }
})
