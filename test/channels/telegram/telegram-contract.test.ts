import type { ChannelEvent } from '../../../src/channels/channel.ts'
import { openTelegramBench } from '../../support/telegram-channel.ts'
import { describeChannel, type ChannelHarness, type InboundCase } from '../channel-contract.ts'
import { loadUpdates } from './load-updates.ts'

const messages = loadUpdates('messages')
const media = loadUpdates('media')
const senders = loadUpdates('senders')
const buttons = loadUpdates('buttons')
const membership = loadUpdates('membership')
const ignored = loadUpdates('ignored')

const xiaowang = { id: '610000001', name: '小王 渝中', bot: false }
const privateChat = { id: '610000001', kind: 'private' as const }
const group = { id: '-4012345', kind: 'group' as const, title: '解放碑3栋' }
const supergroup = { id: '-1002000000001', kind: 'group' as const, title: '石马河业主群' }

const told = (name: string, payload: unknown, expected: Partial<ChannelEvent>): InboundCase => ({
  name,
  payload,
  expected,
})
const nothing = (name: string, payload: unknown): InboundCase => ({ name, payload, expected: null })

const INBOUND: readonly InboundCase[] = [
  told('a text in private', messages('privateText'), {
    kind: 'message',
    id: '101',
    chat: privateChat,
    sender: xiaowang,
    text: '地震了怎么办',
    media: 'text',
    mentionsUs: false,
    mentionsEveryone: false,
    repliesToUs: false,
    forwarded: false,
    sentAt: new Date(1_767_225_601_000),
    replyHandle: '101',
  }),
  told('/start with what the link carried', messages('startWithPayload'), { text: '/start district-500103' }),
  told('a text in a group', messages('groupText'), { chat: group, mentionsUs: false, text: '今天楼下好吵' }),
  told('our name, in other letters and after a sign of two units', messages('mentionByName'), {
    chat: supergroup,
    mentionsUs: true,
    text: '😀 家里进水了怎么办',
  }),
  told('our account chosen from the list, without a user name', messages('mentionByText'), {
    mentionsUs: true,
    text: '请 看看：燃气漏了先做啥',
  }),
  told('a command that names us', messages('commandForUs'), { mentionsUs: true, text: '/start district-500103' }),
  told('a command that names another bot', messages('commandForAnother'), {
    mentionsUs: false,
    text: '/help@other_bot 说一下',
  }),
  told('a call to everybody', messages('everyone'), { mentionsEveryone: true, mentionsUs: false }),
  told('a reply to us', messages('replyToUs'), {
    repliesToUs: true,
    quote: { text: '【科普】高温天少出门。', ours: true, messageId: '90' },
  }),
  told('a reply to a picture of somebody else', messages('replyToAnotherWithCaption'), {
    mentionsUs: true,
    repliesToUs: false,
    text: '这是真的吗',
    quote: { text: '今晚十点有大地震', ours: false, messageId: '91' },
  }),
  told('the part that was chosen to be quoted', messages('manualQuote'), {
    quote: { text: '绑红绳能防雷', ours: false, messageId: '92' },
  }),
  told('a quote from another chat', messages('quoteFromAnotherChat'), {
    repliesToUs: false,
    quote: { text: '喝醋能解鱼刺', ours: false },
  }),
  told('a message in a topic that we opened is no reply to us', messages('topicMessage'), {
    repliesToUs: false,
    quote: undefined,
    replyHandle: '113:12',
  }),
  told('a forwarded text', messages('forwarded'), { forwarded: true, text: '紧急通知：自来水明天加药' }),
  told('a richly formatted text', messages('rich'), { media: 'text', text: '紧急通知\n今晚十点有地震\n快转发' }),
  told('a picture', media('photo'), { media: 'picture', text: '这个蘑菇能吃吗' }),
  told('a picture whose caption names us', media('photoMentioning'), { mentionsUs: true, text: '这个能吃吗' }),
  told('a voice message', media('voice'), { media: 'voice', text: '' }),
  told('a video', media('video'), { media: 'video', text: '楼道冒烟' }),
  told('a silent video', media('animation'), { media: 'video' }),
  told('a file', media('document'), { media: 'file' }),
  told('a sticker', media('sticker'), { media: 'sticker', text: '' }),
  told('a place', media('location'), { media: 'location' }),
  told('a place with a name', media('venue'), { media: 'location' }),
  told('a phone contact', media('contact'), { media: 'other' }),
  told('an administrator who hides his name', senders('anonymousAdmin'), {
    sender: { id: '1087968824', name: '石马河业主群', bot: false },
  }),
  told('a channel that writes in the group', senders('channelInGroup'), {
    sender: { id: '-1002000000077', name: '街道发布', bot: false },
  }),
  told('a message written with the help of another bot', senders('viaBot'), { sender: { ...xiaowang, bot: true } }),
  told('a message of another bot', senders('bot'), { sender: { id: '7000000556', name: '播报', bot: true } }),
  told('a pressed button', buttons('pressed'), {
    kind: 'message',
    id: 'button-4382bfdwdsb323b2d9',
    chat: supergroup,
    sender: xiaowang,
    button: 'card:nat-rainstorm-waterlogging',
    text: '家里进水',
    replyHandle: '95',
  }),
  told('a pressed button of a message too old to be shown', buttons('pressedOnOldMessage'), {
    button: 'card:nat-rainstorm-waterlogging',
    chat: supergroup,
    text: '',
    replyHandle: '7',
  }),
  nothing('a button of an inline message', buttons('inline')),
  nothing('a button of a game', buttons('game')),
  told('we were added to a group', membership('added'), {
    kind: 'joined',
    chat: { id: '-4054321', kind: 'group', title: '新群' },
  }),
  nothing('we were added to a group, told again', membership('addedToldAgain')),
  told('we were added, told by a service message only', membership('addedByServiceMessageOnly'), { kind: 'joined' }),
  nothing('we were made administrator', membership('promoted')),
  nothing('we may no longer write', membership('restricted')),
  told('we were removed', membership('removed'), { kind: 'left', chat: supergroup }),
  told('we left while restricted', membership('restrictedAndGone'), { kind: 'left', chat: supergroup }),
  told('somebody blocked us', membership('blockedInPrivate'), { kind: 'left', chat: privateChat }),
  told('somebody took us back', membership('unblockedInPrivate'), { kind: 'joined', chat: privateChat }),
  told('a group became a supergroup', membership('movedAway'), {
    kind: 'moved',
    chat: group,
    movedTo: '-1002000000002',
  }),
  nothing('a group became a supergroup, told again', membership('movedHere')),
  nothing('we joined the supergroup that a group became', membership('joinedAfterMove')),
  nothing('we became administrator of a channel', membership('inChannel')),
  nothing('an edited message', ignored('edited')),
  nothing('a post in a channel', ignored('channelPost')),
  nothing('somebody joined', ignored('personJoined')),
  nothing('somebody left', ignored('personLeft')),
  nothing('a new title', ignored('titleChanged')),
  nothing('a pinned message', ignored('pinned')),
  nothing('a message that vanishes', ignored('ephemeral')),
  nothing('a kind that did not exist', ignored('unknownKind')),
  nothing('a message without its chat', ignored('messageWithoutChat')),
  nothing('a message that is none', ignored('messageIsText')),
  nothing('a text that is a number', ignored('textIsNumber')),
  told('a text after all that', messages('groupText'), { text: '今天楼下好吵', chat: group }),
]

/** Half a second: the shortest first retry, without what chance adds. */
const FIRST_BACKOFF_MS = 500

async function createHarness(): Promise<ChannelHarness> {
  const bench = await openTelegramBench({ timeoutMs: 1000 })
  const { server, clock, waits, channel, events } = bench
  await channel.start(bench.receive)
  let refusing = false

  return {
    // Refused connections need a server that is gone, and that takes a moment.
    channel: Object.create(channel, {
      send: {
        value: async (message: Parameters<typeof channel.send>[0]) => {
          if (refusing) await server.stop()
          const outcome = await channel.send(message)
          if (refusing) {
            refusing = false
            await server.start()
            await waits.asks(FIRST_BACKOFF_MS)
            waits.end(FIRST_BACKOFF_MS)
            await server.polled()
          }
          return outcome
        },
      },
    }),
    secrets: [server.token],
    logged: bench.logged,
    events,
    async deliver(payload) {
      await server.confirmed(server.push(payload as Record<string, unknown>))
    },
    arrived: () =>
      server.arrived.map(({ chatId, text, buttons, inReplyTo }) => ({
        chatId: String(chatId),
        text,
        buttons,
        ...(inReplyTo === undefined ? {} : { inReplyTo: String(inReplyTo) }),
      })),
    attempts: () => server.attempts,
    fail(fault) {
      clock.advance(60_000)
      if (fault === 'connection-refused') refusing = true
      else server.fail(fault)
    },
    chats: { private: privateChat, group },
    async settle() {
      clock.advance(3000)
    },
    async stop() {
      await bench[Symbol.asyncDispose]()
    },
  }
}

describeChannel('telegram', createHarness, INBOUND, { keys: 'Telegram has no key that makes a second send harmless' })
