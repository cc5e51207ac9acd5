import { createTelegramChannel } from '../../src/channels/telegram/telegram-channel.ts'
import { silentLog } from './open-test-store.ts'
import { ALL_GROUPS, BOT_PERSON, PEOPLE, type Said, type Stage, type StageParts } from './group-day-stage.ts'
import { TelegramServer, type ArrivedMessage } from './telegram-server.ts'

const US = { id: 7_000_000_001, is_bot: true, first_name: '安晓' }
const MENTION = '@anxiao_bot'
/** Long enough that only a message that gets no answer at all waits for it. */
const TIMEOUT_MS = 2_500

const groupId = (group: number) => -1_002_000_000_000 - group
const personId = (person: number) => 610_000_000 + person

/** Telegram by long polling. */
export async function openTelegramStage({ clock }: StageParts): Promise<Stage & { server: TelegramServer }> {
  const server = new TelegramServer(clock)
  server.readsAllGroupMessages = true
  for (let person = 0; person < PEOPLE; person++) server.addChat({ id: personId(person), type: 'private' })
  for (const group of ALL_GROUPS) {
    const members = { [personId(0)]: 'creator' }
    server.addChat({ id: groupId(group), type: 'supergroup', title: `业主群${group}`, members })
  }
  await server.start()

  const update = (said: Said): Record<string, unknown> => {
    const { id, group, person, text, mention, quote, forwarded, media, bot, press, at } = said
    const chat =
      group === undefined
        ? { id: personId(person), type: 'private' }
        : { id: groupId(group), type: 'supergroup', title: `业主群${group}` }
    const from = { id: personId(person), is_bot: bot === true || person === BOT_PERSON, first_name: `邻居${person}` }
    const date = Math.floor(at.getTime() / 1000)
    if (press) {
      const { messageId, text: label, payload } = press.shown.raw as ArrivedMessage
      const keyboard = payload['reply_markup'] as { inline_keyboard: { text: string; callback_data: string }[][] }
      const data = keyboard.inline_keyboard.flat().find((button) => button.text === press.label)?.callback_data
      const message = { message_id: messageId, date, chat, from: US, text: label, reply_markup: keyboard }
      return { callback_query: { id: `press-${id}`, from, chat_instance: '1', data, message } }
    }
    const typed = mention === true ? `${MENTION} ${text}` : text
    const entities = mention === true ? [{ type: 'mention', offset: 0, length: MENTION.length }] : []
    const words =
      media === 'picture'
        ? {
            photo: [{ file_id: 'p', file_unique_id: 'p', width: 9, height: 9 }],
            caption: typed,
            caption_entities: entities,
          }
        : { text: typed, entities }
    return {
      message: {
        message_id: id,
        date,
        chat,
        from,
        ...words,
        ...(forwarded === true && { forward_origin: { type: 'hidden_user', sender_user_name: '某人', date } }),
        ...(quote !== undefined && {
          reply_to_message: {
            message_id: 1,
            date,
            chat,
            from: { ...from, id: personId(9), is_bot: false },
            text: quote,
          },
        }),
      },
    }
  }

  const next = (fault: Parameters<TelegramServer['fail']>[0]) => () => server.fail(fault)
  return {
    name: 'telegram',
    server,
    openChannel: () =>
      createTelegramChannel(
        { token: server.token, apiRoot: server.url, timeoutMs: TIMEOUT_MS },
        { clock, log: silentLog, random: () => 0 },
      ),
    ready: () => server.polled(),
    async hand(...said) {
      const ids = said.map((each) => server.push(update(each)))
      await Promise.all(ids.map((id) => server.confirmed(id)))
    },
    async sendMalformed() {
      const broken = [
        {},
        { message: null },
        { message: { message_id: 'x', text: 5 } },
        { message: { message_id: 7, date: 'gestern', chat: {}, text: '地震了' } },
        { callback_query: { id: '1', from: null } },
        { my_chat_member: { chat: 'x' } },
        { message: { message_id: 8, date: 1, chat: { id: groupId(1), type: 'supergroup' }, text: { a: 1 } } },
      ]
      await Promise.all(broken.map((payload) => server.confirmed(server.push(payload))))
    },
    shown: () =>
      server.arrived.map((arrived) => ({
        place:
          arrived.chatId < 0
            ? `group ${-arrived.chatId - 1_002_000_000_000}`
            : `person ${arrived.chatId - 610_000_000}`,
        text: arrived.text,
        buttons: arrived.buttons,
        raw: arrived,
      })),
    attempts: () => server.attempts,
    faults: [
      { name: 'throttled', begin: next('throttled'), laterMs: 36_000, expected: 'sent once' },
      // Telegram may have shown it all the same, so it is not said twice.
      { name: 'a 500', begin: next('server-error'), laterMs: 60_000, expected: 'given up', reason: 'server' },
      { name: 'a 502 in HTML', begin: next('bad-gateway'), laterMs: 60_000, expected: 'given up', reason: 'server' },
      {
        name: 'connection refused',
        begin: () => server.stop(),
        end: () => server.start(),
        laterMs: 1_100,
        expected: 'sent once',
      },
      {
        name: 'cut after it arrived',
        begin: next('cut'),
        laterMs: 60_000,
        expected: 'may have arrived once',
        reason: 'server',
      },
      {
        name: 'accepted, then silence',
        begin: next('accepted-then-silence'),
        laterMs: 60_000,
        expected: 'may have arrived once',
        reason: 'timeout',
      },
      { name: 'blocked', begin: next('blocked'), laterMs: 60_000, expected: 'given up', reason: 'blocked' },
      {
        name: 'token refused',
        begin: next('unauthorized'),
        laterMs: 60_000,
        expected: 'given up',
        reason: 'unauthorized',
      },
    ],
    close: () => server.stop(),
  }
}
