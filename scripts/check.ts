// npm run check: every check in turn, all of them even when one fails, each with its time.
import { spawnSync } from 'node:child_process'

const CHECKS: Record<string, string[]> = {
  types: ['tsc', '--noEmit'],
  rings: ['node', 'scripts/check-rings.ts'],
  lint: ['oxlint', '--type-aware', '--deny-warnings'],
  format: ['oxfmt', '--check', '.'],
  unused: ['knip', '--config', 'scripts/knip.json'],
  seeds: ['node', 'scripts/check-seeds.ts'],
}

const named = process.argv.slice(2)
const chosen = Object.entries(CHECKS).filter(([name]) => named.length === 0 || named.includes(name))
const failed: string[] = []
for (const [name, [command = '', ...args]] of chosen) {
  const started = Date.now()
  const { status } = spawnSync(command === 'node' ? process.execPath : command, args, { stdio: 'inherit' })
  console.log(`${status === 0 ? 'ok    ' : 'FAILED'} ${name} (${((Date.now() - started) / 1000).toFixed(1)} s)`)
  if (status !== 0) failed.push(name)
}
console.log(failed.length === 0 ? `${chosen.length} checks passed` : `failed: ${failed.join(', ')}`)
process.exitCode = failed.length === 0 ? 0 : 1
