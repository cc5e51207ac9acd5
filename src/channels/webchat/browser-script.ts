import { readFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import process from 'node:process'

/** Files of `browser/` that make up the page's script, each after those it imports from. */
const PAGE_FILES = [
  'element',
  'kept',
  'announce',
  'text-size',
  'follow-reader',
  'answer-lines',
  'ask-server',
  'copy-text',
  'ticket-list',
  'answer-view',
  'answer-row',
  'exchange',
  'composer',
  'page',
]

/**
 * The page's script: types stripped, files joined into one block, so that it is one request and no build step is needed.
 * Names at the top of the files must differ: a second one is a SyntaxError in the browser, and in the test.
 */
export function readPageScript(): string {
  return joinFiles(PAGE_FILES)
}

/** The script that shows `page.path` when the service cannot be reached. */
export function readServiceWorker(page: { cache: string; path: string; files: string[] }): string {
  return `const OFFLINE_PAGE=${JSON.stringify(page)}\n${joinFiles(['service-worker'])}`
}

function joinFiles(names: string[]): string {
  const parts = names.map((name) => {
    const file = new URL(`browser/${name}.ts`, import.meta.url)
    return stripTypes(readFileSync(file, 'utf8'))
      .replace(/^import\s[^']*'\.\/[^']+'$/gm, '')
      .replace(/^export /gm, '')
      .replace(/^\s*\/\/.*$|^\/\*\*[^]*?\*\/$/gm, '')
      .replace(/\s*\n\s*/g, '\n')
  })
  return `'use strict';{${parts.join('\n')}}`
}

/** Node runs these files the same way, but calls the function experimental: nothing a reader of the log can act on. */
function stripTypes(source: string): string {
  const { emitWarning } = process
  process.emitWarning = () => {}
  try {
    return stripTypeScriptTypes(source)
  } finally {
    process.emitWarning = emitWarning
  }
}
