// A channel on the real wechaty with wechaty's own mock puppet: no double of ours. What that proves: our use of wechaty's
// lifecycle and events, what we make of the payloads that wechaty-puppet documents, and what we ask of a puppet. What only
// a real puppet and account would prove: which fields, ids, dates and errors that puppet truly gives, scanning, reconnects,
// what WeChat shows, and what gets an account locked. The faults of sending are put into the mock's `messageSendText`:
// gRPC statuses as `wechaty-puppet-service` passes them on (14 UNAVAILABLE, 16 UNAUTHENTICATED), anything else as an error.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { types } from 'wechaty-puppet'
import { createLog } from '../../src/base/log.ts'
import type { ChannelEvent } from '../../src/channels/channel.ts'
import { createMockRoom, type MockRoom } from '../../src/channels/wechaty/mock-room.ts'
import {
  createWechatyChannel,
  type WechatyChannel,
  type WechatyParts,
  type WechatySettings,
} from '../../src/channels/wechaty/wechaty-channel.ts'
import type { Arrived, ChannelHarness, Fault } from '../channels/channel-contract.ts'
import { FakeClock } from './fake-clock.ts'

export interface WechatyHarness extends ChannelHarness {
  channel: WechatyChannel
  clock: FakeClock
  dir: string
  /** The mock behind the connection that was made last. */
  room(): MockRoom
  /** Each mock as it is made, before it starts. */
  rooms: readonly MockRoom[]
  /** What the next handed-over event waits for. */
  holdReceive(until: Promise<void>): void
}

export interface WechatyHarnessOptions {
  settings?: Partial<WechatySettings>
  parts?: Partial<WechatyParts>
  /** Changes a mock before it starts. */
  prepare?: (room: MockRoom, attempt: number) => void
  start?: boolean
  dir?: string
}

export const NOW = '2026-07-01T12:00:00Z'
const TOKEN = 'puppet_secret_0123456789'

type Deliverable = { event: 'message'; message: { id: string } } | { event: 'room-join' | 'room-leave'; told: object }

export async function createWechatyHarness(options: WechatyHarnessOptions = {}): Promise<WechatyHarness> {
  const dir = options.dir ?? (await mkdtemp(join(tmpdir(), 'anxiao-wechaty-')))
  const clock = new FakeClock(NOW)
  const lines: string[] = []
  const log = createLog('trace', { write: (line) => void lines.push(line) })
  const rooms: MockRoom[] = []
  const events: ChannelEvent[] = []
  const arrived: Arrived[] = []
  let attempts = 0
  let fault: Fault | undefined
  let hold = Promise.resolve()

  const room = (): MockRoom => {
    const last = rooms.at(-1)
    if (!last) throw new Error('no mock was made yet')
    return last
  }

  const createPuppet = async () => {
    const made = await createMockRoom({ bot: '安晓', room: '三组', residents: ['小王', '李嬢嬢', '安晓燕'] })
    made.mocker.createContact({ id: 'gh_0123', name: '某公众号', type: types.Contact.Official })
    made.mocker.createContact({ id: 'corporation', name: '某客服', type: types.Contact.Corporation })
    made.mocker.createContact({ id: '2598@openim', name: '网格员', type: types.Contact.Corporation })
    const { puppet } = made
    // The mock knows no names of members in a room.
    const roomMember = puppet.roomMemberRawPayload.bind(puppet)
    puppet.roomMemberRawPayload = async (roomId, contactId) => ({
      ...(await roomMember(roomId, contactId)),
      ...(contactId === 'bot' ? { roomAlias: '应急小助手' } : {}),
    })
    const sendText = puppet.messageSendText.bind(puppet)
    puppet.messageSendText = async (chatId, text) => {
      attempts++
      const now = fault
      fault = undefined
      if (now === 'server-error') throw new Error(`2 UNKNOWN: raw words of the platform, ${TOKEN}`)
      if (now === 'connection-refused') throw grpcError(14, 'UNAVAILABLE: No connection established')
      if (now === 'unauthorized') throw grpcError(16, 'UNAUTHENTICATED: Invalid Wechaty TOKEN')
      const sent = await sendText(chatId, text)
      arrived.push({ chatId, text, buttons: [] })
      if (now === 'accepted-then-silence') await new Promise<never>(() => {})
      return sent
    }
    options.prepare?.(made, rooms.length)
    rooms.push(made)
    return puppet
  }

  const channel = createWechatyChannel(
    {
      puppet: 'mock',
      puppetOptions: { token: TOKEN },
      dir,
      timeoutMs: 50,
      ...options.settings,
      caps: { jitterMs: [0, 0], ...options.settings?.caps },
    },
    { clock, log, createPuppet, ...options.parts },
  )
  if (options.start !== false) {
    await channel.start(async (event) => {
      events.push(event)
      await hold
    })
  }

  return {
    channel,
    clock,
    dir,
    room,
    rooms,
    secrets: [TOKEN],
    logged: () => lines.join(''),
    events,
    async deliver(payload) {
      const given = payload as Deliverable
      const { mocker, puppet } = room()
      if (given.event === 'message') {
        // Straight into the mock's store: its own way of saying something knows only texts and files.
        mocker.cacheMessagePayload.set(given.message.id, given.message as never)
        puppet.emit('message', { messageId: given.message.id })
      } else puppet.emit(given.event, given.told as never)
      await channel.idle()
    },
    arrived: () => arrived,
    attempts: () => attempts,
    fail: (next) => {
      fault = next
    },
    holdReceive: (until) => {
      hold = until
    },
    chats: { private: { id: 'resident-1', kind: 'private' }, group: { id: 'room@chatroom', kind: 'group' } },
    settle: async () => {},
    async stop() {
      await channel.stop()
      if (options.dir === undefined) await rm(dir, { recursive: true, force: true })
    },
  }
}

function grpcError(code: number, message: string): Error {
  return Object.assign(new Error(`${code} ${message}`), { code })
}
