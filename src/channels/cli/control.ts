import { Hono } from 'hono'
import { stream } from 'hono/streaming'
import { AppError } from '../../base/errors.ts'
import { ask, type AskParts } from '../../chat/ask.ts'
import { askRequestSchema } from '../../chat/contract.ts'
import { STORE_COMMANDS } from './store-commands.ts'

/** What the command line asks of a running process, over a unix socket that only its owner can open. */
export interface ControlParts extends AskParts {
  status(): Promise<object>
}

/** A line of a long command's answer. */
export type ControlLine =
  | { done: number; total: number }
  | { result: unknown }
  | { error: { code: string; message: string } }

export function createControl(parts: ControlParts): Hono {
  const control = new Hono()
  control.get('/control/status', async (context) => context.json(await parts.status()))
  control.post('/control/ask', async (context) => {
    const request = askRequestSchema.safeParse(await context.req.json())
    if (!request.success) throw new AppError('invalid', request.error.issues.map(({ message }) => message).join('; '))
    return context.json(await ask(request.data, 'socket', true, { ...parts, limiter: null }))
  })
  for (const [name, command] of Object.entries(STORE_COMMANDS)) {
    control.post(`/control/${name}`, async (context) => {
      const body: unknown = await context.req.json()
      const store = parts.store()
      if (!store) throw new AppError('store-unavailable', 'the store is away', { retryable: true })
      return stream(context, async (lines) => {
        const write = (line: ControlLine) => lines.write(`${JSON.stringify(line)}\n`)
        try {
          const result = await command(
            body,
            { store, clock: parts.clock },
            (done, total) => void write({ done, total }),
          )
          await write({ result })
        } catch (error) {
          const code = error instanceof AppError ? error.code : 'internal'
          await write({ error: { code, message: error instanceof Error ? error.message : String(error) } })
        }
      })
    })
  }
  return control
}
