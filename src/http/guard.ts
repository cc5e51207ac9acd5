import type { Context, MiddlewareHandler } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { secureHeaders } from 'hono/secure-headers'
import { BlockList, isIP } from 'node:net'
import { AppError } from '../base/errors.ts'

/**
 * A body whose length is declared is refused by its header alone, as Node hands over no more than that. The library is
 * asked only for the others: it makes a full Request of every message, whose finalizers outlive all but major collections.
 */
function limitTo(kilobytes: number): MiddlewareHandler {
  const maxSize = kilobytes * 1024
  const refuse = () => {
    throw new AppError('body-too-large', `the body is over ${kilobytes} kB`)
  }
  const limitStream = bodyLimit({ maxSize, onError: refuse })
  return async (context, next) => {
    const { method } = context.req
    if (method === 'GET' || method === 'HEAD') return next()
    const declared = context.req.header('content-length')
    if (declared === undefined || context.req.header('transfer-encoding') !== undefined)
      return limitStream(context, next)
    return Number(declared) <= maxSize ? next() : refuse()
  }
}
const limitPage = limitTo(64)
/** A platform writes every sign as six, quotes whole messages and cannot be told to be brief. */
const limitHook = limitTo(512)

/** Refuses bodies that are too large before they are read: over 64 kB, on /hooks/ over 512 kB. */
export const limitBody: MiddlewareHandler = (context, next) =>
  (context.req.path.startsWith('/hooks/') ? limitHook : limitPage)(context, next)

/** No third party, no script that is not ours, no framing. */
export const addSecurityHeaders: MiddlewareHandler = secureHeaders({
  contentSecurityPolicy: {
    defaultSrc: ["'none'"],
    styleSrc: ["'self'"],
    scriptSrc: ["'self'"],
    imgSrc: ["'self'"],
    connectSrc: ["'self'"],
    formAction: ["'self'"],
    baseUri: ["'none'"],
    frameAncestors: ["'none'"],
  },
  referrerPolicy: 'no-referrer',
  xFrameOptions: 'DENY',
  // The proxy in front decides about TLS; a plain installation on loopback has none.
  strictTransportSecurity: false,
  crossOriginResourcePolicy: 'same-origin',
})

/** Answers only to known Host headers, so that a foreign name that resolves here (DNS rebinding) gets nothing. */
export function requireKnownHost(allowed: readonly string[]): MiddlewareHandler {
  const names = new Set(allowed.map((name) => name.toLowerCase()))
  return async (context, next) => {
    const host = context.req.header('host') ?? ''
    if (!names.has('*') && !names.has(hostNameOf(host))) throw new AppError('unknown-host', 'this Host is not served')
    await next()
  }
}

/** Lets a form be sent from our own pages only. Old browsers that say nothing are let through. */
export const requireOwnOrigin: MiddlewareHandler = async (context, next) => {
  const site = context.req.header('sec-fetch-site')
  const origin = context.req.header('origin')
  const foreign =
    site !== undefined
      ? site !== 'same-origin' && site !== 'none'
      : origin !== undefined && hostOf(origin) !== context.req.header('host')
  if (foreign) throw new AppError('foreign-origin', 'the form was sent from another site')
  await next()
}

/**
 * The client's address: the connection's, or behind trusted proxies the last address of X-Forwarded-For that is not one.
 * `proxies` are addresses or CIDR blocks.
 */
export function createAddressReader(
  proxies: readonly string[],
): (connection: string, forwarded: string | undefined) => string {
  const trusted = new BlockList()
  for (const proxy of proxies) {
    const [address = '', bits] = proxy.split('/')
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4'
    if (isIP(address) === 0) throw new AppError('bad-setting', `TRUSTED_PROXIES: ${proxy} is not an address or block`)
    if (bits === undefined) trusted.addAddress(address, family)
    else trusted.addSubnet(address, Number(bits), family)
  }
  const isTrusted = (address: string) =>
    isIP(address) !== 0 && trusted.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4')
  return (connection, forwarded) => {
    const own = connection.replace(/^::ffff:/, '')
    if (!isTrusted(own) || forwarded === undefined) return own
    const chain = forwarded.split(',').map((part) => part.trim())
    const client = chain.findLast((address) => !isTrusted(address))
    return client !== undefined && isIP(client) !== 0 ? client : own
  }
}

/** The address of a request that node-server handed over; '' over a unix socket. */
export function connectionAddress(context: Context): string {
  const incoming = (context.env as { incoming?: { socket?: { remoteAddress?: string } } } | undefined)?.incoming
  return incoming?.socket?.remoteAddress ?? ''
}

function hostNameOf(host: string): string {
  return host
    .replace(/:\d+$/, '')
    .replace(/^\[|\]$/g, '')
    .toLowerCase()
}

function hostOf(origin: string): string | undefined {
  try {
    return new URL(origin).host
  } catch {
    return undefined
  }
}
