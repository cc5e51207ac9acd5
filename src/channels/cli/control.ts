import { Hono } from 'hono'
import { stream } from 'hono/streaming'
import { z } from 'zod'
import { AppError } from '../../base/errors.ts'
import { ask, type AskParts } from '../../chat/ask.ts'
import { askRequestSchema } from '../../chat/contract.ts'
import type { Channel } from '../channel.ts'
import { STORE_COMMANDS } from './store-commands.ts'

/** What the command line asks of a running process, over a unix socket that only its owner can open. */
export interface ControlParts extends AskParts {
  channels: readonly Channel[]
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
  control.get('/control/channels', (context) => context.json({ channels: parts.channels.map(describeChannel) }))
  control.post('/control/channels', async (context) => {
    const { act, name } = channelActSchema.parse(await context.req.json())
    const channel = parts.channels.find((each) => each.name === name)
    if (!channel?.[act]) throw new AppError('no-such-channel', 'no channel of this name can be silenced')
    await channel[act]()
    return context.json(describeChannel(channel))
  })
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

const channelActSchema = z.object({ act: z.enum(['halt', 'resume']), name: z.string() })

/** A channel as its operator sees it. */
export interface ChannelStatus {
  name: string
  account: string
  state: string
  since: string
  sentence?: string | undefined
  /** What a phone has to scan for logging in. */
  loginCode?: string | undefined
  counters: Readonly<Record<string, number>>
}

function describeChannel(channel: Channel): ChannelStatus {
  const { state, since, sentence } = channel.health()
  return {
    name: channel.name,
    account: channel.account,
    state,
    since: since.toISOString(),
    sentence,
    loginCode: channel.loginCode?.(),
    counters: channel.counters(),
  }
}
