import { request } from 'node:http'
import { AppError } from '../base/errors.ts'
import type { ControlLine } from '../channels/cli/control.ts'
import { socketPath } from '../channels/cli/socket.ts'

/**
 * Sends one command to the running process over its socket; undefined when none runs.
 * @throws AppError with the code and words of the running process's refusal
 */
export async function callRunning(
  dataDir: string,
  path: string,
  body: unknown,
  onProgress: (done: number, total: number) => void = () => {},
): Promise<{ result: unknown } | undefined> {
  let answer: ControlLine | undefined
  const response = await send(socketPath(dataDir), path, body, (line) => {
    const parsed = JSON.parse(line) as ControlLine
    if ('done' in parsed) onProgress(parsed.done, parsed.total)
    else answer = parsed
  })
  if (response === undefined) return undefined
  if (response.json !== undefined) {
    if (response.status >= 400) throw toRefusal(response.json)
    return { result: response.json }
  }
  if (answer && 'error' in answer) throw new AppError(answer.error.code, answer.error.message)
  if (answer && 'result' in answer) return { result: answer.result }
  throw new AppError('no-answer', 'the running process ended before it answered', { retryable: true })
}

/** A JSON answer comes back whole; any other is told line by line as it arrives. */
async function send(path: string, route: string, body: unknown, onLine: (line: string) => void) {
  return new Promise<{ status: number; json?: unknown } | undefined>((resolve, reject) => {
    const payload = body === undefined ? undefined : JSON.stringify(body)
    const call = request(
      {
        socketPath: path,
        path: route,
        method: payload === undefined ? 'GET' : 'POST',
        headers: { host: 'localhost', ...(payload === undefined ? {} : { 'content-type': 'application/json' }) },
      },
      (response) => {
        const status = response.statusCode ?? 0
        const isJson = (response.headers['content-type'] ?? '').includes('json')
        let pending = ''
        response.setEncoding('utf8')
        response.on('data', (part: string) => {
          pending += part
          if (isJson) return
          const lines = pending.split('\n')
          pending = lines.pop() ?? ''
          for (const line of lines) onLine(line)
        })
        response.on('end', () => resolve(isJson ? { status, json: JSON.parse(pending) as unknown } : { status }))
        response.on('error', reject)
      },
    )
    call.on('error', (error: NodeJS.ErrnoException) => {
      // No socket, or one that a dead process left behind: nothing runs.
      if (error.code === 'ENOENT' || error.code === 'ECONNREFUSED') resolve(undefined)
      else reject(error)
    })
    call.end(payload)
  })
}

function toRefusal(body: unknown): AppError {
  const error = (body as { error?: { code?: string; message?: string } }).error
  return new AppError(error?.code ?? 'internal', error?.message ?? 'the running process refused')
}
