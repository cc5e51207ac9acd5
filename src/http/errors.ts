import type { ErrorHandler } from 'hono'
import { HTTPException } from 'hono/http-exception'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import { AppError } from '../base/errors.ts'
import type { Logger } from '../base/log.ts'

/** What a refusal looks like over HTTP: the one place where codes become words for a reader. */
const BAD_REQUEST = { status: 400, message: '请求看不懂，请检查格式。' } as const
const REFUSALS: Record<string, { status: ContentfulStatusCode; message: string }> = {
  'bad-request': BAD_REQUEST,
  'unknown-host': { status: 400, message: '这个地址没有提供服务。' },
  'foreign-origin': { status: 403, message: '请在本页面里提交。' },
  'not-found': { status: 404, message: '没有这个页面。' },
  'no-such-ticket': { status: 404, message: '没找到这个编号的记录。' },
  'body-too-large': { status: 413, message: '内容太长了，请只留最要紧的几句。' },
  invalid: { status: 422, message: '内容不符合要求，请修改后再发。' },
  'unknown-region': { status: 422, message: '没认出这个地方，请写区县名，比如“北碚区”。' },
  'too-fast': { status: 429, message: '问得太快，请稍等再发。有危险直接打110、119、120。' },
  'too-many-tickets': { status: 429, message: '今天记下的问题已经很多了，请明天再提交，急事打12345。' },
  unauthorized: { status: 401, message: '需要口令。' },
  'store-unavailable': { status: 503, message: '现在只能查紧急避险，其他内容稍后再问。' },
}
const BROKEN = { status: 500, message: '出了点问题，请稍后再试。有危险直接打110、119、120。' } as const

export interface Refusal {
  status: ContentfulStatusCode
  code: string
  message: string
  retryAfterSeconds?: number
}

/** Never shows a stack or a raw message: unknown errors become one sentence, and are logged. */
export function describeRefusal(error: unknown, log: Logger): Refusal {
  if (error instanceof AppError) {
    const known = REFUSALS[error.code]
    // The words of `invalid` are written at the edge that checked the field, and say which one it is.
    if (known && error.code === 'invalid') return { ...known, code: error.code, message: error.message }
    if (known) return { ...known, code: error.code, ...(error.code === 'too-fast' ? readWait(error.cause) : {}) }
  }
  if (error instanceof HTTPException && error.status < 500) return { ...BAD_REQUEST, code: 'bad-request' }
  log.error({ error }, 'request failed')
  return { ...BROKEN, code: 'internal' }
}

/** Answers every refusal as `{error: {code, message}}`. */
export function answerErrorsAsJson(log: Logger): ErrorHandler {
  return (error, context) => {
    const { status, code, message, retryAfterSeconds } = describeRefusal(error, log)
    if (retryAfterSeconds !== undefined) context.header('retry-after', String(retryAfterSeconds))
    return context.json({ error: { code, message } }, status)
  }
}

function readWait(cause: unknown): { retryAfterSeconds: number; message: string } | object {
  const waitSeconds = (cause as { waitSeconds?: unknown } | undefined)?.waitSeconds
  if (typeof waitSeconds !== 'number') return {}
  return { retryAfterSeconds: waitSeconds, message: `问得太快，请${waitSeconds}秒后再发。有危险直接打110、119、120。` }
}
