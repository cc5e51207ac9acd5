import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { types } from 'wechaty-puppet'
import { createMockRoom, type MockRoom } from '../../src/channels/wechaty/mock-room.ts'
import type { SendCaps } from '../../src/channels/wechaty/send-caps.ts'
import { createWechatyChannel, type WechatyChannel } from '../../src/channels/wechaty/wechaty-channel.ts'
import {
  ALL_GROUPS,
  BOT_PERSON,
  PEOPLE,
  until,
  type Said,
  type Shown,
  type Stage,
  type StageParts,
} from './group-day-stage.ts'
import { silentLog } from './open-test-store.ts'

const { Text: TEXT, Image: PICTURE, Url: LINK } = types.Message

/** By its ending the SDK tells a room from a person. */
const roomId = (group: number) => `group-${group}@chatroom`

type Fault = 'unavailable' | 'error' | 'silence' | 'unauthorized'

/** A personal WeChat account on wechaty's own mock puppet. `caps`: instead of the shipped ones. */
export async function openWechatyStage({
  clock,
  caps,
}: StageParts & { caps?: Partial<SendCaps> }): Promise<Stage & { channel(): WechatyChannel }> {
  const dir = await mkdtemp(join(tmpdir(), 'anxiao-wechaty-'))
  const shown: Shown[] = []
  let attempts = 0
  let fault: Fault | undefined
  let mock: MockRoom
  let channel: WechatyChannel

  const createPuppet = async () => {
    const made = await createMockRoom({ bot: '安晓', room: '三组', residents: [] })
    const { mocker, puppet } = made
    const people = [...Array(PEOPLE).keys()]
    for (const person of people) {
      const type = person === BOT_PERSON ? types.Contact.Official : types.Contact.Individual
      mocker.createContact({ id: `person-${person}`, name: `邻居${person}`, type })
    }
    const memberIdList = ['bot', ...people.map((person) => `person-${person}`)]
    for (const group of ALL_GROUPS) {
      mocker.createRoom({ id: roomId(group), topic: `业主群${group}`, ownerId: 'person-0', memberIdList })
    }
    puppet.messageUrl = async () => ({ title: '提醒各位邻居', url: 'https://mp.weixin.qq.com/s/abc' })
    const sendText = puppet.messageSendText.bind(puppet)
    puppet.messageSendText = async (chatId, text) => {
      attempts++
      const now = fault
      fault = undefined
      if (now === 'unavailable') throw refuse(14, 'UNAVAILABLE: No connection established')
      if (now === 'unauthorized') throw refuse(16, 'UNAUTHENTICATED: Invalid Wechaty TOKEN')
      if (now === 'error') throw new Error('2 UNKNOWN: raw words of the platform')
      const sent = await sendText(chatId, text)
      shown.push({ place: chatId.replace('-', ' ').replace('@chatroom', ''), text, buttons: [], raw: undefined })
      if (now === 'silence') await new Promise<never>(() => {})
      return sent
    }
    mock = made
    return puppet
  }

  const payload = ({ id, group, person, text, mention, quote, media, at }: Said) => {
    const typed = mention === true ? `@安晓\u2005${text}` : text
    return {
      id: `m-${id}`,
      talkerId: `person-${person}`,
      ...(group === undefined ? { listenerId: 'bot' } : { roomId: roomId(group) }),
      timestamp: Math.floor(at.getTime() / 1000),
      type: media === 'picture' ? PICTURE : media === 'link' ? LINK : TEXT,
      text:
        media !== undefined
          ? ''
          : quote === undefined
            ? typed
            : `「邻居9：${quote}」\n- - - - - - - - - - - - - - -\n${typed}`,
      ...(group === undefined ? {} : { mentionIdList: mention === true ? ['bot'] : [] }),
    }
  }

  const hand = async (...said: Said[]) => {
    for (const each of said) {
      const message = payload(each)
      mock.mocker.cacheMessagePayload.set(message.id, message)
      mock.puppet.emit('message', { messageId: message.id })
    }
    await channel.idle()
  }
  const next = (what: Fault) => () => void (fault = what)
  return {
    name: 'wechaty',
    channel: () => channel,
    openChannel() {
      channel = createWechatyChannel(
        { puppet: 'mock', dir, ...(caps && { caps }) },
        { clock, timers: clock, log: silentLog, createPuppet },
      )
      return channel
    },
    ready: () => until('logged in', () => channel.health().state === 'connected'),
    hand,
    async sendMalformed() {
      const { mocker, puppet } = mock
      mocker.cacheMessagePayload.set('bad-1', { id: 'bad-1' } as never)
      mocker.cacheMessagePayload.set('bad-2', {
        id: 'bad-2',
        talkerId: 5,
        timestamp: 'x',
        type: 'y',
        text: {},
      } as never)
      for (const messageId of ['bad-1', 'bad-2', 'not-there']) puppet.emit('message', { messageId })
      puppet.emit('message', {} as never)
      puppet.emit('room-join', { roomId: 5 } as never)
      await channel.idle()
    },
    shown: () => shown,
    attempts: () => attempts,
    faults: [
      {
        name: 'the gateway refuses connections',
        begin: next('unavailable'),
        laterMs: 1_100,
        expected: 'sent once',
      },
      {
        name: 'logged out when it is sent',
        begin: () => void mock.puppet.emit('logout', { contactId: 'bot', data: '' }),
        end: async () => {
          mock.puppet.emit('login', { contactId: 'bot' })
          await until('logged in again', () => channel.health().state === 'connected')
        },
        laterMs: 1_100,
        expected: 'sent once',
      },
      {
        name: 'an error without a name',
        // It may have been said all the same, so it is not said twice.
        begin: next('error'),
        laterMs: 60_000,
        expected: 'given up',
        reason: 'server',
      },
      {
        name: 'sent, then silence',
        begin: next('silence'),
        unansweredMs: 10_000,
        laterMs: 60_000,
        expected: 'may have arrived once',
        reason: 'timeout',
      },
      {
        name: 'token refused',
        begin: next('unauthorized'),
        laterMs: 60_000,
        expected: 'given up',
        reason: 'unauthorized',
      },
    ],
    close: () => rm(dir, { recursive: true, force: true }),
  }
}

function refuse(code: number, message: string): Error {
  return Object.assign(new Error(`${code} ${message}`), { code })
}
