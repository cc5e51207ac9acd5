// npm test: the whole suite, or the files named. Time zone UTC unless TZ says otherwise; colors off in logs.
import { spawnSync } from 'node:child_process'
import { globSync } from 'node:fs'

const named = process.argv.slice(2)
const files = named.length > 0 ? named : globSync('test/**/*.test.ts').sort()
if (files.length === 0) throw new Error('no test files found')
const { status } = spawnSync(process.execPath, ['--test', '--test-concurrency=2', '--test-timeout=300000', ...files], {
  stdio: 'inherit',
  env: { ...process.env, TZ: process.env['TZ'] ?? 'UTC' },
})
process.exitCode = status ?? 1
