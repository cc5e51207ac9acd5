import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createLog } from '../../src/base/log.ts'

test('a logged error tells its cause, never the words that a failed query quotes', () => {
  const lines: string[] = []
  const log = createLog('info', { write: (line) => lines.push(line) })
  const query = new Error('Failed query: insert into ticket\nparams: 我叫张三，电话138', {
    cause: Object.assign(new Error('connection lost'), { code: '57P01' }),
  })
  log.error({ error: query }, 'ticket not opened')
  assert.match(lines.join(''), /connection lost/)
  assert.match(lines.join(''), /57P01/)
  assert.doesNotMatch(lines.join(''), /张三/)
})

test('settings that hold a secret are cut out of the log', () => {
  const lines: string[] = []
  createLog('info', { write: (line) => lines.push(line) }).info({ metrics: { token: 'geheim' } }, 'settings')
  assert.doesNotMatch(lines.join(''), /geheim/)
})
