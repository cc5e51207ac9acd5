import { createInterface } from 'node:readline'
import type { Clock } from '../../base/clock.ts'
import type { Logger } from '../../base/log.ts'
import type { Channel } from '../channel.ts'
import { createMockRoom, type MockRoom } from './mock-room.ts'
import { createWechatyChannel } from './wechaty-channel.ts'

/** What takes part in the room: chat behind the channel. */
export interface DemoGuest {
  /** Resolves when every reply to what was handed over has left. */
  drain(): Promise<void>
  stop(): Promise<void>
}

export interface DemoRoomParts {
  clock: Clock
  log: Logger
  /** For the channel's counts; a folder of its own, so that a demo counts nowhere else. */
  dir: string
  input: NodeJS.ReadableStream
  print(line: string): void
  /** Starts the channel with what answers. */
  connect(channel: Channel): Promise<DemoGuest>
}

const BOT = '安晓'
const ROOM = '演示群'
const RESIDENTS = ['小王', '李嬢嬢']
const IN_PRIVATE = /^私聊[\s:：]+/
const HELP = `这是模拟的微信群“${ROOM}”，群里有${RESIDENTS.join('、')}和${BOT}，什么都不会真的发出去。
一行一句，例如“${RESIDENTS[0]}: 地震了怎么办”“@${BOT} 燃气泄漏怎么办”“私聊 ${RESIDENTS[1]}: 你好”。不写名字就当是上一个人说的。
演示里不限发送间隔；真实账号没人问时，同一个群 30 分钟内最多发一条，一天最多 200 条。`

/** A room of mock residents who say what `input` holds, line by line; resolves when it ends and all is answered. */
export async function runDemoRoom(parts: DemoRoomParts): Promise<void> {
  const room = await createMockRoom({ bot: BOT, room: ROOM, residents: RESIDENTS })
  const channel = createWechatyChannel(
    { puppet: 'mock', dir: parts.dir, caps: { perRoomMs: 0, jitterMs: [0, 0] } },
    { clock: parts.clock, log: parts.log, createPuppet: async () => room.puppet },
  )
  room.puppet.on('message', ({ messageId }) => parts.print(describeMessage(room, messageId)))
  const guest = await parts.connect(channel)
  try {
    parts.print(HELP)
    let speaker = RESIDENTS[0] ?? ''
    for await (const line of createInterface({ input: parts.input, crlfDelay: Infinity })) {
      if (line.trim() === '') continue
      speaker = say(room, line.trim(), speaker)
      await channel.idle()
      await guest.drain()
    }
  } finally {
    await guest.stop()
    await channel.stop()
  }
}

/** Lets a resident say it; returns who that was. */
function say({ bot, room, residents }: MockRoom, line: string, lastSpeaker: string): string {
  const privately = IN_PRIVATE.test(line)
  const rest = line.replace(IN_PRIVATE, '')
  const named = RESIDENTS.find((name) => new RegExp(`^${name}\\s*[:：]`).test(rest))
  const speaker = named ?? lastSpeaker
  const text = named === undefined ? rest : rest.slice(rest.search(/[:：]/) + 1).trim()
  const resident = residents[RESIDENTS.indexOf(speaker)]
  if (!resident || text === '') return speaker
  const mentions = text.includes(`@${BOT}`) ? [bot] : []
  if (privately) resident.say(text).to(bot)
  else resident.say(text, mentions).to(room)
  return speaker
}

function describeMessage({ mocker, bot }: MockRoom, messageId: string): string {
  const message = mocker.messagePayload(messageId)
  const nameOf = (id: string | undefined) => (id === undefined ? '' : mocker.contactPayload(id).name)
  const from = nameOf(message.talkerId)
  const where = message.roomId ? '【群】' : '【私聊】'
  const to = !message.roomId && message.talkerId === bot.id ? ` → ${nameOf(message.listenerId)}` : ''
  return `${where}${from}${to}：${message.text ?? ''}`
}
