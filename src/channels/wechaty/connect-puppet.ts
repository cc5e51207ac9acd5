import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import type * as Sdk from 'wechaty'
import type * as PuppetSdk from 'wechaty-puppet'
import { AppError } from '../../base/errors.ts'
import type { Timers } from '../../base/timers.ts'
import { within } from './within.ts'

export type Puppet = PuppetSdk.impls.PuppetInterface

/** Who is logged in, and everything that the puppet tells, as it tells it. */
export interface PuppetEvents {
  login(event: unknown, puppet: Puppet): void
  logout(): void
  scan(code: string): void
  message(event: unknown): void
  roomJoin(event: unknown): void
  roomLeave(event: unknown): void
  friendship(): void
  roomInvite(): void
  error(error: unknown): void
  reset(): void
}

export interface Connection {
  /** Ends it in bounded time, whatever the puppet does; afterwards no event comes. */
  close(): Promise<void>
}

export interface PuppetSettings {
  /** The puppet's package. */
  puppet: string
  puppetOptions?: { token?: string; endpoint?: string } | undefined
  /** Path of the file that keeps the login, without its ending. */
  memoryPath?: string | undefined
}

export interface ConnectParts {
  timers: Timers
  /** A puppet that is already there: the demo room and tests. Without it the package is loaded. */
  createPuppet?: (() => Promise<Puppet>) | undefined
  importModule: (name: string) => Promise<unknown>
}

const START_MS = 45_000
const STOP_MS = 10_000
const PUPPET_PACKAGE = /^(?:@[a-z0-9][a-z0-9._-]*\/)?wechaty-puppet-[a-z0-9._-]+$/
const MOCK = /^mock$|^wechaty-puppet-mock$/

/**
 * Loads the puppet and starts it. `code` of the `AppError` thrown: `no-puppet`, `bad-puppet`, `not-installed`,
 * `broken` (these stay as they are until somebody acts) or `not-started`.
 */
export async function connectPuppet(
  settings: PuppetSettings,
  events: PuppetEvents,
  parts: ConnectParts,
  signal: AbortSignal,
): Promise<Connection> {
  // Without a puppet the SDK would start wechat4u of its own accord and ask for a login again and again.
  if (settings.puppet.trim() === '') throw new AppError('no-puppet', '没有设置微信接入模块，微信通道不启动。')
  const puppet = await (parts.createPuppet?.() ?? loadPuppet(settings, parts.importModule))
  let closed = false
  const listen = (name: Parameters<Puppet['on']>[0], tell: (event: unknown) => void) => {
    puppet.on(name, (event: unknown) => {
      if (closed) return
      try {
        tell(event)
      } catch (error) {
        events.error(error)
      }
    })
  }
  // Before anything else: an `error` that nobody listens to ends the process.
  listen('error', () => {})
  const { WechatyBuilder: Builder, log } = await loadSdk(parts.importModule)
  // Its lines hold message texts and ids.
  log?.level('silent')
  const { memoryPath } = settings
  // Who reads that file is logged in.
  if (memoryPath !== undefined) await mkdir(dirname(memoryPath), { recursive: true, mode: 0o700 })
  const bot = Builder.build({ puppet, ...(memoryPath === undefined ? {} : { name: memoryPath }) })
  bot.on('error', (error) => {
    if (!closed) events.error(error)
  })
  listen('login', (event) => events.login(event, puppet))
  listen('logout', events.logout)
  listen('message', events.message)
  listen('room-join', events.roomJoin)
  listen('room-leave', events.roomLeave)
  listen('friendship', events.friendship)
  listen('room-invite', events.roomInvite)
  listen('reset', events.reset)
  listen('scan', (event) => {
    const code = typeof event === 'object' && event !== null && 'qrcode' in event ? event.qrcode : undefined
    events.scan(typeof code === 'string' ? code : '')
  })

  let starting: Promise<void> | undefined
  const close = async () => {
    closed = true
    await within(parts.timers, STOP_MS, bot.stop()).catch(() => undefined)
    // A start that hung and goes on later would leave a timer of the SDK running.
    void starting?.then(() => bot.stop()).catch(() => undefined)
  }
  try {
    starting = bot.start()
    await within(parts.timers, START_MS, Promise.race([starting, whenAborted(signal)]))
    starting = undefined
    // A puppet that fails is only told of as an `error`; `start` resolves all the same.
    if (puppet.state.inactive()) throw new Error('the puppet is not active')
  } catch (cause) {
    await close()
    const message = '微信接入模块没有启动成功，请检查令牌、服务地址和网络。'
    throw new AppError('not-started', message, { cause, retryable: true })
  }
  return { close }
}

/** Rejects, never resolves. */
function whenAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const abort = () => reject(new Error('stopped while starting'))
    if (signal.aborted) abort()
    else signal.addEventListener('abort', abort, { once: true })
  })
}

async function loadPuppet(
  { puppet: name, puppetOptions }: PuppetSettings,
  importModule: ConnectParts['importModule'],
): Promise<Puppet> {
  if (MOCK.test(name)) throw new AppError('bad-puppet', '模拟的微信只能在演示和测试里用，请换成真实的接入模块。')
  if (!PUPPET_PACKAGE.test(name)) {
    throw new AppError('bad-puppet', '微信接入模块的名字不对，应当像 wechaty-puppet-service 这样。')
  }
  const loaded = await loadModule(name, importModule)
  const Puppet = findConstructor(loaded)
  if (!Puppet) throw new AppError('broken', `${name} 不是微信接入模块，请换一个。`)
  try {
    return new Puppet({ ...puppetOptions })
  } catch (cause) {
    throw new AppError('not-started', '微信接入模块没有启动成功，请检查令牌和服务地址。', { cause, retryable: true })
  }
}

async function loadSdk(
  importModule: ConnectParts['importModule'],
): Promise<{ WechatyBuilder: typeof Sdk.WechatyBuilder; log?: { level(name: 'silent'): unknown } | undefined }> {
  // The packages themselves are typed; they are named by a string so that they may be missing.
  const sdk = (await loadModule('wechaty', importModule)) as typeof Sdk
  const base = (await loadModule('wechaty-puppet', importModule)) as typeof PuppetSdk
  return { WechatyBuilder: sdk.WechatyBuilder, log: base.log }
}

async function loadModule(name: string, importModule: ConnectParts['importModule']): Promise<unknown> {
  try {
    return await importModule(name)
  } catch (cause) {
    const missing =
      cause instanceof Error && 'code' in cause && cause.code === 'ERR_MODULE_NOT_FOUND' && cause.message.includes(name)
    const wanted = name.startsWith('wechaty-puppet-') || name.startsWith('@') ? name : 'wechaty wechaty-puppet'
    throw missing
      ? new AppError('not-installed', `没有装微信要用的软件包，请运行 npm install ${wanted} 后重新启动。`, { cause })
      : new AppError('broken', `软件包 ${name} 装坏了，或者不支持这台机器，请重装后重新启动。`, { cause })
  }
}

/** Packages of the older kind hide their default export one level down. */
function findConstructor(loaded: unknown): (new (options: object) => Puppet) | undefined {
  let found = loaded
  for (let level = 0; level < 3; level++) {
    if (typeof found === 'function') return found as new (options: object) => Puppet
    found = typeof found === 'object' && found !== null && 'default' in found ? found.default : undefined
  }
  return undefined
}
