import { z } from 'zod'
import type { Clock } from '../../base/clock.ts'
import type { SendFailure } from '../channel.ts'
import { callQyapi, qyapiUrl } from './call-qyapi.ts'
import { describeErrcode, describeSilence } from './qyapi-failures.ts'

export interface AppAccount {
  corpId: string
  secret: string
  apiRoot: string
  /** How long one request may take. */
  timeoutMs: number
}

export type TokenResult = { kind: 'token'; token: string } | { kind: 'failed'; failure: SendFailure }

export interface AccessTokens {
  /** The token in force, fetched where there is none; callers at the same time share one fetch. */
  get(): Promise<TokenResult>
  /** Asks the platform, whatever is known. */
  fetch(): Promise<TokenResult>
  /** The platform no longer takes `token`. */
  drop(token: string): void
}

const tokenSchema = z.object({ access_token: z.string().min(1), expires_in: z.number().positive() })

/** 企业微信 throttles those who fetch tokens again and again: a refusal is repeated from memory for so long. */
const REFUSAL_HOLD_MS = 30_000

/** Keeps one token in memory for as long as it says it is valid, less a tenth or a minute. */
export function createAccessTokens(account: AppAccount, clock: Clock, onFetch: () => void): AccessTokens {
  const { corpId, secret, apiRoot, timeoutMs } = account
  let known: { token: string; until: number } | undefined
  let refused: { failure: SendFailure; until: number } | undefined
  let fetching: Promise<TokenResult> | undefined

  async function fetchToken(): Promise<TokenResult> {
    onFetch()
    const answer = await callQyapi({
      url: qyapiUrl(apiRoot, 'gettoken', { corpid: corpId, corpsecret: secret }),
      timeoutMs,
    })
    const now = clock.now()
    if (answer.kind !== 'answered') return { kind: 'failed', failure: describeSilence(answer, now, false) }
    if (answer.errcode !== 0) {
      const failure = describeErrcode(answer.errcode, now)
      refused = { failure, until: failure.until?.getTime() ?? now.getTime() + REFUSAL_HOLD_MS }
      return { kind: 'failed', failure }
    }
    const read = tokenSchema.safeParse(answer.body)
    if (!read.success) return { kind: 'failed', failure: describeSilence({ kind: 'broken' }, now, false) }
    const { access_token: token, expires_in: seconds } = read.data
    known = { token, until: now.getTime() + seconds * 1000 - Math.min(60_000, seconds * 100) }
    return { kind: 'token', token }
  }

  function fetchOnce(): Promise<TokenResult> {
    fetching ??= fetchToken().finally(() => {
      fetching = undefined
    })
    return fetching
  }

  return {
    async get() {
      const now = clock.now().getTime()
      if (known && now < known.until) return { kind: 'token', token: known.token }
      if (refused && now < refused.until) return { kind: 'failed', failure: refused.failure }
      return fetchOnce()
    },
    fetch: fetchOnce,
    drop(token) {
      if (known?.token === token) known = undefined
    },
  }
}
