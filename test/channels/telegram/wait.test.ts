import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createChatQueues } from '../../../src/channels/telegram/chat-queues.ts'
import { waitOnTimer } from '../../../src/channels/telegram/wait.ts'

test('a wait ends by itself, and at once when it is stopped', async () => {
  // The timers of a wait keep no process alive; this one does.
  const alive = setTimeout(() => {}, 5000)
  await waitOnTimer(1, new AbortController().signal)
  const stop = new AbortController()
  const long = waitOnTimer(3_600_000, stop.signal)
  stop.abort()
  await long
  await waitOnTimer(3_600_000, stop.signal)
  clearTimeout(alive)
})

test('no more chats than allowed work at once, and each one gets its turn', async () => {
  const queues = createChatQueues(2)
  const ends: (() => void)[] = []
  const begun: string[] = []
  const work = ['甲', '乙', '丙'].map((chat) =>
    queues.run(chat, async () => {
      begun.push(chat)
      await new Promise<void>((resolve) => ends.push(resolve))
    }),
  )
  await new Promise((resolve) => setImmediate(resolve))
  assert.deepEqual(begun, ['甲', '乙'])
  ends[0]?.()
  await work[0]
  await new Promise((resolve) => setImmediate(resolve))
  assert.deepEqual(begun, ['甲', '乙', '丙'])
  for (const end of ends) end()
  await queues.idle()
})
