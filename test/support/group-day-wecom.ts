import type { Channel, Receive } from '../../src/channels/channel.ts'
import { createWecomBotChannel } from '../../src/channels/wecom/wecom-bot-channel.ts'
import { ALL_GROUPS, PEOPLE, until, type Said, type Stage, type StageParts } from './group-day-stage.ts'
import { silentLog } from './open-test-store.ts'
import { WecomBotServer, type ArrivedBotMessage, type BotFault } from './wecom-bot-server.ts'

const BOT = { botId: 'AIBOT1', secret: 'secret-of-a-bot' }
const TIMEOUT_MS = 4_000

/** 企业微信智能机器人 over its WebSocket. */
export async function openWecomStage({ clock }: StageParts): Promise<Stage> {
  const server = await WecomBotServer.start({ ...BOT, clock })
  server.meet(...ALL_GROUPS.map((group) => `group-${group}`))
  server.meet(...[...Array(PEOPLE).keys()].map((person) => `person-${person}`))
  let channel: Channel
  let handed = 0
  let takenUp = 0

  const frame = ({ id, group, person, text, mention, quote, media, press, at }: Said) => {
    const body = {
      msgid: `MSG${id}`,
      aibotid: BOT.botId,
      ...(group === undefined ? { chattype: 'single' } : { chattype: 'group', chatid: `group-${group}` }),
      from: { userid: `person-${person}` },
      create_time: Math.floor(at.getTime() / 1000),
    }
    if (press) {
      const { body: shown } = press.shown.raw as ArrivedBotMessage
      const card = shown['template_card'] as { task_id: string; button_list: { text: string; key: string }[] }
      const key = card.button_list.find((button) => button.text === press.label)?.key
      const pressed = { event_key: key, task_id: card.task_id, card_type: 'button_interaction' }
      const event = { eventtype: 'template_card_event', template_card_event: pressed }
      return { cmd: 'aibot_event_callback', body: { ...body, msgtype: 'event', event } }
    }
    const content = mention === true && group !== undefined ? `@安晓\u2005${text}` : text
    const words =
      media === 'picture'
        ? { msgtype: 'image', image: { url: 'x', aeskey: 'x' } }
        : { msgtype: 'text', text: { content } }
    const quoted = quote === undefined ? {} : { quote: { msgtype: 'text', text: { content: quote } } }
    return { cmd: 'aibot_msg_callback', body: { ...body, ...words, ...quoted } }
  }

  const next = (fault: BotFault) => () => server.fail(fault)
  const reconnected = (waitMs: number) => async () => {
    server.closed = false
    clock.advance(waitMs)
    await until('subscribed again', () => channel.health().state === 'connected')
  }
  const cut = async () => {
    server.closed = true
    server.cut()
    await until('the loss is noticed', () => channel.health().state === 'failing')
  }
  return {
    name: 'wecom-bot',
    openChannel() {
      const real = createWecomBotChannel(
        { ...BOT, name: '安晓', wsUrl: server.url, timeoutMs: TIMEOUT_MS },
        { clock, timers: clock, log: silentLog },
      )
      // The platform is told nothing when a message is taken up, so that is counted here.
      const start = (receive: Receive) =>
        real.start(async (event) => {
          await receive(event)
          takenUp += 1
        })
      channel = Object.create(real, { start: { value: start } }) as Channel
      return channel
    },
    ready: () => until('subscribed', () => channel.health().state === 'connected'),
    async hand(...said) {
      for (const each of said) server.deliver(frame(each))
      handed += said.length
      await until('everything is taken up', () => takenUp >= handed)
    },
    async sendMalformed() {
      server.sendRaw('no json')
      server.sendRaw('{"cmd":5}')
      server.deliver({ cmd: 'aibot_msg_callback', body: { msgid: 'X1', msgtype: 'text' } })
      server.deliver({
        cmd: 'aibot_msg_callback',
        body: { msgid: 'X2', from: { userid: 'x' }, msgtype: 'text', text: 5 },
      })
      server.deliver({
        cmd: 'aibot_event_callback',
        body: { msgid: 'X3', event: { eventtype: 'template_card_event' } },
      })
      await server.settle()
    },
    shown: () =>
      server.arrived.map((arrived) => ({
        place: arrived.chatId.replace('-', ' '),
        text: arrived.text,
        buttons: arrived.buttons,
        raw: arrived,
      })),
    attempts: () => server.attempts,
    faults: [
      { name: 'throttled', begin: next('throttled'), laterMs: 61_000, expected: 'sent once' },
      { name: 'the system is busy', begin: next('server-error'), laterMs: 1_100, expected: 'sent once' },
      {
        name: 'disconnected before it is sent',
        begin: cut,
        end: reconnected(60_000),
        laterMs: 30_000,
        expected: 'sent once',
      },
      {
        name: 'not subscribed any more',
        begin: next('not-subscribed'),
        end: reconnected(60_000),
        laterMs: 30_000,
        expected: 'sent once',
      },
      {
        name: 'cut after it arrived',
        begin: next('cut-after-arrival'),
        end: reconnected(60_000),
        laterMs: 30_000,
        expected: 'may have arrived once',
        reason: 'timeout',
      },
      {
        name: 'accepted, then silence',
        begin: next('accepted-then-silence'),
        unansweredMs: TIMEOUT_MS,
        laterMs: 60_000,
        expected: 'may have arrived once',
        reason: 'timeout',
      },
      { name: 'no such chat', begin: next('blocked'), laterMs: 60_000, expected: 'given up', reason: 'chat-gone' },
    ],
    close: () => server.stop(),
  }
}
