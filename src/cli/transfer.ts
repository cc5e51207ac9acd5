import { readFileSync } from 'node:fs'
import { basename, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { AppError } from '../base/errors.ts'
import { createLog } from '../base/log.ts'
import type { ImportReport } from '../channels/cli/store-commands.ts'
import { SEED_FOLDERS } from '../knowledge/read-seeds.ts'
import { restoreStore } from '../store/backup-store.ts'
import { showProgress } from './progress.ts'
import { readConfig } from './run.ts'
import { runStoreCommand } from './store-command.ts'

/** Named as the seed folders are. */
const KINDS = new Map(SEED_FOLDERS.map(({ folder, kind }) => [folder, kind]))

export async function runBackup(args: string[]): Promise<number> {
  const { folder } = (await runStoreCommand('backup', { folder: requireOne(args, 'FOLDER') })) as { folder: string }
  console.log(`备份在 ${folder}`)
  return 0
}

export async function runExport(args: string[]): Promise<number> {
  const folder = requireOne(args, 'FOLDER')
  await runStoreCommand('export', { folder })
  console.log(`已导出到 ${folder}`)
  return 0
}

/** Nothing is stored when any file has a problem; what is stored are drafts, which never answer by themselves. */
export async function runImport(args: string[]): Promise<number> {
  const [what = '', ...files] = args
  const kind = KINDS.get(what)
  if (!kind) throw new AppError('bad-usage', `what to import is one of ${[...KINDS.keys()].join(', ')}`)
  if (files.length === 0) throw new AppError('bad-usage', 'which file?')
  const report = (await runStoreCommand('import', { kind, files: files.flatMap(readImportFile) })) as ImportReport
  for (const problem of report.problems) console.error(problem)
  if (report.problems.length > 0) {
    console.error(`有 ${report.problems.length} 处要改，没有导入任何内容。`)
    return 1
  }
  console.log(`导入为草稿 ${report.added} 条，原来就有 ${report.unchanged} 条。草稿不会回答，发布需要两个人。`)
  return 0
}

/** Only while nothing else has the store open: the lock is taken for the time of restoring. */
export async function runRestore(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { force: { type: 'boolean', default: false } },
  })
  const { store, log } = readConfig()
  const progress = showProgress('restore')
  const manifest = await restoreStore(
    store,
    requireOne(positionals, 'BACKUP'),
    { log: createLog(log.level) },
    {
      force: values.force,
      onProgress: ({ doneRows, totalRows }) => progress(doneRows, totalRows),
    },
  )
  const rows = Object.values(manifest.tables).reduce((sum, { rows }) => sum + rows, 0)
  console.log(`已恢复 ${rows} 行，逐表核对过数量和校验值。`)
  return 0
}

/** A YAML or Markdown file is one item; a JSONL file is one per line. */
function readImportFile(file: string): { name: string; text: string }[] {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch {
    throw new AppError('bad-usage', `${file} cannot be read`)
  }
  if (!file.endsWith('.jsonl')) return [{ name: basename(file), text }]
  return text
    .split('\n')
    .map((line, index) => ({ name: `${basename(file)}:${index + 1}`, text: line }))
    .filter(({ text }) => text.trim() !== '')
}

function requireOne(args: string[], name: string): string {
  const [only, ...more] = args
  if (only === undefined || more.length > 0) throw new AppError('bad-usage', `needs exactly one ${name}`)
  return resolve(only)
}
