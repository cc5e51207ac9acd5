import { readFileSync } from 'node:fs'
import { createWechatyHarness } from '../../support/wechaty-room.ts'
import { describeChannel, type InboundCase } from '../channel-contract.ts'

const { messages } = JSON.parse(
  readFileSync(new URL('../../fixtures/channels/wechaty/messages.json', import.meta.url), 'utf8'),
) as { messages: Record<string, { id: string }> }

const group = { id: 'room@chatroom', kind: 'group', title: '三组' } as const
const sentAt = new Date('2026-07-01T11:59:30Z')
const joined = { roomId: group.id, inviteeIdList: ['bot'], inviterId: 'resident-1', timestamp: sentAt.getTime() }

function inbound(name: string, fixture: string, expected: InboundCase['expected']): InboundCase {
  const message = messages[fixture]
  if (!message) throw new Error(`no fixture ${fixture}`)
  return { name, payload: { event: 'message', message }, expected }
}

const quiet = { mentionsUs: false, mentionsEveryone: false, repliesToUs: false, forwarded: false }

const CASES: InboundCase[] = [
  inbound('a private text', 'private-text', {
    kind: 'message',
    id: 'm-1',
    chat: { id: 'resident-1', kind: 'private' },
    sender: { id: 'resident-1', name: '小王', bot: false },
    text: '家里燃气漏了怎么办',
    media: 'text',
    sentAt,
    ...quiet,
  }),
  inbound('a date in milliseconds', 'private-text-milliseconds', { sentAt }),
  inbound('the field names of before 2022', 'old-field-names', {
    sender: { id: 'resident-1', name: '小王', bot: false },
  }),
  inbound('talk in a room', 'room-plain', { chat: group, text: '今天天气好热', ...quiet }),
  inbound('a mention that the puppet lists', 'room-mention-listed', { mentionsUs: true, text: '地震了怎么办' }),
  inbound('a mention that only the text shows', 'room-mention-by-text', {
    mentionsUs: true,
    text: '大家问问 地震了怎么办',
  }),
  inbound('a mention without a separator', 'room-mention-run-on', { mentionsUs: true, text: '地震了怎么办' }),
  inbound('a member whose name begins like ours', 'room-mention-other-longer-name', {
    mentionsUs: false,
    text: '@安晓燕 晚上吃什么',
  }),
  inbound('such a member without a separator', 'room-mention-other-longer-name-run-on', { mentionsUs: false }),
  inbound('our name in this room', 'room-mention-alias', { mentionsUs: true, text: '着火了打什么电话' }),
  inbound('a name that the sender gave us', 'room-mention-own-name-for-us', {
    mentionsUs: true,
    text: '着火了打什么电话',
  }),
  inbound('a mention of somebody else', 'room-mention-other', { mentionsUs: false, text: '@李嬢嬢\u2005你在不在' }),
  inbound('a mail address', 'room-mail-address', { mentionsUs: false }),
  inbound('@所有人', 'room-everyone-listed', { mentionsEveryone: true, mentionsUs: false }),
  inbound('an announcement', 'room-announcement', { mentionsEveryone: true, mentionsUs: false }),
  inbound('@所有人 told as every member', 'room-everyone-with-all-members', {
    mentionsEveryone: true,
    mentionsUs: false,
  }),
  inbound('@所有人 and us', 'room-everyone-and-us', { mentionsEveryone: true, mentionsUs: true }),
  inbound('a quote in words', 'quote-text', {
    text: '是不是真的',
    mentionsUs: true,
    repliesToUs: false,
    quote: { text: '吃大蒜可以防地震', ours: false },
  }),
  inbound('a quote of ours, by our name', 'quote-of-us', {
    text: '然后呢',
    repliesToUs: true,
    quote: { text: '先关阀门，再开窗。', ours: true },
  }),
  inbound('our name stands only in what is quoted', 'quote-naming-us', { text: '它不晓得', mentionsUs: false }),
  inbound('a quote in a quote', 'quote-in-quote', {
    text: '三天',
    quote: { text: '「李嬢嬢：要停水」\n- - - - - - - - - - - - - - -\n停几天', ours: false },
  }),
  inbound('a quoted picture', 'quote-of-a-picture', { text: '这是哪里', quote: { text: '', ours: false } }),
  inbound('brackets without a quote', 'brackets-but-no-quote', { text: '「安晓」是什么' }),
  inbound('a quote in XML', 'quote-xml', {
    text: '是不是真的哟',
    media: 'text',
    quote: { text: '吃大蒜可以防地震', ours: false, messageId: '5603034341002189672' },
  }),
  inbound('a quote of ours in XML, by our id', 'quote-xml-of-us', {
    text: '然后呢',
    repliesToUs: true,
    quote: { text: '先关阀门，再开窗。', ours: true, messageId: '5603034341002189672' },
  }),
  inbound('a private quote in XML', 'quote-xml-private', {
    text: '这个呢',
    quote: { text: '喝醋防中风', ours: false, messageId: '5603034341002189672' },
  }),
  inbound('a quote of a quote in XML', 'quote-xml-of-quote', {
    text: '真的呀',
    quote: { text: '真的要停水三天', ours: false, messageId: '5603034341002189672' },
  }),
  inbound('a quoted video in XML', 'quote-xml-of-video', {
    text: '太吓人了',
    quote: { text: '', ours: false, messageId: '5603034341002189672' },
  }),
  inbound('XML that breaks off', 'broken-xml', null),
  inbound('a forwarded record of a chat', 'record', {
    forwarded: true,
    media: 'text',
    text: '明天要地震，赶快囤水\n真的呀？',
  }),
  inbound('a forwarded record with its preview only', 'record-preview', {
    forwarded: true,
    text: '明天要地震\n真的呀？',
  }),
  inbound('a forwarded record in words', 'record-words', { forwarded: true, text: '李嬢嬢说明天要地震' }),
  inbound('a link', 'link-xml', { media: 'link', text: '高楼着火&怎么逃\nhttp://example.org/a?x=1&y=2' }),
  inbound('a link that the puppet has to be asked for', 'link-asked', {
    media: 'link',
    text: 'mock title for m-51\nhttps://mock.url',
  }),
  inbound('a place', 'location', { media: 'location', text: '解放碑\n重庆市渝中区' }),
  inbound('a picture', 'picture', { media: 'picture', text: '' }),
  inbound('a voice message', 'voice', { media: 'voice', text: '' }),
  inbound('a video', 'video', { media: 'video', text: '' }),
  inbound('a file', 'file', { media: 'file', text: '通知.pdf' }),
  inbound('a sticker', 'sticker', { media: 'sticker', text: '' }),
  inbound('the card of a contact', 'card', { media: 'other', text: '' }),
  inbound('our own message', 'own', null),
  inbound('a message taken back', 'recalled', null),
  inbound('a red envelope', 'red-envelope', null),
  inbound('a pat', 'pat', null),
  inbound('the WeChat team', 'wechat-team', null),
  inbound('an unknown kind', 'unknown-kind', null),
  inbound('an official account', 'from-official-account', {
    sender: { id: 'gh_0123', name: '某公众号', bot: true },
  }),
  inbound('a corporate account', 'from-corporation', { sender: { id: 'corporation', name: '某客服', bot: true } }),
  inbound('a person who writes from 企业微信', 'from-wecom-person', {
    sender: { id: '2598@openim', name: '网格员', bot: false },
  }),
  inbound('somebody whom the puppet does not know', 'from-a-stranger', {
    sender: { id: 'nobody-knows', bot: false },
    text: '你好',
  }),
  {
    name: 'we are taken into a room',
    payload: { event: 'room-join', told: joined },
    expected: { kind: 'joined', chat: group, sentAt },
  },
  {
    name: 'somebody else is taken into a room',
    payload: { event: 'room-join', told: { ...joined, inviteeIdList: ['resident-2'] } },
    expected: null,
  },
  {
    name: 'we are put out of a room that the puppet knows nothing of',
    payload: {
      event: 'room-leave',
      told: { roomId: 'other@chatroom', removeeIdList: ['bot'], removerId: 'resident-1', timestamp: sentAt.getTime() },
    },
    expected: { kind: 'left', chat: { id: 'other@chatroom', kind: 'group' }, sentAt },
  },
  {
    name: 'a room event without dates',
    payload: { event: 'room-leave', told: { roomId: group.id, removeeIdList: ['bot'] } },
    expected: null,
  },
]

describeChannel('wechaty', () => createWechatyHarness(), CASES, {
  reply: 'puppets cannot tie a message to another one',
  buttons: 'WeChat chats have none',
  keys: 'WeChat knows no keys of messages',
  throttled: 'puppets pass on no such answer of WeChat',
  blocked: 'puppets pass on no such answer of WeChat',
})
