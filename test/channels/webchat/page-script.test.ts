import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { Script } from 'node:vm'
import { gzipSync } from 'node:zlib'
import { ASSETS } from '../../../src/channels/webchat/assets.ts'
import { readPageScript, readServiceWorker } from '../../../src/channels/webchat/browser-script.ts'

test('the joined script compiles, holds every file once and has no module left in it', () => {
  const script = readPageScript()
  assert.doesNotThrow(() => new Script(script))
  assert.doesNotMatch(script, /^(import|export)\b/m)
  const folder = new URL('../../../src/channels/webchat/browser/', import.meta.url)
  for (const file of readdirSync(folder).filter((name) => name !== 'service-worker.ts' && name !== 'page.ts')) {
    const source = readFileSync(new URL(file, folder), 'utf8')
    const names = [...source.matchAll(/^export (?:async )?(?:function|const) (\w+)/gm)].map(([, name]) => name)
    assert.ok(names.length > 0, file)
    for (const name of names) {
      const definitions = script.match(new RegExp(`^(?:async )?(?:function|const) ${name}\\b`, 'gm')) ?? []
      assert.equal(definitions.length, 1, `${file}: ${name}`)
    }
  }
  const worker = readServiceWorker({ cache: 'a', path: '/offline', files: [] })
  assert.doesNotThrow(() => new Script(worker))
})

test('the script stays below 25 kB gzipped, the style far below', () => {
  assert.ok(gzipSync(ASSETS.script.body).length <= 25_000)
  assert.ok(gzipSync(ASSETS.style.body).length <= 10_000)
})

test('nothing of Node or of the types is left in the script', () => {
  assert.doesNotMatch(ASSETS.script.body, /\brequire\(|\bprocess\.|: string\b|innerHTML|eval\(/)
})
