import { decideDanger } from '../answering/decide-danger.ts'
import { pickChoice } from '../answering/choose.ts'
import type { AnsweringParts } from '../answering/answer-question.ts'
import type { InboundMessage } from '../channels/channel.ts'
import { MANNERS_COMMANDS, readCommand, type Command } from './commands.ts'
import type { CheckClaim } from './check-claim.ts'
import type { Heard } from './manners.ts'
import type { RecentAnswer } from './recent-answers.ts'

/** A message read for what decides whether we speak. */
export interface HeardMessage {
  heard: Heard
  command: Command | undefined
}

/** Shorter ones say too little to be taken for a rumor that nobody asked about. */
const MIN_RUMOR_SIGNS = 8
/** 「订阅 火灾」 is no cry for help. */
const MIN_CRY_SIGNS = 8
/** A longer message tells a story rather than calls for help. */
const MAX_CALL_SIGNS = 80
const ADVISES =
  /1(?:10|19|20)|(?:要|应该?|必须|记得|切记|千万)(?:写|先|用|把|记|扎|按|关|盖|送|找|躺|蹲|不|别)|不要|不能|不可|莫(?:去|用|要)|先.{1,12}再/
/** What counts as nearly word by word. */
const NEAR_EXACT = 0.8

export interface HearParts {
  answering: () => AnsweringParts
  checkClaim: CheckClaim
}

/**
 * `recent`: what this person was answered in this chat just now. `waited`: their last message is still being waited on.
 * `rumorsWanted`: only then is an unasked message held against the rumors.
 */
export async function hear(
  message: InboundMessage,
  about: {
    now: Date
    connectedSince: Date
    recent: RecentAnswer | undefined
    waited: boolean
    rumorsWanted: () => Promise<boolean>
  },
  parts: HearParts,
): Promise<HeardMessage> {
  const direct = message.chat.kind === 'private'
  const turned = direct || message.mentionsUs || message.repliesToUs
  // A slash alone may be meant for any bot of the group.
  const read = turned && message.button === undefined ? readCommand(message.text) : undefined
  const danger = message.button === undefined ? decideDanger(message.text, parts.answering().danger) : undefined
  // 「地区 北碚区 房子着火了我被困在屋里」 tells of danger, whatever its first word.
  const command = read && danger && [...read.argument].length >= MIN_CRY_SIGNS ? undefined : read
  const addressed = readAddress(message, command, about)
  const heard: Heard = {
    private: direct,
    fromBot: message.sender.bot,
    ageMs: about.now.getTime() - message.sentAt.getTime(),
    backlog: message.sentAt < about.connectedSince,
    addressed,
    mentionsEveryone: message.mentionsEveryone,
    forwarded: message.forwarded,
    setsManners: command !== undefined && MANNERS_COMMANDS.has(command.name),
  }
  if (heard.fromBot || command || message.button !== undefined) return { heard, command }
  const unasked = addressed === null && !direct
  if (danger && !unasked) heard.danger = { topic: danger.topic ?? '', sure: false }
  if (!unasked || message.mentionsEveryone) return { heard, command }
  const sure = danger?.sure === true && isCall(message)
  const mayBeRumor = [...message.text].length >= MIN_RUMOR_SIGNS && (sure || (await about.rumorsWanted()))
  const check = mayBeRumor ? await parts.checkClaim({ quote: message.text, cut: false }) : undefined
  // Who passes on what to do about a snakebite was not bitten.
  if (danger) heard.danger = { topic: danger.topic ?? '', sure: sure && check?.outcome !== 'matched' }
  if (check?.rebuttal && (check.candidates[0]?.confidence ?? 0) >= NEAR_EXACT) heard.rumor = check.rebuttal.id
  return { heard, command }
}

/** Somebody's own few words; whoever names the number to call or says what to do gives advice and needs none. */
function isCall({ text, media, quote }: InboundMessage): boolean {
  return media === 'text' && quote === undefined && [...text].length <= MAX_CALL_SIGNS && !ADVISES.test(text)
}

function readAddress(
  { button, mentionsUs, repliesToUs, text }: InboundMessage,
  command: Command | undefined,
  { recent, waited }: { recent: RecentAnswer | undefined; waited: boolean },
): Heard['addressed'] {
  if (button !== undefined) return 'button'
  if (command) return 'command'
  if (mentionsUs) return 'mention'
  if (repliesToUs) return 'reply'
  if (recent?.choices && pickChoice(text, recent.choices)) return 'choice'
  return waited ? 'mention' : null
}
