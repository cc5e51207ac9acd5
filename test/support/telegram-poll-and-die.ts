import { createLog } from '../../src/base/log.ts'
import { systemClock } from '../../src/base/clock.ts'
import { createTelegramChannel } from '../../src/channels/telegram/telegram-channel.ts'

// A process that is killed with an update in its hands. Arguments: address of the double, token.
const [, , apiRoot = '', token = ''] = process.argv
const channel = createTelegramChannel({ apiRoot, token }, { clock: systemClock, log: createLog('silent') })
await channel.start(async () => {
  process.kill(process.pid, 'SIGKILL')
  await new Promise(() => {})
})
