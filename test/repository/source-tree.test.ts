import assert from 'node:assert/strict'
import { globSync, readFileSync, statSync } from 'node:fs'
import { test } from 'node:test'

test('src/README.md has one line for each folder with code, and none for a folder that is not there', () => {
  const tree = /```\nsrc\/\n([\s\S]*?)```/.exec(readFileSync('src/README.md', 'utf8'))?.[1] ?? assert.fail('no tree')
  const described = tree
    .split('\n')
    .map((line) => line.trim().split(/\s+/)[0] ?? '')
    .filter((name) => name.endsWith('/'))
    .map((name) => name.slice(0, -1))
  const folders = globSync('src/**')
    .filter((path) => statSync(path).isDirectory() && globSync(`${path}/*.ts`).length > 0)
    .map((path) => path.slice('src/'.length))
    .filter((path) => path !== '' && path !== 'store/tables')
  assert.deepEqual(described.sort(), folders.sort())
})

test('every folder of test/ that mirrors a module names one that exists', () => {
  const own = ['base', 'evals', 'fixtures', 'repository', 'scenarios', 'screenshots', 'support']
  const mirrored = globSync('test/*')
    .map((path) => path.slice('test/'.length))
    .filter((name) => !own.includes(name))
  for (const name of mirrored) assert.ok(statSync(`src/${name}`).isDirectory(), name)
})
