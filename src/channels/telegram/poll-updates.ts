import type { Bot, BotApi } from './bot-api.ts'
import type { TelegramCounters } from './counters.ts'
import type { Intake } from './intake.ts'
import { updateIdSchema } from './payloads.ts'
import type { Wait } from './wait.ts'

const POLL_WAIT_SECONDS = 25
const BATCH = 100
/** How soon to look for more while an update is still worked on. */
const LOOK_AGAIN_MS = 1000

export interface Poller {
  /** Asks once and hands over what came. `probe`: do not let Telegram wait for something to come. */
  poll(bot: Bot, probe: boolean, stop: AbortSignal): Promise<void>
  /** Tells Telegram what was taken since it was last asked, so that it does not come again. */
  confirm(): Promise<void>
}

/**
 * Telegram forgets updates below the offset it is asked with and gives out all others again. So the offset stays at the
 * first update that is not taken yet: after a crash it comes again, and a slow chat delays the others by a second at
 * most.
 */
export function createPoller({
  api,
  intake,
  counters,
  wait,
}: {
  api: BotApi
  intake: Intake
  counters: TelegramCounters
  wait: Wait
}): Poller {
  /** Handed over and not known to be confirmed. */
  const known = new Map<number, { taken: boolean; work: Promise<void> }>()
  let after: number | undefined
  let asked: number | undefined

  function findOffset(): number | undefined {
    const open = [...known].flatMap(([id, { taken }]) => (taken ? [] : [id]))
    return open.length === 0 ? after : Math.min(...open)
  }

  function handOver(id: number, update: unknown, bot: Bot): void {
    const entry = { taken: false, work: Promise.resolve() }
    known.set(id, entry)
    entry.work = intake.take(update, bot).then((taken) => {
      // What was not begun before a stop comes again.
      entry.taken = taken
    })
  }

  return {
    async poll(bot, probe, stop) {
      const offset = findOffset()
      // With nothing open every known update lies below the offset and is confirmed by this call.
      const open = [...known.values()].some(({ taken }) => !taken)
      const updates = await api.getUpdates(offset, BATCH, probe ? 0 : POLL_WAIT_SECONDS, stop)
      asked = offset
      if (!open) known.clear()

      let fresh = 0
      for (const update of updates) {
        const parsed = updateIdSchema.safeParse(update)
        if (!parsed.success) {
          counters.add('malformed')
          continue
        }
        const { update_id: id } = parsed.data
        if (known.has(id)) continue
        fresh += 1
        handOver(id, update, bot)
        // After a week without updates Telegram begins to count elsewhere, also below.
        after = id + 1
      }
      const works = [...known.values()].filter(({ taken }) => !taken).map(({ work }) => work)
      if (works.length > 0 || (updates.length > 0 && fresh === 0)) {
        await waitForAll(works, wait, stop)
      }
    },
    async confirm() {
      const offset = findOffset()
      // A probe would hand out what nobody takes any more; one update is the least that can be asked for.
      if (offset !== undefined && offset !== asked) await api.getUpdates(offset, 1, 0)
    },
  }
}

async function waitForAll(works: readonly Promise<void>[], wait: Wait, stop: AbortSignal): Promise<void> {
  const ended = new AbortController()
  const halt = () => ended.abort()
  if (stop.aborted) halt()
  stop.addEventListener('abort', halt)
  const all = works.length === 0 ? [] : [Promise.all(works)]
  await Promise.race([...all, wait(LOOK_AGAIN_MS, ended.signal)])
  stop.removeEventListener('abort', halt)
  ended.abort()
}
