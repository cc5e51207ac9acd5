import assert from 'node:assert/strict'
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { AppError } from '../../src/base/errors.ts'
import { loadLexicon } from '../../src/retrieval/lexicon.ts'

const SEEDS = join(import.meta.dirname, '../../seeds/lexicons')

test('the shipped lexicon is valid and no word is rewritten to two different words', () => {
  const { dialect, synonyms } = loadLexicon(SEEDS)
  for (const { rewrites } of [dialect, synonyms]) {
    const targets = new Map<string, string>()
    for (const { to, from } of rewrites) {
      for (const word of from) {
        assert.ok(!targets.has(word) || targets.get(word) === to, `${word} → ${targets.get(word)} and ${to}`)
        targets.set(word, to)
      }
    }
  }
})

test('a broken lexicon file is refused with its name and field', () => {
  const folder = mkdtempSync(join(tmpdir(), 'lexicon-'))
  try {
    cpSync(SEEDS, folder, { recursive: true })
    writeFileSync(join(folder, 'dialect.yaml'), 'rewrites:\n  - { to: 怎么, from: [] }\n')
    assert.throws(
      () => loadLexicon(folder),
      (error) =>
        error instanceof AppError &&
        error.code === 'lexicon-invalid' &&
        /dialect\.yaml.*rewrites\.0\.from/.test(error.message),
    )
  } finally {
    rmSync(folder, { recursive: true })
  }
})
