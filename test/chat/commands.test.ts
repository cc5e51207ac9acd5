import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readButtonData, writeButtonData } from '../../src/chat/button-data.ts'
import { readCommand } from '../../src/chat/commands.ts'

const name = (text: string) => {
  const command = readCommand(text)
  return command && [command.name, command.argument]
}

test('a command is read by its word, with a slash or without', () => {
  assert.deepEqual(name('静音'), ['mute', ''])
  assert.deepEqual(name('/mute'), ['mute', ''])
  assert.deepEqual(name(' /为什么 '), ['why', ''])
  assert.deepEqual(name('地区 北碚区'), ['region', '北碚区'])
  assert.deepEqual(name('地区：北碚区'), ['region', '北碚区'])
  assert.deepEqual(name('/region 北碚区'), ['region', '北碚区'])
  assert.deepEqual(name('没解决！'), ['unsolved', ''])
})

test('a question that begins with the word of a command stays a question', () => {
  for (const text of [
    '恢复供电要多久',
    '退出火场往哪边走',
    '为什么打雷不能站树下',
    '安静的地震前兆',
    '详细说说心肺复苏',
    '地区性暴雨怎么办',
  ]) {
    assert.equal(name(text), undefined, text)
  }
})

test('a command to another bot is not ours', () => {
  assert.equal(name('/start@another_bot'), undefined)
  assert.equal(name('/unknown'), undefined)
})

test('a button says what it means in 64 bytes and is read again', () => {
  const meaning = { kind: 'card', slug: 'nat-rainstorm-waterlogging', version: 12 } as const
  const data = writeButtonData(meaning)
  assert.ok(data !== undefined && Buffer.byteLength(data) <= 64)
  assert.deepEqual(readButtonData(data), meaning)
  assert.deepEqual(readButtonData('none'), { kind: 'none' })
})

test('data that we did not write means nothing', () => {
  for (const data of ['', 'card', 'card:../x:1', 'card:nat-earthquake:x', 'alert:approve:1', 'more:'])
    assert.equal(readButtonData(data), undefined, data)
  assert.equal(writeButtonData({ kind: 'card', slug: 'x'.repeat(70), version: 1 }), undefined)
})
