import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { test } from 'node:test'
import { systemClock } from '../../../src/base/clock.ts'
import { createLog } from '../../../src/base/log.ts'
import type { SendOutcome } from '../../../src/channels/channel.ts'
import { runDemoRoom } from '../../../src/channels/wechaty/demo-room.ts'

test('residents say what is typed, the bot answers whoever turns to it, and the room ends with the input', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'anxiao-demo-'))
  const printed: string[] = []
  let stopped = false
  try {
    await runDemoRoom({
      clock: systemClock,
      log: createLog('silent'),
      dir,
      input: Readable.from([
        '小王: 今天热得很\n\n',
        '@安晓 地震了怎么办\n李嬢嬢：@安晓 燃气呢\n',
        '私聊 李嬢嬢: 你好\n比例 1:2 是什么\n小王:\n',
      ]),
      print: (line) => printed.push(line),
      async connect(channel) {
        const replies: Promise<SendOutcome>[] = []
        await channel.start(async (event) => {
          if (event.kind !== 'message' || (event.chat.kind === 'group' && !event.mentionsUs)) return
          replies.push(channel.send({ chat: event.chat, text: `听到了：${event.text}`, key: event.id }))
        })
        return {
          drain: async () => void (await Promise.all(replies)),
          stop: async () => {
            stopped = true
          },
        }
      },
    })
  } finally {
    await rm(dir, { recursive: true })
  }
  assert.match(printed[0] ?? '', /模拟/)
  assert.deepEqual(printed.slice(1), [
    '【群】小王：今天热得很',
    '【群】小王：@安晓 地震了怎么办',
    '【群】安晓：听到了：地震了怎么办',
    '【群】李嬢嬢：@安晓 燃气呢',
    '【群】安晓：听到了：燃气呢',
    '【私聊】李嬢嬢：你好',
    '【私聊】安晓 → 李嬢嬢：听到了：你好',
    '【群】李嬢嬢：比例 1:2 是什么',
  ])
  assert.ok(stopped)
})
