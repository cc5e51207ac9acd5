import type { FailureCode, SendFailure, SendOutcome } from '../channel.ts'
import { TookTooLong } from './within.ts'

/** Numbers of gRPC statuses, which is how `wechaty-puppet-service` tells of a gateway's refusals. */
const UNAUTHENTICATED = 16
const UNAVAILABLE = 14
/** Of these words of an error the request never left: the first are gRPC's and Node's, the last a puppet's own check. */
const NEVER_LEFT = /no connection established|ECONNREFUSED|ENOTFOUND|not logged in/i

export function failed(kind: SendFailure['kind'], code: FailureCode, sentence: string): SendOutcome {
  return { kind: 'failed', failure: { kind, code, sentence } }
}

export function isUnavailable(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === UNAVAILABLE
}

/** What a failed send means. Only what surely did not leave counts as not arrived: puppets do not tell the rest apart. */
export function describeFailure(error: unknown): SendOutcome {
  if (error instanceof TookTooLong) {
    return failed('unknown', 'timeout', '微信迟迟没有回应，这条消息可能已经发出，也可能没有。')
  }
  const status = error instanceof Error && 'code' in error ? error.code : undefined
  const words = error instanceof Error ? error.message : String(error)
  if (status === UNAUTHENTICATED) {
    return failed('permanent', 'unauthorized', '微信接入服务不认这个令牌，请换成有效的令牌。')
  }
  if (NEVER_LEFT.test(words) && (status === undefined || status === UNAVAILABLE || typeof status === 'string')) {
    return failed('retryable', 'not-connected', '微信接入服务连不上，消息没有发出。')
  }
  return failed('unknown', 'server', '微信接入模块报错，这条消息可能没有发出。')
}
