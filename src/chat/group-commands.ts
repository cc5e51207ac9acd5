import { appendAudit } from '../audit/audit-log.ts'
import { AppError } from '../base/errors.ts'
import { HAZARDS } from '../knowledge/fields.ts'
import type { GroupSettings } from '../people/groups.ts'
import type { Places } from '../places/places.ts'
import type { Store } from '../store/store.ts'
import { inTransaction } from '../store/transaction.ts'
import type { Clock } from '../base/clock.ts'
import { resolveRegion } from './ask.ts'
import { HAZARD_NAMES, listHazards } from './chat-words.ts'
import type { Command } from './commands.ts'
import type { GroupBook } from './group-book.ts'

export interface GroupCommandParts {
  clock: Clock
  store: () => Store | null
  places: Places
  groups: GroupBook
  timeZone: string
}

/** The group in which an administrator speaks. */
export interface GroupCommander {
  group: string
  channel: string
  /** Pseudonym of the administrator, for the record. */
  person: string
}

const MUTE_MS = 24 * 3_600_000

interface Change {
  settings?: Partial<GroupSettings>
  /** Said in the group: everybody sees what was changed. */
  said: string
}

type Decide = (argument: string, settings: GroupSettings, parts: GroupCommandParts) => Change

const DECISIONS: Record<string, Decide> = {
  mute: (_, __, { clock, timeZone }) => {
    const mutedUntil = new Date(clock.now().getTime() + MUTE_MS)
    return {
      settings: { mutedUntil },
      said: `好，静音到${describeTime(mutedUntil, timeZone)}。有人遇险、橙色和红色预警照样发。回“@我 恢复”提前结束。`,
    }
  },
  unmute: () => ({ settings: { mutedUntil: null }, said: '恢复了，@我就答。' }),
  settings: (_, settings, parts) => ({ said: describeSettings(settings, parts) }),
  region: (argument, _, { places }) => {
    if (argument === '') return { said: '请写上区县，例如：@我 地区 北碚区' }
    const region = findRegion(argument, places)
    if (region === undefined) return { said: '没找到这个地方，或者不止一处。请写区县全名。' }
    return { settings: { region }, said: `改了：本群按${places.getPlace(region).name}回答。` }
  },
  subscribe: (argument, { hazards }) => {
    const named = findHazards(argument)
    if (named.length === 0) return { said: `可以订阅：${listHazards()}、全部。例如：@我 订阅 气象` }
    const all = HAZARDS.filter((hazard) => hazards.includes(hazard) || named.includes(hazard))
    return {
      settings: { hazards: all },
      said: `改了：本群订阅${all.map((hazard) => HAZARD_NAMES[hazard]).join('、')}。`,
    }
  },
  unsubscribe: (argument, { hazards }) => {
    const named = argument === '' ? [...HAZARDS] : findHazards(argument)
    const left = hazards.filter((hazard) => !named.includes(hazard))
    const names = left.map((hazard) => HAZARD_NAMES[hazard]).join('、')
    return { settings: { hazards: left }, said: `改了：本群${left.length === 0 ? '没有订阅' : `还订阅${names}`}。` }
  },
  'unasked-rumors': (argument) => {
    if (!/^(开|关|打开|关闭)$/.test(argument)) return { said: '请写开或关，例如：@我 主动辟谣 开' }
    const on = argument.includes('开')
    return {
      settings: { unaskedRumors: on },
      said: on ? '改了：群里出现已辟谣的说法，我会接一句，2小时最多一次，夜里不说。' : '改了：没@我，我不接话。',
    }
  },
}

/** Commands of a group's administrators; who may give them is checked by the caller's `mayManage`. */
export function isGroupDecision(name: string): boolean {
  return Object.hasOwn(DECISIONS, name)
}

/**
 * Changes how we behave in a group and answers with what to say there. Every change is on record.
 * @throws AppError `store-unavailable`
 */
export async function runGroupCommand(
  { name, argument }: Command,
  from: GroupCommander,
  parts: GroupCommandParts,
): Promise<string> {
  const decide = DECISIONS[name]
  if (!decide) throw new Error(`no such group command: ${name}`)
  const { settings } = await parts.groups.get(from.group)
  const change = decide(argument, settings, parts)
  if (change.settings) {
    await parts.groups.change(from.group, from.channel, (group) => ({
      ...group,
      settings: { ...group.settings, ...change.settings },
    }))
    await record(name, argument, from, parts)
  }
  return change.said
}

async function record(act: string, argument: string, from: GroupCommander, parts: GroupCommandParts): Promise<void> {
  const store = parts.store()
  if (!store) throw new AppError('store-unavailable', 'the change is not on record', { retryable: true })
  const detail = { argument: argument.slice(0, 40) }
  const entry = { at: parts.clock.now(), actor: from.person, act: `group-${act}`, subject: from.group, detail }
  await inTransaction(store, (tx) => appendAudit(tx, entry))
}

function describeSettings(settings: GroupSettings, { places, clock, timeZone }: GroupCommandParts): string {
  const { region, hazards, mutedUntil, unaskedRumors, quietFrom, quietTo } = settings
  const muted = mutedUntil !== null && mutedUntil > clock.now()
  return [
    `地区：${region === null ? '没设' : places.getPlace(region).name}；静音：${muted ? `到${describeTime(mutedUntil, timeZone)}` : '没有'}`,
    `订阅：${hazards.length === 0 ? '没有' : hazards.map((hazard) => HAZARD_NAMES[hazard]).join('、')}`,
    `主动辟谣：${unaskedRumors ? '开' : '关'}；夜里${quietFrom}点到${quietTo}点不主动说话`,
  ].join('\n')
}

function describeTime(at: Date, timeZone: string): string {
  const format = new Intl.DateTimeFormat('zh-CN', {
    timeZone,
    month: 'numeric',
    day: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  })
  const part = (type: string) => format.formatToParts(at).find((each) => each.type === type)?.value ?? ''
  return `${part('month')}月${part('day')}日${part('hour')}:${part('minute')}`
}

function findRegion(name: string, places: Places): string | undefined {
  try {
    return resolveRegion(name, places)
  } catch (error) {
    if (error instanceof AppError && error.code === 'unknown-region') return undefined
    throw error
  }
}

function findHazards(argument: string): (typeof HAZARDS)[number][] {
  if (/全部|所有/.test(argument)) return [...HAZARDS]
  return HAZARDS.filter((hazard) => argument.includes(HAZARD_NAMES[hazard]))
}
