import type { Answer, Choice } from '../answering/answer.ts'
import { PRIVATE_SIGNS } from '../answering/render.ts'
import { countSigns } from '../base/signs.ts'
import type { Button, Capabilities } from '../channels/channel.ts'
import type { KnowledgeSnapshot } from '../knowledge/knowledge-base.ts'
import { toMeaning, writeButtonData, type ButtonMeaning } from './button-data.ts'

export interface ComposedReply {
  text: string
  buttons?: Button[]
}

const MORE = '回“详细”看全文，回“没解决”交给人看。'

/** The answer in the form and with the buttons that the chat can take. */
export function composeReply(
  answer: Answer,
  where: { group: boolean; capabilities: Capabilities; knowledge: KnowledgeSnapshot; publicUrl: string | null },
): ComposedReply {
  const { group, capabilities, knowledge } = where
  const text = group ? answer.group : answer.text
  if (answer.outcome === 'clarify') {
    const buttons = fitButtons(answer.choices, capabilities, knowledge)
    return buttons.length === 0 ? { text } : { text, buttons }
  }
  if (group || answer.outcome !== 'card') return { text }
  if (capabilities.buttons) {
    const more: Button =
      where.publicUrl === null
        ? { label: '看全文', data: writeButtonData({ kind: 'more', slug: answer.card.id }) ?? 'unsolved' }
        : { label: '看全文', url: new URL(`/k/${answer.card.id}`, where.publicUrl).href }
    return { text, buttons: [more, { label: '没解决', data: 'unsolved' }] }
  }
  const whole = `${text}\n${MORE}`
  return { text: countSigns(whole) <= PRIVATE_SIGNS ? whole : text }
}

/** As many choices as there is room for, the way out always among them; the text numbers all of them. */
function fitButtons(
  choices: readonly Choice[],
  { buttons: room }: Capabilities,
  { items }: KnowledgeSnapshot,
): Button[] {
  if (!room) return []
  const offered = choices.filter(({ kind }) => kind !== 'none').slice(0, room.max - 1)
  const wayOut = choices.filter(({ kind }) => kind === 'none')
  return [...offered, ...wayOut].flatMap((choice) => {
    const version = choice.kind === 'none' ? undefined : items[choice.kind].get(choice.slug)?.version
    const meaning: ButtonMeaning | undefined = toMeaning(choice, version)
    const data = meaning && writeButtonData(meaning)
    return data === undefined ? [] : [{ label: cutLabel(choice.label, room.labelSigns), data }]
  })
}

function cutLabel(label: string, max: number): string {
  const signs = [...label]
  return signs.length <= max ? label : `${signs.slice(0, max - 1).join('')}…`
}
