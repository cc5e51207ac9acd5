import type { AskReply } from '../../../chat/contract.ts'

export type Sent<Reply> =
  | { kind: 'accepted'; reply: Reply }
  | { kind: 'refused'; status: number; words: string; waitSeconds: number | undefined }
  /** No network, too slow, or the service is broken: nothing is known about what arrived. */
  | { kind: 'failed' }

const GIVE_UP_MS = 10_000

let session: string | undefined = document.querySelector<HTMLInputElement>('input[name="session"]')?.value

/** Asks one question; the session is carried along. */
export async function askServer(text: string, elder: boolean): Promise<Sent<AskReply>> {
  const request = { text, ...(elder ? { audience: 'elder' } : {}), ...(session === undefined ? {} : { session }) }
  const sent = await postJson<AskReply>('/api/ask', request)
  if (sent.kind === 'accepted') session = sent.reply.session
  return sent
}

export async function reportUnsolved(text: string): Promise<Sent<{ number: string; token: string }>> {
  return postJson('/api/tickets', { text, ...(session === undefined ? {} : { session }) })
}

export async function askTicketStatus(token: string): Promise<Sent<{ number: string; state: string }>> {
  return postJson('/api/tickets/status', { token })
}

async function postJson<Reply>(path: string, body: object): Promise<Sent<Reply>> {
  const giveUp = new AbortController()
  const timer = setTimeout(() => giveUp.abort(), GIVE_UP_MS)
  try {
    const response = await fetch(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal: giveUp.signal,
    })
    // Our own server's answer, held against the same contract there.
    if (response.ok) return { kind: 'accepted', reply: (await response.json()) as Reply }
    return response.status < 500 || response.status === 503 ? await readRefusal(response) : { kind: 'failed' }
  } catch {
    return { kind: 'failed' }
  } finally {
    clearTimeout(timer)
  }
}

async function readRefusal(response: Response): Promise<Sent<never>> {
  const body = (await response.json()) as { error?: { message?: unknown } }
  const words = body.error?.message
  if (typeof words !== 'string') return { kind: 'failed' }
  const wait = Number(response.headers.get('retry-after') ?? Number.NaN)
  return { kind: 'refused', status: response.status, words, waitSeconds: Number.isFinite(wait) ? wait : undefined }
}
