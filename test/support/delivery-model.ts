import assert from 'node:assert/strict'
import type { SendFailure, SendOutcome } from '../../src/channels/channel.ts'
import {
  decideAbandoned,
  decideAfter,
  decideUnsent,
  FINAL,
  IN_DOUBT,
  mayMove,
  originsOf,
  WAITING,
  type DeliveryState,
  type NextState,
} from '../../src/delivery/delivery-states.ts'
import type { Release } from '../../src/delivery/fan-out.ts'
import { LANES, type Lane } from '../../src/delivery/lanes.ts'

/** A row as the simulation looks at it; rows of the real table fit. */
interface ModelRow {
  id: number
  version: string
  endpoint: string
  /** Null = a reply. */
  fanOutId: string | null
  channel: string
  lane: number
  state: string
  reason: string | null
  attempts: number
  resendUnknown: boolean
  readyAt: Date
  expiresAt: Date
  leaseToken: string | null
  leaseUntil: Date | null
}
export type ModelLease = ModelRow & { leaseToken: string }

export interface ModelFanOut {
  version: string
  state: 'open' | 'halted' | 'cancelled' | 'superseded'
  snapshot: number
  notPlanned: number
  dropped: number
}

export type ModelRelease = Omit<Release, 'message' | 'recipients'> & { endpoints: readonly string[] }
type Maybe<T> = T | Promise<T>

/** What keeps the rows: the real store, or a few arrays in which a million steps take seconds. */
export interface DeliveryBackend {
  /** False = refused. */
  release(release: ModelRelease, now: Date): Maybe<boolean>
  reply(version: string, endpoint: string, channel: string, now: Date): Maybe<void>
  planChunk(now: Date): Maybe<void>
  lease(channel: string, room: number, now: Date): Maybe<readonly ModelLease[]>
  settle(settled: readonly { row: ModelLease; next: NextState }[], now: Date): Maybe<ReadonlySet<number>>
  /** `everyone`: no worker lives. */
  resetAbandoned(channel: string, everyone: boolean, now: Date): Maybe<void>
  /** Closes waiting rows that are expired or called off. */
  tidy(now: Date): Maybe<void>
  callOff(version: string, as: 'cancelled' | 'superseded', now: Date): Maybe<boolean>
  setHalt(halted: boolean): Maybe<void>
  retryFailed(version: string, unknown: boolean, now: Date): Maybe<boolean>
  reachedBy(version: string): Maybe<readonly string[]>
  look(): Maybe<{ rows: readonly ModelRow[]; fanOuts: readonly ModelFanOut[] }>
}

const CHANNELS = ['plain', 'keyed'] as const
export const isKeyed = (channel: string) => channel === 'keyed'
/** Endpoints and the channel that leads to each. */
export const CHATS: readonly (readonly [string, string])[] = [
  ['a', 'plain'],
  ['b', 'plain'],
  ['c', 'plain'],
  ['d', 'keyed'],
  ['e', 'keyed'],
  ['f', 'keyed'],
]
/** Asked to be forgotten: no contact is known any more. */
const FORGOTTEN = 'f'
export const MODEL_LEASE_MS = 60_000
const REPLY_LIFE_MS = 300_000
const MINUTE_MS = 60_000
const HOUR_MS = 3_600_000
const MAX_RELEASES = 14
const MAX_REPLIES = 10

/** A rule that a test may break on purpose, to see that the simulation notices. */
export type BrokenRule = 'expiry' | 'halt' | 'call-off' | 'chunks' | 'token' | 'doubt' | 'attempts' | 'table'

/** The rules of src/delivery over arrays: what the SQL does, without SQL. The decisions are the engine's own. */
export class MemoryBackend implements DeliveryBackend {
  readonly #rows: ModelRow[] = []
  readonly #fanOuts = new Map<string, ModelFanOut & ModelRelease & { chunks: string[][] }>()
  #halted = false
  #tokens = 0
  readonly #broken: BrokenRule | undefined

  constructor(broken?: BrokenRule) {
    this.#broken = broken
  }

  release(release: ModelRelease, now: Date): boolean {
    if (this.#fanOuts.has(release.version) || release.expiresAt <= now || release.expiresAt <= release.effectiveAt)
      return false
    const { endpoints } = release
    const chunks = [endpoints.slice(0, 2), endpoints.slice(2, 4), endpoints.slice(4)].filter(({ length }) => length > 0)
    const counts = { snapshot: endpoints.length, notPlanned: endpoints.length, dropped: 0 }
    this.#fanOuts.set(release.version, { ...release, ...counts, state: 'open', chunks })
    return true
  }

  reply(version: string, endpoint: string, channel: string, now: Date): void {
    const expiresAt = new Date(now.getTime() + REPLY_LIFE_MS)
    this.#add({ version, endpoint, channel, lane: LANES.reply, state: 'ready', readyAt: now, expiresAt })
  }

  planChunk(now: Date): void {
    for (const fanOut of this.#fanOuts.values()) {
      const chunk = fanOut.state === 'open' ? fanOut.chunks.shift() : undefined
      if (!chunk) continue
      fanOut.notPlanned -= chunk.length
      for (const endpoint of chunk) {
        const channel = CHATS.find(([name]) => name === endpoint)?.[1] ?? ''
        const state = fanOut.effectiveAt > now ? 'planned' : 'ready'
        const { version, lane, resendUnknown, expiresAt, effectiveAt: readyAt } = fanOut
        this.#add({ version, fanOutId: version, lane, resendUnknown, expiresAt, readyAt, endpoint, state, channel })
      }
      return
    }
  }

  lease(channel: string, room: number, now: Date): ModelLease[] {
    const leased: ModelLease[] = []
    const busy = new Set(this.#rows.flatMap(({ state, endpoint }) => (state === 'leased' ? [endpoint] : [])))
    const candidates = this.#rows.filter((row) => row.channel === channel && this.#mayLeave(row, now))
    candidates.sort((a, b) => a.lane - b.lane || a.readyAt.getTime() - b.readyAt.getTime() || a.id - b.id)
    for (const row of candidates) {
      if (leased.length >= room || busy.has(row.endpoint)) continue
      busy.add(row.endpoint)
      const leaseToken = `lease-${this.#tokens++}`
      Object.assign(row, { state: 'leased', leaseToken, leaseUntil: new Date(now.getTime() + MODEL_LEASE_MS) })
      leased.push({ ...row, leaseToken })
    }
    return leased
  }

  #mayLeave(row: ModelRow, now: Date): boolean {
    if (!isWaiting(row.state) || row.readyAt > now) return false
    if (row.expiresAt <= now && this.#broken !== 'expiry') return false
    if (row.fanOutId === null) return true
    if (this.#halted && this.#broken !== 'halt') return false
    return this.#fanOuts.get(row.fanOutId)?.state === 'open' || this.#broken === 'call-off'
  }

  settle(settled: readonly { row: ModelLease; next: NextState }[], now: Date): ReadonlySet<number> {
    const written = new Set<number>()
    for (const { row: leased, next } of settled) {
      const row = this.#rows[leased.id - 1]
      if (!row || (this.#broken !== 'token' && (row.state !== 'leased' || row.leaseToken !== leased.leaseToken)))
        continue
      row.state = next.state
      row.attempts = next.attempts
      row.reason = this.#broken === 'doubt' ? null : (next.reason ?? null)
      row.readyAt = next.readyAt ?? now
      row.resendUnknown &&= next.resendUnknown !== false || this.#broken === 'attempts'
      row.leaseToken = null
      row.leaseUntil = null
      written.add(row.id)
    }
    return written
  }

  resetAbandoned(channel: string, everyone: boolean, now: Date): void {
    const settled: { row: ModelLease; next: NextState }[] = []
    for (const row of this.#rows) {
      const { leaseToken, leaseUntil } = row
      if (row.state !== 'leased' || row.channel !== channel || leaseToken === null) continue
      if (!everyone && (leaseUntil === null || leaseUntil > now)) continue
      settled.push({ row: { ...row, leaseToken }, next: decideAbandoned({ ...row, idempotent: isKeyed(channel) }) })
    }
    this.settle(settled, now)
  }

  tidy(now: Date): void {
    for (const row of this.#rows) {
      const closed = row.fanOutId !== null && this.#fanOuts.get(row.fanOutId)?.state !== 'open'
      if (closed) this.#close(row, 'superseded')
      else if (row.expiresAt <= now) this.#close(row, 'expired')
    }
  }

  #close(row: ModelRow, to: DeliveryState): void {
    const from: readonly string[] = this.#broken === 'table' ? [...WAITING, 'sent'] : originsOf(to)
    if (row.state === 'leased' || row.state === 'awaiting-human' || !from.includes(row.state)) return
    row.state = row.reason === IN_DOUBT ? 'unknown' : to
  }

  callOff(version: string, as: 'cancelled' | 'superseded'): boolean {
    const fanOut = this.#fanOuts.get(version)
    if (fanOut?.state !== 'open') return false
    fanOut.state = as
    fanOut.chunks = []
    if (this.#broken !== 'chunks') fanOut.dropped += fanOut.notPlanned
    fanOut.notPlanned = 0
    for (const row of this.#rows) if (row.fanOutId === version) this.#close(row, 'superseded')
    return true
  }

  setHalt(halted: boolean): void {
    this.#halted = halted
  }

  retryFailed(version: string, unknown: boolean, now: Date): boolean {
    const fanOut = this.#fanOuts.get(version)
    if (fanOut?.state !== 'open' || fanOut.expiresAt <= now) return false
    for (const row of this.#rows) {
      if (row.fanOutId !== version || !(row.state === 'dead' || (unknown && row.state === 'unknown'))) continue
      Object.assign(row, {
        reason: row.state === 'unknown' ? IN_DOUBT : null,
        state: 'ready',
        attempts: 0,
        readyAt: now,
      })
    }
    return true
  }

  reachedBy(version: string): string[] {
    const reached = ['sent', 'unknown', 'leased', 'awaiting-human']
    return this.#rows
      .filter((row) => row.version === version && (reached.includes(row.state) || row.reason === IN_DOUBT))
      .map(({ endpoint }) => endpoint)
  }

  look() {
    return { rows: this.#rows, fanOuts: [...this.#fanOuts.values()] }
  }

  #add(
    row: Pick<ModelRow, 'version' | 'endpoint' | 'channel' | 'lane' | 'state' | 'readyAt' | 'expiresAt'> &
      Partial<ModelRow>,
  ) {
    const blank = {
      fanOutId: null,
      reason: null,
      attempts: 0,
      resendUnknown: false,
      leaseToken: null,
      leaseUntil: null,
    }
    this.#rows.push({ ...blank, ...row, id: this.#rows.length + 1 })
  }
}

/** A process that sends: what it holds is lost when it is killed, what it sent is not. */
interface Worker {
  held: Map<number, { row: ModelLease; next: NextState | undefined }>
}

/** What the platforms and an outside observer know of one message. */
interface Story {
  arrivals: number
  /** Times that nobody could know whether it arrived: timeouts, crashes, leases taken over. */
  doubts: number
  /** Sends that are justified by the message being urgent, or by an operator who wanted it. */
  mostArrivals: number
}

type EventName = keyof typeof WEIGHTS
const WEIGHTS = {
  release: 8,
  reply: 4,
  plan: 12,
  lease: 26,
  send: 40,
  settle: 20,
  crash: 2,
  reset: 5,
  tidy: 5,
  tick: 12,
  forward: 1,
  back: 1,
  halt: 1,
  resume: 4,
  callOff: 2,
  retry: 5,
} as const
const EVENTS = Object.entries(WEIGHTS).flatMap(([name, weight]) => Array<EventName>(weight).fill(name as EventName))

const failed = (failure: Omit<SendFailure, 'sentence'>): SendOutcome => ({
  kind: 'failed',
  failure: { ...failure, sentence: '' },
})
/** What a platform may do with a request, and whether the message arrives. */
const FATES: readonly (readonly [arrives: boolean, (now: Date) => SendOutcome])[] = [
  [true, () => ({ kind: 'sent' })],
  [true, () => ({ kind: 'sent', messageId: 'm' })],
  [true, () => ({ kind: 'sent' })],
  [true, () => failed({ kind: 'unknown', code: 'timeout' })],
  [false, () => failed({ kind: 'unknown', code: 'timeout' })],
  [false, (now) => failed({ kind: 'throttled', code: 'throttled', until: new Date(now.getTime() + 20_000) })],
  [false, () => failed({ kind: 'throttled', code: 'throttled' })],
  [false, () => failed({ kind: 'retryable', code: 'server' })],
  [false, () => failed({ kind: 'retryable', code: 'not-connected' })],
  [false, () => failed({ kind: 'permanent', code: 'refused' })],
  [false, () => failed({ kind: 'permanent', code: 'blocked' })],
]

/** Drives a backend with random events and holds every step against what was promised. */
export class DeliverySimulation {
  readonly #backend: DeliveryBackend
  readonly #workers: readonly Worker[] = [{ held: new Map() }, { held: new Map() }]
  readonly #stories = new Map<number, Story>()
  readonly #released = new Map<string, ModelRelease>()
  readonly #states = new Map<number, string>()
  #now = Date.parse('2026-07-18T06:00:00Z')
  #halted = false
  #replies = 0
  readonly #calledOff = new Set<string>()
  /** How often something happened that a run is worth nothing without. */
  readonly seen = { sends: 0, doubles: 0, crashes: 0, calledOff: 0, expired: 0, inDoubt: 0 }

  constructor(backend: DeliveryBackend) {
    this.#backend = backend
  }

  /** One event, drawn from `number`; 0 is none. */
  async step(number: number): Promise<void> {
    if (number === 0) return
    let left = number
    const draw = (choices: number) => {
      const drawn = left % choices
      left = Math.floor(left / choices)
      return drawn
    }
    const event = EVENTS[draw(EVENTS.length)]
    if (event) await this.#run(event, draw)
    await this.#check()
  }

  async #run(event: EventName, draw: (choices: number) => number): Promise<void> {
    const backend = this.#backend
    const now = new Date(this.#now)
    const worker = this.#workers[draw(2)]
    const channel = CHANNELS[draw(2)]
    if (!worker || !channel) return
    if (event === 'tick') this.#now += [50, 1_000, 7_000, 45_000][draw(4)] ?? 0
    else if (event === 'forward') this.#now += [2 * MINUTE_MS, HOUR_MS][draw(2)] ?? 0
    else if (event === 'back') this.#now -= [2 * MINUTE_MS, HOUR_MS][draw(2)] ?? 0
    else if (event === 'release') await this.#release(draw, now)
    else if (event === 'reply') await this.#reply(draw, now)
    else if (event === 'plan') await backend.planChunk(now)
    else if (event === 'lease') await this.#lease(worker, channel, 1 + draw(4))
    else if (event === 'send') await this.#send(worker, draw(8), draw(FATES.length))
    else if (event === 'settle') await this.#settle(worker)
    else if (event === 'crash') this.#crash(worker)
    else if (event === 'reset') await this.#reset(channel)
    else if (event === 'tidy') await backend.tidy(now)
    else if (event === 'halt' || event === 'resume') {
      this.#halted = event === 'halt'
      await backend.setHalt(this.#halted)
    } else if (event === 'callOff') await this.#callOff(draw(MAX_RELEASES), draw(2) === 0 ? 'cancelled' : 'superseded')
    else await this.#retry(draw(MAX_RELEASES), draw(2) === 0)
  }

  async #release(draw: (choices: number) => number, now: Date): Promise<void> {
    if (this.#released.size >= MAX_RELEASES) return
    const mask = 1 + draw(63)
    const lane = [LANES.urgent, LANES.orange, LANES.notice, LANES.routine][draw(4)] ?? (LANES.notice satisfies Lane)
    const release: ModelRelease = {
      version: `v${this.#released.size}`,
      lane,
      endpoints: CHATS.flatMap(([endpoint], at) => ((mask >> at) % 2 === 1 ? [endpoint] : [])),
      effectiveAt: new Date(this.#now + (draw(4) === 0 ? 5 * MINUTE_MS : 0)),
      expiresAt: new Date(this.#now + ([2 * MINUTE_MS, 10 * MINUTE_MS, 4 * HOUR_MS, 0][draw(4)] ?? 0)),
      resendUnknown: draw(2) === 0,
    }
    if (await this.#backend.release(release, now)) this.#released.set(release.version, release)
    else hold(release.expiresAt <= now || release.expiresAt <= release.effectiveAt, () => 'refused without a reason')
  }

  async #reply(draw: (choices: number) => number, now: Date): Promise<void> {
    const [endpoint, channel] = CHATS[draw(5)] ?? []
    if (endpoint === undefined || channel === undefined || this.#replies >= MAX_REPLIES) return
    await this.#backend.reply(`reply-${this.#replies++}`, endpoint, channel, now)
  }

  async #lease(worker: Worker, channel: string, room: number): Promise<void> {
    const now = new Date(this.#now)
    for (const row of await this.#backend.lease(channel, room, now)) {
      hold(row.expiresAt > now, () => `leased after it expired: ${nameOf(row)}`)
      hold(!this.#halted || row.fanOutId === null, () => `leased while halted: ${nameOf(row)}`)
      hold(!this.#calledOff.has(row.version), () => `leased after it was called off: ${nameOf(row)}`)
      const effectiveAt = this.#released.get(row.version)?.effectiveAt
      hold(
        !effectiveAt || row.state !== 'planned' || effectiveAt <= now,
        () => `leased before its hour: ${nameOf(row)}`,
      )
      worker.held.set(row.id, { row, next: undefined })
    }
  }

  /** As the pump does it with a row that it holds. */
  async #send(worker: Worker, which: number, fate: number): Promise<void> {
    const unsent = [...worker.held.values()].filter(({ next }) => next === undefined)
    const holding = unsent[which % Math.max(1, unsent.length)]
    const [arrives, answer] = FATES[fate] ?? []
    if (!holding || !answer) return
    const { row } = holding
    const now = new Date(this.#now)
    if (row.expiresAt <= now) {
      holding.next = decideUnsent(row, 'expired')
      return
    }
    if (row.endpoint === FORGOTTEN && row.fanOutId !== null) {
      holding.next = decideUnsent(row, 'skipped', 'no-contact')
      return
    }
    const story = this.#storyOf(row)
    const outcome = answer(now)
    this.seen.sends++
    if (arrives === true) {
      // A platform with keys drops the second.
      if (story.arrivals > 0 && !isKeyed(row.channel)) this.seen.doubles++
      story.arrivals = isKeyed(row.channel) ? 1 : story.arrivals + 1
    }
    if (outcome.kind === 'failed' && outcome.failure.kind === 'unknown') story.doubts++
    holding.next = decideAfter(outcome, { ...row, idempotent: isKeyed(row.channel) }, now)
    if (outcome.kind === 'failed' && outcome.failure.kind === 'throttled') {
      assert.equal(holding.next.attempts, row.attempts, 'a throttle cost an attempt')
    }
  }

  async #settle(worker: Worker): Promise<void> {
    const settled = [...worker.held.values()].flatMap(({ row, next }) => (next ? [{ row, next }] : []))
    if (settled.length === 0) return
    for (const { row } of settled) worker.held.delete(row.id)
    const before = new Map((await this.#backend.look()).rows.map(({ id, leaseToken }) => [id, leaseToken]))
    const written = await this.#backend.settle(settled, new Date(this.#now))
    for (const { row } of settled) {
      const held = before.get(row.id) === row.leaseToken
      hold(written.has(row.id) === held, () => `settled by somebody who no longer held it: ${nameOf(row)}`)
    }
  }

  #crash(worker: Worker): void {
    this.seen.crashes++
    for (const { row } of worker.held.values()) this.#storyOf(row).doubts++
    worker.held.clear()
  }

  async #reset(channel: string): Promise<void> {
    const everyone = this.#workers.every(({ held }) => held.size === 0)
    const now = new Date(this.#now)
    for (const row of (await this.#backend.look()).rows) {
      const over = row.state === 'leased' && row.leaseUntil !== null && row.leaseUntil <= now
      if (over && row.channel === channel) this.#storyOf(row).doubts++
    }
    await this.#backend.resetAbandoned(channel, everyone, now)
  }

  async #callOff(which: number, as: 'cancelled' | 'superseded'): Promise<void> {
    const version = `v${which}`
    const could = this.#released.has(version) && !this.#calledOff.has(version)
    assert.equal(await this.#backend.callOff(version, as, new Date(this.#now)), could)
    if (!could) return
    this.#calledOff.add(version)
    this.seen.calledOff++
  }

  async #retry(which: number, unknown: boolean): Promise<void> {
    const version = `v${which}`
    const before = (await this.#backend.look()).rows.map((row) => ({ ...row }))
    const done = await this.#backend.retryFailed(version, unknown, new Date(this.#now))
    if (!done || !unknown) return
    for (const row of before) {
      if (row.version === version && row.state === 'unknown') {
        const story = this.#storyOf(row)
        story.doubts++
        // The operator's resend may itself be one that may be resent.
        story.mostArrivals += row.resendUnknown ? 2 : 1
      }
    }
  }

  #storyOf(row: ModelRow): Story {
    const known = this.#stories.get(row.id)
    if (known) return known
    const urgent = this.#released.get(row.version)?.resendUnknown === true
    const story = { arrivals: 0, doubts: 0, mostArrivals: urgent ? 2 : 1 }
    this.#stories.set(row.id, story)
    return story
  }

  /** What holds after every step, whatever happened. */
  async #check(): Promise<void> {
    const { rows, fanOuts } = await this.#backend.look()
    const counts = new Map<string, number>()
    const leasedTo = new Set<string>()
    for (const row of rows) {
      const before = this.#states.get(row.id)
      if (before !== row.state) this.#checkMove(row, before)
      if (row.fanOutId !== null) counts.set(row.version, (counts.get(row.version) ?? 0) + 1)
      if (row.state === 'leased') {
        hold(!leasedTo.has(row.endpoint), () => `two under way to one chat: ${nameOf(row)}`)
        leasedTo.add(row.endpoint)
      }
      const story = this.#stories.get(row.id)
      if (story) this.#checkStory(row, story)
      else hold(row.state !== 'sent', () => `said to be sent, never was: ${nameOf(row)}`)
    }
    for (const { version, snapshot, notPlanned, dropped } of fanOuts) {
      hold((counts.get(version) ?? 0) + notPlanned + dropped === snapshot, () => `not conserved: ${version}`)
    }
  }

  #checkMove(row: ModelRow, before: string | undefined): void {
    const to = row.state as DeliveryState
    if (before === undefined) hold(['planned', 'ready'].includes(to), () => `began as ${to}`)
    else hold(mayMove(before as DeliveryState, to), () => `${nameOf(row)} went from ${before} to ${to}`)
    this.#states.set(row.id, to)
    if (to === 'expired') this.seen.expired++
    if (row.reason === IN_DOUBT) this.seen.inDoubt++
  }

  #checkStory(row: ModelRow, { arrivals, doubts, mostArrivals }: Story): void {
    const { state } = row
    if (state === 'sent') hold(arrivals > 0, () => `said to be sent, never arrived: ${nameOf(row)}`)
    if (arrivals > 0) {
      const hidden = ['dead', 'skipped', 'expired', 'superseded'].includes(state)
      hold(!hidden, () => `arrived and is called ${state}: ${nameOf(row)}`)
      hold(!isWaiting(state) || row.reason === IN_DOUBT, () => `arrived and waits without a doubt: ${nameOf(row)}`)
    }
    if (isKeyed(row.channel)) return
    hold(arrivals <= 1 + doubts, () => `arrived ${arrivals} times with ${doubts} doubts: ${nameOf(row)}`)
    hold(arrivals <= mostArrivals, () => `arrived ${arrivals} times, may ${mostArrivals}: ${nameOf(row)}`)
  }

  /** Everybody who got a message is among those whom its correction would reach. */
  async checkReached(): Promise<void> {
    const { rows, fanOuts } = await this.#backend.look()
    for (const { version } of fanOuts) {
      const reached = new Set(await this.#backend.reachedBy(version))
      for (const row of rows) {
        const arrived = row.version === version && (this.#stories.get(row.id)?.arrivals ?? 0) > 0
        hold(!arrived || reached.has(row.endpoint), () => `a correction would miss ${nameOf(row)}`)
      }
    }
  }

  /** Trouble ends: everything comes to an end too. */
  async finish(): Promise<void> {
    const backend = this.#backend
    await this.checkReached()
    this.#halted = false
    await backend.setHalt(false)
    for (const worker of this.#workers) this.#crash(worker)
    for (let round = 0; round < 80; round++) {
      const now = new Date(this.#now)
      for (const channel of CHANNELS) {
        await this.#reset(channel)
        for (const worker of this.#workers) {
          await this.#lease(worker, channel, 32)
          await this.#check()
          while ([...worker.held.values()].some(({ next }) => next === undefined)) await this.#send(worker, 0, 0)
          await this.#settle(worker)
          await this.#check()
        }
      }
      await backend.planChunk(now)
      await this.#check()
      await backend.tidy(now)
      await this.#check()
      const { rows, fanOuts } = await backend.look()
      const open = rows.some(({ state }) => !(FINAL as readonly string[]).includes(state))
      if (!open && fanOuts.every(({ notPlanned }) => notPlanned === 0)) return this.checkReached()
      if (round > 2) this.#now += 10 * MINUTE_MS
    }
    assert.fail('something waits for ever')
  }
}

/** As `assert.ok`, with words that are made only when they are needed. */
function hold(condition: boolean, describe: () => string): void {
  if (!condition) assert.fail(describe())
}

const waitingStates: ReadonlySet<string> = new Set(WAITING)
function isWaiting(state: string): boolean {
  return waitingStates.has(state)
}

function nameOf({ version, endpoint }: ModelRow): string {
  return `${version} ${endpoint}`
}
