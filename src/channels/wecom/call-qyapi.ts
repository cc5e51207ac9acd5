import { z } from 'zod'

/**
 * What became of one request to 企业微信's HTTP interface. `not-sent`: it never left. `refused`: an HTTP status below
 * 500 that is not a success. `timeout`, `broken`: it may have been carried out.
 */
export type QyapiAnswer =
  | { kind: 'answered'; errcode: number; body: unknown }
  | { kind: 'refused'; status: number }
  | { kind: 'not-sent' | 'timeout' | 'broken' }

const envelopeSchema = z.looseObject({ errcode: z.int() })

/** One request, made once. Nothing of `url` (it carries a secret) gets into the answer. */
export async function callQyapi(request: { url: URL; body?: unknown; timeoutMs: number }): Promise<QyapiAnswer> {
  const { url, body, timeoutMs } = request
  try {
    const response = await fetch(url, {
      ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
      // A kept connection that the server has closed meanwhile would look as if the request might have arrived.
      headers: { connection: 'close', 'content-type': 'application/json' },
      redirect: 'manual',
      signal: AbortSignal.timeout(timeoutMs),
    })
    if (response.status >= 500) return { kind: 'broken' }
    if (!response.ok) return { kind: 'refused', status: response.status }
    const read = envelopeSchema.safeParse(await response.json())
    return read.success ? { kind: 'answered', errcode: read.data.errcode, body: read.data } : { kind: 'broken' }
  } catch (error) {
    if (error instanceof DOMException && error.name === 'TimeoutError') return { kind: 'timeout' }
    return { kind: neverLeft(error) ? 'not-sent' : 'broken' }
  }
}

/** The address of an interface, e.g. `('https://…', 'message/send', { access_token: … })`. */
export function qyapiUrl(apiRoot: string, path: string, query: Record<string, string>): URL {
  const url = new URL(`${apiRoot.replace(/\/+$/, '')}/cgi-bin/${path}`)
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value)
  return url
}

const systemErrorSchema = z.object({ code: z.string().optional(), syscall: z.string().optional() })
const causeSchema = z.object({
  // Of several addresses, each with its own error.
  cause: systemErrorSchema.extend({ errors: z.array(systemErrorSchema).min(1).optional() }),
})

/** No name, no connection, or a certificate that is not trusted. */
function neverLeft(error: unknown): boolean {
  const { code = '', errors, ...cause } = causeSchema.safeParse(error).data?.cause ?? {}
  return (
    (errors ?? [cause]).every(({ syscall = '' }) => ['connect', 'getaddrinfo'].includes(syscall)) ||
    /^(?:ECONNREFUSED|UND_ERR_CONNECT_TIMEOUT|ERR_TLS_.*|ERR_SSL_.*|CERT_.*|UNABLE_TO_.*|.*SELF_SIGNED.*)$/.test(code)
  )
}
