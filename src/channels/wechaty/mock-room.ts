import type { mock, PuppetMock } from 'wechaty-puppet-mock'
import { AppError } from '../../base/errors.ts'

type Mocker = InstanceType<typeof mock.Mocker>
type Contact = ReturnType<Mocker['createContact']>
type Room = ReturnType<Mocker['createRoom']>

/** A room of wechaty's own mock puppet: nothing leaves the process, no account is needed. */
export interface MockRoom {
  puppet: PuppetMock
  mocker: Mocker
  bot: Contact
  room: Room
  residents: Contact[]
}

export interface MockRoomNames {
  bot: string
  room: string
  /** The first one owns the room. */
  residents: readonly string[]
}

/** The bot logs in as soon as the puppet has started. `not-installed` where the optional package is missing. */
export async function createMockRoom(names: MockRoomNames): Promise<MockRoom> {
  const { PuppetMock, mock } = await import('wechaty-puppet-mock').catch((cause: unknown) => {
    const message = '演示要用的软件包没有装，请运行 npm install wechaty wechaty-puppet wechaty-puppet-mock。'
    throw new AppError('not-installed', message, { cause })
  })
  const mocker = new mock.Mocker()
  const puppet = new PuppetMock({ mocker })
  const bot = mocker.createContact({ id: 'bot', name: names.bot })
  const residents = names.residents.map((name, index) => mocker.createContact({ id: `resident-${index + 1}`, name }))
  const ownerId = residents[0]?.id
  const room = mocker.createRoom({
    id: 'room@chatroom',
    topic: names.room,
    memberIdList: [bot.id, ...residents.map(({ id }) => id)],
    ...(ownerId === undefined ? {} : { ownerId }),
  })
  puppet.on('start', () => {
    if (!puppet.isLoggedIn) mocker.login(bot)
  })
  return { puppet, mocker, bot, room, residents }
}
