import { countSigns } from '../base/signs.ts'
import type { Card } from '../knowledge/card.ts'
import type { Audience, Form, Source } from '../knowledge/fields.ts'
import type { Published } from '../knowledge/item.ts'
import type { LifeThreat } from '../knowledge/life-threat.ts'
import type { PlanUnit } from '../knowledge/plan.ts'
import type { PlanQuote } from '../knowledge/quote-plan.ts'
import { VERDICT_WORDS } from '../knowledge/rebuttal.ts'

/** An answer in its two lengths (look.md §5): private ≤300 visible signs, group ≤120 signs and ≤6 lines. */
export interface Rendered {
  text: string
  group: string
}

type Length = keyof Rendered

interface Reviewed {
  sources: Source[]
  checkedOn: string
  review: string
}

/** Room of a private answer, in visible signs. */
export const PRIVATE_SIGNS = 300

/** Room of an answer in a group, in visible signs. */
const GROUP_SIGNS = 120
const GROUP_LINES = 6

/** `first`: what goes before the card's own text, in either form, where there is room for it. */
export function renderCard(card: Published<'card'>, audience: Audience, first: Partial<Rendered> = {}): Rendered {
  const variant = audience === 'resident' ? undefined : card.content.variants[audience]
  const render = (form: Form, length: Length) => {
    const text = joinLines([`【科普】${form.lead}`, ...formRest(form), sourceLine(card, length)])
    const whole = joinLines([first[length], text])
    const fits = length === 'text' ? countSigns(whole) <= PRIVATE_SIGNS : fitsGroup(whole)
    return fits ? whole : text
  }
  return {
    text: render(variant?.private ?? card.content.private, 'text'),
    group: render(variant?.group ?? card.content.group, 'group'),
  }
}

const EMERGENCY_NUMBERS = new Set(['110', '119', '120'])

/** Before the card of a danger that has no text of its own: the act does not wait for the call. */
export function renderUrgency({ calls }: Card): Rendered {
  const call = calls.find(({ number }) => EMERGENCY_NUMBERS.has(number))
  const line = `【正在发生】照下面做，同时打${call?.number ?? '110、119或120'}。`
  return { text: line, group: line }
}

/** Whether a text has room in a group. */
export function fitsGroup(text: string): boolean {
  return countSigns(text) <= GROUP_SIGNS && text.split('\n').length <= GROUP_LINES
}

/** The verdict leads, but where the claim is dangerous advice the act leads and the verdict follows. */
export function renderRebuttal(rebuttal: Published<'rebuttal'>, audience: Audience): Rendered {
  const { content } = rebuttal
  const elder = audience === 'elder' ? content.elder : undefined
  const verdict = `【${VERDICT_WORDS[content.verdict]}】`
  const render = (form: Form, length: Length) =>
    joinLines([
      ...(content.refutation === undefined
        ? [`${verdict}${form.lead}`]
        : [form.lead, `${verdict}${content.refutation}`]),
      ...formRest(form),
      sourceLine(rebuttal, length),
    ])
  return {
    text: render(elder?.private ?? content.private, 'text'),
    group: render(elder?.group ?? content.group, 'group'),
  }
}

/** The number stands alone on its line: first, or right after the act, as the text declares. */
export function renderLifeThreat(threat: { number: string; content: LifeThreat }, audience: Audience): Rendered {
  const { content } = threat
  const forms = audience === 'elder' ? content.elder : content
  const [first = '', ...others] = content.numbers
  const numbers = [first, others.length > 0 ? `也可打：${others.join('、')}` : undefined]
  const render = ({ act, steps }: { act: string; steps: string[] }, length: Length) =>
    joinLines([
      ...(content.first === 'act' ? [act, ...numbers, ...numbered(steps)] : [...numbers, ...numbered([act, ...steps])]),
      sourceLine(threat, length),
    ])
  return { text: render(forms.private, 'text'), group: render(forms.group, 'group') }
}

/** Exact words of the document: `quote` is a cut-out of the unit's text; a group that has no room for one is told so. */
export function renderPlan(plan: Published<'plan'>, unit: PlanUnit, quote: PlanQuote, today: string): Rendered {
  const { content, number } = plan
  const title = content.shortTitle ?? `《${content.title}》`
  const origin = `来源：${title}·${content.number}·${unit.locator}`
  const notes = [
    '这是文件原文，不是避险步骤。',
    content.until !== undefined && content.until < today ? `规划期到${content.until.slice(0, 4)}年，已结束。` : '',
    content.part === undefined && !unit.uncertain ? '' : '收到的文本不全，引用前请核对原件。',
  ]
  return {
    text: joinLines([`【政策原文】“${quote.text}”`, notes.join(''), `${origin}·${content.date}·${number}`]),
    group: joinLines([
      quote.group === undefined ? '【政策原文】原句较长，请私聊我看全文。' : `【政策原文】“${quote.group}”`,
      notes.slice(0, 2).join(''),
      `${origin}·${number}`,
    ]),
  }
}

/** Choices are numbered from 1; the last one is always a way out. */
export function renderChoices(labels: readonly string[]): Rendered {
  const choices = labels.map((label, index) => `${index + 1} ${label}`)
  return {
    text: joinLines(['您问的是哪一种？点一下，或者回数字：', ...choices]),
    group: joinLines(['您问的是哪一种？回数字：', ...choices]),
  }
}

export function joinLines(parts: readonly (string | undefined)[]): string {
  return parts.filter((part) => part !== undefined && part !== '').join('\n')
}

function formRest(form: Form): (string | undefined)[] {
  return [...numbered(form.steps), form.note]
}

function numbered(steps: readonly string[]): string[] {
  return steps.map((step, index) => `${index + 1}. ${step}`)
}

/**
 * Source · day of the last check · number · review state. A group has room for the month only.
 * A text read straight from a seed file has no number yet.
 */
function sourceLine(item: { number: string; content: Reviewed }, length: Length): string {
  const { sources, checkedOn, review } = item.content
  const issuer = sources[0]?.issuerShort ?? sources[0]?.issuer
  const checked = length === 'text' ? `${checkedOn}核对` : checkedOn.slice(0, 7)
  const pending = length === 'text' ? '依据来源核对，尚待专家复核' : '待专家复核'
  const parts = [
    issuer,
    checked,
    item.number === '' ? undefined : item.number,
    review === 'expert-approved' ? undefined : pending,
  ]
  return `来源：${parts.filter((part) => part !== undefined).join('·')}`
}
