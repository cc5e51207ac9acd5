import { serve, type ServerType } from '@hono/node-server'
import { OpenAPIHono } from '@hono/zod-openapi'
import { mkdirSync, readFileSync } from 'node:fs'
import type { Server } from 'node:http'
import { join } from 'node:path'
import packageJson from '../package.json' with { type: 'json' }
import { createAnsweringState, type AnsweringState } from './answering/answering-state.ts'
import { NO_DANGER, OTHER_DANGER } from './answering/decide-danger.ts'
import { readLifeThreatLexicon } from './answering/life-threat-lexicon.ts'
import { normalizeFor, readRunModel, type RunModel } from './answering/run-model.ts'
import { NOT_OURS } from './answering/topics/recognize-topics.ts'
import { readTermList } from './answering/term-list.ts'
import { systemClock, type Clock } from './base/clock.ts'
import { systemTimers, type Timers } from './base/timers.ts'
import { AppError } from './base/errors.ts'
import { createLog, type Logger } from './base/log.ts'
import { rememberLast } from './base/remember-last.ts'
import type { Channel } from './channels/channel.ts'
import { createControl, type ControlParts } from './channels/cli/control.ts'
import { listenOnSocket } from './channels/cli/socket.ts'
import { createTelegramChannel } from './channels/telegram/telegram-channel.ts'
import { createWebChat } from './channels/webchat/webchat.ts'
import { createWechatyChannel } from './channels/wechaty/wechaty-channel.ts'
import { createWecomAppChannel } from './channels/wecom/wecom-app-channel.ts'
import { createWecomBotChannel } from './channels/wecom/wecom-bot-channel.ts'
import { createWecomMassChannel } from './channels/wecom/wecom-mass-channel.ts'
import { createWecomRobotChannel } from './channels/wecom/wecom-robot-channel.ts'
import { createChatMetrics } from './chat/chat-metrics.ts'
import { createClaimCheck } from './chat/check-claim.ts'
import type { Health } from './chat/contract.ts'
import { createConversations } from './chat/conversations.ts'
import { createGroupBook } from './chat/group-book.ts'
import { createHandledMessages } from './chat/handled-messages.ts'
import { createPendingQuestions } from './chat/pending-questions.ts'
import { createRateLimiter } from './chat/limits.ts'
import { createReceiver, type Receiver } from './chat/receive.ts'
import { createRecentAnswers } from './chat/recent-answers.ts'
import type { Config } from './config/config.ts'
import { createDelivery } from './delivery/deliver.ts'
import type { Delivery } from './delivery/delivery.ts'
import { registerDeliveryMetrics } from './delivery/delivery-metrics.ts'
import { answerErrorsAsJson } from './http/errors.ts'
import {
  addSecurityHeaders,
  connectionAddress,
  createAddressReader,
  limitBody,
  requireKnownHost,
} from './http/guard.ts'
import { createMetrics, requireToken, type Metrics } from './http/metrics.ts'
import { createKnowledgeKeeper } from './knowledge/knowledge-keeper.ts'
import { describeProblem, type SeedResult } from './knowledge/seed-file.ts'
import { createContacts } from './people/contacts.ts'
import { createSealer } from './people/sealer.ts'
import { createPseudonyms } from './people/pseudonyms.ts'
import { readSecretKey, requireSameKey } from './people/secret-key.ts'
import { loadPlaces } from './places/places.ts'
import { createAnalyzer } from './retrieval/analysis.ts'
import { EmbeddedSearchIndex } from './retrieval/engines/embedded.ts'
import { createIndexFile, markIndex } from './retrieval/engines/index-file.ts'
import { loadLexicon } from './retrieval/lexicon.ts'
import type { SearchIndex } from './retrieval/search-index.ts'
import { openStore } from './store/open-store.ts'
import type { Store, StoreOptions } from './store/store.ts'

const VERSION = packageJson.version
const FLUSH_EVERY_MS = 1_000
const FOLLOW_EVERY_MS = 5_000
const FORGET_EVERY_MS = 3_600_000
/** An index that differs by less from its file is not written before the end: nothing is answered meanwhile. */
const LITTLE_CHANGED = 0.1
const INDEX_FILE = 'search-index.bin'
const RETRY_STORE_EVERY_MS = 15_000
const DAY_MS = 86_400_000

/** What a test or a tool may put in place of the real part. */
export interface AppOverrides {
  clock?: Clock
  timers?: Timers
  log?: Logger
  /** Instead of the channels that the settings name. */
  channels?: readonly Channel[]
  openStore?: (options: StoreOptions, parts: { log: Logger }) => Promise<Store>
}

export interface App {
  /** Resolves when questions are answered; with the store away that is life threats and hotlines only. */
  start(): Promise<{ url: string | null; degraded: boolean }>
  /** Finishes what is under way and writes what is only in memory; for tests and before stopping. */
  drain(): Promise<void>
  /** Stops taking requests, drains, closes the store. May be called again. */
  stop(): Promise<void>
  /** The HTTP application, for tests without a port. */
  fetch(request: Request): Response | Promise<Response>
  /** Takes over what is published now; without it a change made elsewhere is followed within seconds. */
  refreshKnowledge(): Promise<void>
  /** What the command line works with when no other process runs. */
  readonly parts: ControlParts
}

/** Puts all parts together; nothing is opened before `start`. `listen: false` serves neither port nor socket. */
export function createApp(config: Config, overrides: AppOverrides & { listen?: boolean } = {}): App {
  const clock = overrides.clock ?? systemClock
  const log = overrides.log ?? createLog(config.log.level)
  const timers = overrides.timers ?? systemTimers
  const open = overrides.openStore ?? openStore
  const channels = overrides.channels ?? createChannels(config, { clock, timers, log })
  let store: Store | null = null
  let phase: 'starting' | 'running' | 'stopped' = 'starting'
  const servers: (ServerType | Server)[] = []
  const intervals: NodeJS.Timeout[] = []

  const lexicons = join(config.content.seedsDir, 'lexicons')
  const places = loadPlaces()
  const lexicon = loadLexicon(lexicons)
  const analyzer = createAnalyzer(lexicon)
  const normalize = rememberLast((text: string) => analyzer.analyzeBody(text))
  const index = new EmbeddedSearchIndex(analyzer)
  const kept = createIndexFile({
    file: join(config.store.dataDir, INDEX_FILE),
    index,
    mark: () => markIndex(VERSION, lexicon),
    log: log.child({ part: 'search' }),
  })
  const answering = createAnsweringState({
    index,
    kept,
    places,
    danger: {
      lexicon: readLexiconFile(lexicons, 'life-threats.yaml', readLifeThreatLexicon),
      model: normalizeFor(readModelFile(lexicons, 'danger-model.json', [NO_DANGER, OTHER_DANGER]), normalize),
      topics: normalizeFor(readModelFile(lexicons, 'topic-model.json', [NOT_OURS]), normalize),
    },
    normalize,
    fieldTerms: readLexiconFile(lexicons, 'field-terms.yaml', readTermList),
    planTerms: readLexiconFile(lexicons, 'plan-terms.yaml', readTermList),
    clock,
    ...config.place,
  })
  const keeper = createKnowledgeKeeper({
    ...config.content,
    release: VERSION,
    clock,
    log: log.child({ part: 'knowledge' }),
    replace: (snapshot) => answering.replace(snapshot),
  })
  const conversations = createConversations({ clock, log: log.child({ part: 'chat' }), store: () => store })
  const health = async () => describeHealth(phase, store, answering, index, channels)
  const parts: ControlParts = {
    clock,
    log: log.child({ part: 'chat' }),
    store: () => store,
    limiter: config.http.rateLimits ? createRateLimiter(clock) : null,
    conversations,
    answering: () => answering.current(),
    places,
    channels,
    status: health,
  }
  const metrics = createMetrics(() => index.size)
  const web = createWeb(config, parts, { health, log, metrics, channels })
  let chat: ChannelChat | null = null

  const openConfigured = () => open(config.store, { log: log.child({ part: 'store' }) })
  const attachStore = async (opening: Promise<Store>) => {
    const opened = await opening
    try {
      const report = await keeper.attach(opened)
      log.info({ report }, 'knowledge loaded')
      await kept.save(LITTLE_CHANGED)
      store = opened
    } catch (error) {
      await opened.close()
      throw error
    }
  }

  const every = (ms: number, what: string, work: () => Promise<unknown>) => {
    let running = false
    const run = async () => {
      if (running || phase === 'stopped') return
      running = true
      try {
        await work()
      } catch (error) {
        log.warn({ error, what }, 'will be tried again')
      } finally {
        running = false
      }
    }
    intervals.push(setInterval(() => void run(), ms).unref())
  }

  const refreshKnowledge = async () => {
    if (store) await keeper.refresh(store)
  }

  const drain = async () => {
    await chat?.receiver.drain()
    await conversations.flush()
    await store?.flush()
  }

  const stop = async () => {
    if (phase === 'stopped') return
    phase = 'stopped'
    for (const timer of intervals) clearInterval(timer)
    // What was taken up is still answered, so the channels take nothing new but go on sending.
    await Promise.all(channels.flatMap((channel) => (channel.pause ? [channel.pause()] : [])))
    await chat?.receiver.drain().catch((error: unknown) => log.error({ error }, 'not everything was answered'))
    await chat?.delivery.stop()
    await Promise.all(channels.map((channel) => channel.stop()))
    await Promise.all(servers.map(closeServer))
    await drain().catch((error: unknown) => log.error({ error }, 'not everything in memory was written'))
    await kept.save(0)
    await store?.close()
  }

  const serveControl = async () => {
    mkdirSync(config.store.dataDir, { recursive: true, mode: 0o700 })
    const control = createControl(parts)
    control.onError(answerErrorsAsJson(log))
    servers.push(await listenOnSocket(config.store.dataDir, control))
  }

  const startChannels = async () => {
    const secret = readSecretKey(config.store.dataDir)
    if (store) await requireSameKey(store.db, secret)
    const { receiver, delivery, forgetOld } = createChannelChat(config, secret, { ...parts, timers, channels, metrics })
    chat = { receiver, delivery, forgetOld }
    every(FORGET_EVERY_MS, 'forget messages and people of long ago', forgetOld)
    // A platform that hangs must not hold up the others or the page.
    for (const channel of channels) {
      channel
        .start((event) => receiver.receive(channel, event))
        .then(() => receiver.resume(channel))
        .catch((error: unknown) => log.error({ error, channel: channel.name }, 'channel not started'))
    }
  }

  const start = async () => {
    // The store comes up in its own thread while the files are read here.
    const opening = openConfigured()
    opening.catch(() => {})
    let url: string | null = null
    try {
      await keeper.readWithoutStore()
      if (overrides.listen !== false) url = await listen(config, web, servers)
      await attachStore(opening).catch((error: unknown) => {
        // Another live process owns the data: two would lose each other's rows.
        if (error instanceof AppError && error.code === 'store-locked') throw error
        log.error({ error }, 'the store is away: only life threats and hotlines are answered')
      })
      if (overrides.listen !== false) {
        await serveControl().catch((error: unknown) =>
          log.error({ error }, 'the command line cannot reach this process'),
        )
      }
    } catch (error) {
      await stop()
      if (!store) await opening.then((unused) => unused.close()).catch(() => {})
      throw error
    }
    every(FLUSH_EVERY_MS, 'flush conversations', () => conversations.flush())
    every(FORGET_EVERY_MS, 'forget old conversations', () => conversations.forgetOld())
    every(FOLLOW_EVERY_MS, 'follow published knowledge', refreshKnowledge)
    every(RETRY_STORE_EVERY_MS, 'open the store', async () => store ?? (await attachStore(openConfigured())))
    phase = 'running'
    if (channels.length > 0) {
      // The page goes on without them.
      await startChannels().catch((error: unknown) => log.error({ error }, 'the channels stay off'))
    }
    return { url, degraded: store === null }
  }

  return { start, drain, stop, refreshKnowledge, fetch: (request) => web.fetch(request), parts }
}

function createWeb(
  config: Config,
  parts: ControlParts,
  state: { health: () => Promise<Health>; log: Logger; metrics: Metrics; channels: readonly Channel[] },
): OpenAPIHono {
  const web = new OpenAPIHono()
  const { metrics } = state
  const readAddress = createAddressReader(config.http.trustedProxies)
  web.onError(answerErrorsAsJson(state.log))
  web.notFound(() => {
    throw new AppError('not-found', 'no such path')
  })
  web.use(metrics.measure, addSecurityHeaders, requireKnownHost(allowedHosts(config)), limitBody)
  web.get('/healthz', async (context) => {
    const health = await state.health()
    return context.json(health, health.status === 'starting' ? 503 : 200)
  })
  web.get('/readyz', async (context) => {
    const health = await state.health()
    return context.json(health, health.status === 'ok' ? 200 : 503)
  })
  if (config.metrics) {
    web.get('/metrics', requireToken(config.metrics.token), async (context) =>
      context.text(await metrics.registry.metrics(), 200, { 'content-type': metrics.registry.contentType }),
    )
  }
  for (const { webhook } of state.channels) {
    if (webhook) web.post(`/hooks/${webhook.path}`, (context) => webhook.handle(context.req.raw))
  }
  web.route(
    '/',
    createWebChat({
      ...parts,
      operator: config.operator,
      publicUrl: config.http.publicUrl,
      checkClaim: createClaimCheck(parts.answering),
      addressOf: (context) => readAddress(connectionAddress(context), context.req.header('x-forwarded-for')),
    }),
  )
  web.doc31('/api/openapi.json', { openapi: '3.1.0', info: { title: 'Anxiao', version: VERSION } })
  return web
}

interface ChannelChat {
  receiver: Receiver
  delivery: Delivery
  /** Deletes what no platform delivers again, and people who were not seen for long. */
  forgetOld(): Promise<void>
}

/** What channels need beside the answers: who is who, what was handled, manners and sending. */
function createChannelChat(
  config: Config,
  secret: Buffer,
  parts: ControlParts & { timers: Timers; channels: readonly Channel[]; metrics: Metrics },
): ChannelChat {
  const { clock, channels } = parts
  const contacts = createContacts(secret)
  const handled = createHandledMessages(parts)
  const pending = createPendingQuestions({ ...parts, sealer: createSealer(secret, 'questions') })
  const sealer = createSealer(secret, 'deliveries')
  const delivery = createDelivery({ ...parts, contacts, sealer })
  registerDeliveryMetrics(parts.metrics.registry, parts)
  const receiver = createReceiver({
    ...parts,
    operator: config.operator,
    publicUrl: config.http.publicUrl,
    timeZone: config.place.timeZone,
    bundleMs: config.chat.bundleMs,
    pseudonyms: createPseudonyms(secret),
    contacts,
    handled,
    pending,
    groups: createGroupBook(parts),
    recent: createRecentAnswers(clock),
    checkClaim: createClaimCheck(parts.answering),
    metrics: createChatMetrics(parts.metrics.registry, () => channels),
    delivery,
  })
  const forgetOld = async () => {
    await handled.forgetOld()
    await pending.forgetOld()
    await delivery.forgetOld()
    const store = parts.store()
    const before = new Date(clock.now().getTime() - config.chat.contactDays * DAY_MS)
    if (store) await contacts.forgetUnseen(store.db, before)
  }
  return { receiver, delivery, forgetOld }
}

/** The channels that the settings name; none of them connects before it is started. */
function createChannels({ channels, store }: Config, parts: { clock: Clock; timers: Timers; log: Logger }): Channel[] {
  const { telegram, wechaty, wecomBot, wecomRobots, wecomApp, wecomMass } = channels
  const partsOf = (channel: string) => ({ ...parts, log: parts.log.child({ channel }) })
  const chosen: Channel[] = wecomRobots.map((robot) => createWecomRobotChannel(robot, partsOf('wecom-robot')))
  if (telegram) chosen.push(createTelegramChannel(telegram, partsOf('telegram')))
  if (wecomBot) chosen.push(createWecomBotChannel(wecomBot, partsOf('wecom-bot')))
  if (wecomApp) chosen.push(createWecomAppChannel(wecomApp, partsOf('wecom-app')))
  if (wecomMass) chosen.push(createWecomMassChannel(wecomMass, partsOf('wecom-mass')))
  if (wechaty) {
    const { puppet, ...puppetOptions } = wechaty
    const dir = join(store.dataDir, 'wechaty')
    chosen.push(createWechatyChannel({ puppet, puppetOptions, dir, name: join(dir, 'login') }, partsOf('wechaty')))
  }
  return chosen
}

async function describeHealth(
  phase: 'starting' | 'running' | 'stopped',
  store: Store | null,
  answering: AnsweringState,
  index: SearchIndex,
  channels: readonly Channel[],
): Promise<Health> {
  const reachable =
    (await store?.ping().then(
      () => true,
      () => false,
    )) ?? false
  const ok = reachable && answering.current().knowledge.complete
  return {
    status: phase === 'running' ? (ok ? 'ok' : 'degraded') : 'starting',
    version: VERSION,
    store: store === null ? 'unavailable' : reachable ? store.kind : `${store.kind} (not answering)`,
    search: `embedded, ${index.size} documents`,
    channels: [
      'webchat',
      'cli',
      ...channels.map(({ name, health }) => (health().state === 'connected' ? name : `${name} (${health().state})`)),
    ],
  }
}

async function listen(config: Config, web: OpenAPIHono, servers: (ServerType | Server)[]): Promise<string> {
  const { host, port } = config.http
  return new Promise((resolve, reject) => {
    const server = serve({ fetch: web.fetch, hostname: host, port }, (address) => {
      const shown = host.includes(':') ? `[${host}]` : host
      resolve(`http://${shown}:${address.port}/`)
    })
    server.once('error', (error: NodeJS.ErrnoException) => {
      const taken = error.code === 'EADDRINUSE'
      reject(
        taken ? new AppError('port-taken', `PORT ${port} is used by another program; set PORT to a free one`) : error,
      )
    })
    servers.push(server)
  })
}

function allowedHosts(config: Config): string[] {
  const { allowedHosts: named, host, publicUrl } = config.http
  const own = publicUrl === null ? [] : [new URL(publicUrl).hostname]
  // Bound to all addresses without a name, nothing is known that a Host header could be held against.
  const anywhere = (host === '0.0.0.0' || host === '::') && own.length === 0 ? ['*'] : []
  return named ? [...named, ...own] : ['localhost', '127.0.0.1', '::1', host, ...own, ...anywhere]
}

function readLexiconFile<T>(folder: string, name: string, read: (file: string, text: string) => SeedResult<T>): T {
  const result = read(`lexicons/${name}`, readFileSync(join(folder, name), 'utf8'))
  if (result.ok) return result.value
  throw new AppError('lexicon-invalid', result.problems.map(describeProblem).join('; '))
}

function readModelFile(folder: string, name: string, needed: readonly string[]): RunModel {
  return readRunModel(`lexicons/${name}`, readFileSync(join(folder, name), 'utf8'), needed)
}

function closeServer(server: ServerType | Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    if ('closeIdleConnections' in server) server.closeIdleConnections()
  })
}
