import { z } from 'zod'
import type { Clock } from '../../base/clock.ts'
import { haltDelivery, resumeDelivery, retryFailed } from '../../delivery/fan-out.ts'
import { readDeliveryStatus } from '../../delivery/delivery-status.ts'
import { ITEM_KINDS, type SeedItem } from '../../knowledge/item.ts'
import { describeProblem } from '../../knowledge/seed-file.ts'
import { readItems } from '../../knowledge/read-seeds.ts'
import { saveLocalDraft } from '../../knowledge/versions.ts'
import { addStaff, disableStaff, issueStaffCode, listStaff, revokeBinding } from '../../people/staff.ts'
import { backupStore } from '../../store/backup-store.ts'
import { exportStore } from '../../store/export-store.ts'
import type { Store } from '../../store/store.ts'
import { PLATFORM_LIMITS } from '../platform-limits.ts'

export interface ImportReport {
  added: number
  unchanged: number
  problems: string[]
}

const ACTOR = 'command line'

const folderSchema = z.object({ folder: z.string().min(1) })
export const importRequestSchema = z.object({
  kind: z.enum(ITEM_KINDS),
  files: z.array(z.object({ name: z.string().min(1), text: z.string() })).min(1),
})

export const staffRequestSchema = z.discriminatedUnion('act', [
  z.object({ act: z.literal('list') }),
  z.object({ act: z.literal('add'), name: z.string() }),
  z.object({ act: z.literal('code'), id: z.string() }),
  z.object({ act: z.literal('revoke'), id: z.string() }),
  z.object({ act: z.literal('disable'), id: z.string() }),
])
export const deliveryRequestSchema = z.discriminatedUnion('act', [
  z.object({ act: z.literal('status') }),
  z.object({ act: z.literal('halt') }),
  z.object({ act: z.literal('resume') }),
  z.object({ act: z.literal('retry'), version: z.string().min(1), unknown: z.boolean() }),
])

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
  staff: async (body: unknown, parts: CommandParts) => runStaff(staffRequestSchema.parse(body), parts),
  delivery: async (body: unknown, parts: CommandParts) => runDelivery(deliveryRequestSchema.parse(body), parts),
}

export interface CommandParts {
  store: Store
  clock: Clock
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

async function runStaff(request: z.infer<typeof staffRequestSchema>, parts: CommandParts) {
  switch (request.act) {
    case 'list':
      return { staff: await listStaff(parts.store.db) }
    case 'add':
      return { id: await addStaff(parts, request.name, ACTOR) }
    case 'code':
      return { code: await issueStaffCode(parts, request.id, ACTOR) }
    case 'revoke':
      await revokeBinding(parts, request.id, ACTOR)
      return {}
    case 'disable':
      await disableStaff(parts, request.id, ACTOR)
      return {}
  }
}

async function runDelivery(request: z.infer<typeof deliveryRequestSchema>, parts: CommandParts) {
  switch (request.act) {
    case 'halt':
      await haltDelivery(parts, ACTOR)
      return {}
    case 'resume':
      await resumeDelivery(parts, ACTOR)
      return {}
    case 'retry':
      return { retried: await retryFailed(parts, request, ACTOR) }
    case 'status':
      return readDeliveryStatus(parts.store.db, capabilitiesOf)
  }
}

/** Rows name a channel, or one account of it behind a colon. */
function capabilitiesOf(route: string) {
  return Object.entries(PLATFORM_LIMITS).find(([name]) => route === name || route.startsWith(`${name}:`))?.[1]
}
