import { Hono } from 'hono'
import { stream } from 'hono/streaming'
import { z } from 'zod'
import { AppError } from '../../base/errors.ts'
import type { Clock } from '../../base/clock.ts'
import { ask, type AskParts } from '../../chat/ask.ts'
import { askRequestSchema } from '../../chat/contract.ts'
import { ITEM_KINDS, type SeedItem } from '../../knowledge/item.ts'
import { describeProblem } from '../../knowledge/seed-file.ts'
import { readItems } from '../../knowledge/read-seeds.ts'
import { saveLocalDraft } from '../../knowledge/versions.ts'
import { backupStore } from '../../store/backup-store.ts'
import { exportStore } from '../../store/export-store.ts'
import type { Store } from '../../store/store.ts'

/** What the command line asks of a running process, over a unix socket that only its owner can open. */
export interface ControlParts extends AskParts {
  status(): Promise<object>
}

/** A line of a long command's answer. */
export type ControlLine =
  | { done: number; total: number }
  | { result: unknown }
  | { error: { code: string; message: string } }

export interface ImportReport {
  added: number
  unchanged: number
  problems: string[]
}

const folderSchema = z.object({ folder: z.string().min(1) })
export const importRequestSchema = z.object({
  kind: z.enum(ITEM_KINDS),
  files: z.array(z.object({ name: z.string().min(1), text: z.string() })).min(1),
})

type Progress = (done: number, total: number) => void

/** The commands that need the store, as one list for the socket and for the command line that opened the store itself. */
export const STORE_COMMANDS = {
  backup: async (body: unknown, parts: CommandParts, progress: Progress) => ({
    folder: await backupStore(parts.store, folderSchema.parse(body).folder, {
      at: parts.clock.now(),
      onProgress: ({ doneRows, totalRows }) => progress(doneRows, totalRows),
    }),
  }),
  export: async (body: unknown, parts: CommandParts, progress: Progress) =>
    exportStore(parts.store, folderSchema.parse(body).folder, {
      onProgress: ({ doneRows, totalRows }) => progress(doneRows, totalRows),
    }),
  import: async (body: unknown, parts: CommandParts, progress: Progress) =>
    importItems(importRequestSchema.parse(body), parts, progress),
}

export interface CommandParts {
  store: Store
  clock: Clock
}

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

/** Checks every file before anything is stored: one bad file, and nothing is imported. */
async function importItems(
  { kind, files }: z.infer<typeof importRequestSchema>,
  parts: CommandParts,
  progress: Progress,
): Promise<ImportReport> {
  const items: SeedItem[] = []
  const problems: string[] = []
  for (const { name, text } of files) {
    const read = readItems(kind, name, text)
    if (read.ok) items.push(...read.value)
    else problems.push(...read.problems.map(describeProblem))
  }
  if (problems.length > 0) return { added: 0, unchanged: 0, problems }
  const report: ImportReport = { added: 0, unchanged: 0, problems }
  for (const [index, item] of items.entries()) {
    report[await saveLocalDraft(parts, item, 'command line')]++
    progress(index + 1, items.length)
  }
  return report
}
