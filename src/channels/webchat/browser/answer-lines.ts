import type { AskReply } from '../../../chat/contract.ts'

/** The lines of an answer as both the server's page and the browser show them; no word is added or changed. */
export type AnswerLine =
  | { kind: 'words'; mark: string | undefined; text: string }
  | { kind: 'steps'; steps: string[] }
  | { kind: 'call'; number: string; label: string; first: boolean }
  | { kind: 'source'; text: string; link: string | undefined }

const MARK = /^【([^】]{1,8})】(.*)$/
const STEP = /^\d\. ?(.*)$/
const OTHER_NUMBERS = /^也可打：(.+)$/

/** Splits the text of a reply: marked words, numbered steps, numbers to call, and the line that names the source. */
export function splitAnswer(reply: AskReply): AnswerLine[] {
  const written = reply.outcome === 'clarify' ? reply.text.split('\n').slice(0, 1) : reply.text.split('\n')
  const lines: AnswerLine[] = []
  for (const line of written.filter((words) => words !== '')) {
    const step = STEP.exec(line)?.[1]
    const last = lines.at(-1)
    if (step === undefined) lines.push(...readLine(line, reply))
    else if (last?.kind === 'steps') last.steps.push(step)
    else lines.push({ kind: 'steps', steps: [step] })
  }
  return lines
}

function readLine(line: string, reply: AskReply): AnswerLine[] {
  if (line === reply.call?.number) return [{ kind: 'call', number: line, label: reply.call.label, first: true }]
  const others = reply.call === undefined ? undefined : OTHER_NUMBERS.exec(line)?.[1]
  if (others !== undefined) {
    return others.split('、').map((number) => ({ kind: 'call', number, label: `也可打 ${number}`, first: false }))
  }
  if (line.startsWith('来源：')) return [{ kind: 'source', text: line, link: findAnswerLink(reply) }]
  const marked = MARK.exec(line)
  if (marked) return [{ kind: 'words', mark: marked[1], text: marked[2] ?? '' }]
  return [{ kind: 'words', mark: reply.outcome === 'clarify' ? '请选择' : undefined, text: line }]
}

/** The public page of what was answered. */
export function findAnswerLink(reply: AskReply): string | undefined {
  if (reply.card !== undefined) return `/k/${reply.card.number}`
  if (reply.rebuttal !== undefined) return `/r/${reply.rebuttal.number}`
  const plan = reply.plan === undefined ? undefined : /·(P-\d+)$/m.exec(reply.text)?.[1]
  const locator = reply.citations[0]?.locator
  if (plan === undefined) return undefined
  return locator === undefined ? `/p/${plan}` : `/p/${plan}/${encodeURIComponent(locator)}`
}

const NOT_QUESTIONS = ['greeting', 'thanks', 'about-bot', 'rude', 'nothing-said']

/** The store is away: a refusal without any reason of its own says so. */
export function isDegraded(reply: AskReply): boolean {
  return reply.outcome === 'declined' && reply.reasons.every(({ code }) => code === 'degraded')
}

/** Whether 「没解决」 stands under an answer: never beside danger, a question back, small talk or an opened ticket. */
export function mayBeUnsolved(reply: AskReply): boolean {
  if (reply.outcome === 'life-threat' || reply.outcome === 'clarify' || reply.ticket !== undefined || isDegraded(reply))
    return false
  return !reply.reasons.some(({ code }) => NOT_QUESTIONS.includes(code))
}
