import { parseArgs } from 'node:util'
import { createApp } from '../app.ts'
import { AppError } from '../base/errors.ts'
import { ask } from '../chat/ask.ts'
import { askRequestSchema, type AskReply } from '../chat/contract.ts'
import { callRunning } from './client.ts'
import { readConfig } from './run.ts'

/** Asks the running process, or when none runs, one that is started for this question alone. */
export async function runAsk(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      json: { type: 'boolean', default: false },
      quote: { type: 'string' },
      audience: { type: 'string' },
      region: { type: 'string' },
      session: { type: 'string' },
    },
  })
  const { json, ...options } = values
  const request = askRequestSchema.safeParse({ text: positionals.join(' '), ...options })
  if (positionals.length === 0 && options.quote === undefined) throw new AppError('bad-usage', 'what is the question?')
  if (!request.success) throw new AppError('bad-usage', request.error.issues.map(({ message }) => message).join('; '))
  const config = readConfig()
  const running = await callRunning(config.store.dataDir, '/control/ask', request.data)
  const reply = running ? (running.result as AskReply) : await askAlone(request.data)
  console.log(json ? JSON.stringify(reply, null, 2) : describeReply(reply))
  return 0

  async function askAlone(asked: typeof request.data & object): Promise<AskReply> {
    const app = createApp(config, { listen: false })
    try {
      await app.start()
      return await ask(asked, 'command line', true, { ...app.parts, limiter: null })
    } finally {
      await app.stop()
    }
  }
}

function describeReply(reply: AskReply): string {
  const sources = reply.citations.map(
    ({ title, issuer, date, url }) => `  · ${[title, issuer, date, url].filter(Boolean).join('，')}`,
  )
  const ticket = reply.ticket === undefined ? [] : [`编号 ${reply.ticket.number}，查询口令 ${reply.ticket.token}`]
  return [reply.text, ...ticket, ...(sources.length === 0 ? [] : ['', '依据：', ...sources])].join('\n')
}
