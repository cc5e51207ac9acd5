import { AppError } from '../base/errors.ts'
import { runAsk } from './ask.ts'
import { runChannels } from './channels.ts'
import { runContent } from './content.ts'
import { runDelivery } from './delivery.ts'
import { runDemoRoomCommand } from './demo-room.ts'
import { runDoctor } from './doctor.ts'
import { runEval } from './eval.ts'
import { runStaff } from './staff.ts'
import { runBackup, runExport, runImport, runRestore } from './transfer.ts'

/** One command: its arguments in, its exit code out. */
type Command = (args: string[]) => Promise<number>

const COMMANDS: Record<string, { usage: string; what: string; run: Command }> = {
  ask: {
    usage: 'ask "问题" [--quote 转发内容] [--audience elder] [--region 北碚区] [--session …] [--json]',
    what: 'ask one question',
    run: runAsk,
  },
  eval: {
    usage: 'eval --kind rumors|questions|plans --corpus F --queries F [--negatives F]… [--json]',
    what: 'measure matching on given files, nothing is refitted',
    run: runEval,
  },
  import: {
    usage: 'import cards|rebuttals|life-threats|plans|hotlines|calendar|quiz F…',
    what: 'check files and store them as local drafts',
    run: runImport,
  },
  export: { usage: 'export FOLDER', what: 'write every table as JSONL with counts and hashes', run: runExport },
  backup: { usage: 'backup FOLDER', what: 'write a dated backup below FOLDER, also while running', run: runBackup },
  restore: { usage: 'restore BACKUP [--force]', what: 'rebuild the store from a backup or export', run: runRestore },
  content: {
    usage: 'content report [--days 90] [--json]',
    what: 'what the seed files cover, what awaits experts, what expires',
    run: runContent,
  },
  staff: {
    usage: 'staff list | add NAME | code ID | revoke BINDING | disable ID',
    what: 'who works here; a one-time code binds a chat account',
    run: runStaff,
  },
  channels: {
    usage: 'channels status | halt NAME | resume NAME',
    what: 'how the running process is connected to the platforms',
    run: runChannels,
  },
  delivery: {
    usage: 'delivery status [--json] | retry VERSION [--unknown] | halt | resume',
    what: 'what left and what did not, by channel and region; stop and go on',
    run: runDelivery,
  },
  'demo-room': {
    usage: 'demo-room',
    what: 'a mock WeChat group in the terminal: try what the bot says and when it is silent',
    run: runDemoRoomCommand,
  },
  doctor: { usage: 'doctor [--json]', what: 'what is configured, what is missing and how to get it', run: runDoctor },
}

const [name = 'help', ...args] = process.argv.slice(2)
const command = COMMANDS[name]
if (command) {
  try {
    process.exitCode = await command.run(args)
  } catch (error) {
    if (!(error instanceof AppError) && !isUsageError(error)) throw error
    console.error(`${name}: ${error.message}`)
    if (isUsageError(error)) console.error(`usage: npm run anxiao -- ${command.usage}`)
    process.exitCode = isUsageError(error) ? 2 : 1
  }
} else {
  const lines = Object.values(COMMANDS).map(({ usage, what }) => `  ${usage}\n      ${what}`)
  console.log(`usage: npm run anxiao -- COMMAND\n${lines.join('\n')}`)
  process.exitCode = name === 'help' || name === '--help' ? 0 : 2
}

function isUsageError(error: unknown): error is Error {
  const code = (error as { code?: unknown } | null)?.code
  return (
    error instanceof Error && (code === 'bad-usage' || (typeof code === 'string' && code.startsWith('ERR_PARSE_ARGS')))
  )
}
