import type { Clock } from '../../base/clock.ts'
import type { Logger } from '../../base/log.ts'
import type { SendFailure } from '../channel.ts'
import { createAccessTokens, type AppAccount } from './access-token.ts'
import { callQyapi, qyapiUrl } from './call-qyapi.ts'
import type { Counters } from '../counters.ts'
import { describeErrcode, describeSilence, TOKEN_ERRCODES } from './qyapi-failures.ts'

export type PostResult = { kind: 'ok'; body: unknown } | { kind: 'failed'; failure: SendFailure; errcode?: number }

/** The interfaces of an application, which need its access token. */
export interface QyapiClient {
  /** Asks the platform for a token; what stands in the way of it otherwise. */
  check(): Promise<SendFailure | undefined>
  /** Posts once; a second time only where the first was refused for its token, so nothing happened yet. */
  post(path: string, body: unknown, options: { sending: boolean }): Promise<PostResult>
}

export const DEFAULT_API_ROOT = 'https://qyapi.weixin.qq.com'
export const DEFAULT_TIMEOUT_MS = 10_000

export function createQyapiClient(
  account: AppAccount,
  parts: { clock: Clock; log: Logger; counters: Counters<string> },
): QyapiClient {
  const { apiRoot, timeoutMs } = account
  const { clock, log, counters } = parts
  const tokens = createAccessTokens(account, clock, () => counters.add('token_fetches'))

  return {
    async check() {
      const result = await tokens.fetch()
      return result.kind === 'failed' ? result.failure : undefined
    },

    async post(path, body, { sending }) {
      for (let attempt = 1; ; attempt++) {
        const result = await tokens.get()
        if (result.kind === 'failed') return result
        const url = qyapiUrl(apiRoot, path, { access_token: result.token })
        const answer = await callQyapi({ url, body, timeoutMs })
        if (answer.kind !== 'answered') {
          return { kind: 'failed', failure: describeSilence(answer, clock.now(), sending) }
        }
        const { errcode } = answer
        if (errcode === 0) return { kind: 'ok', body: answer.body }
        if (TOKEN_ERRCODES.includes(errcode)) {
          tokens.drop(result.token)
          if (attempt === 1) continue
        }
        log.debug({ path, errcode }, 'refused by WeCom')
        return { kind: 'failed', failure: describeErrcode(errcode, clock.now()), errcode }
      }
    },
  }
}
