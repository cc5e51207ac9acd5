import type { Clock } from '../../base/clock.ts'
import type { ChannelHealth } from '../channel.ts'

export interface HealthKeeper {
  set(state: ChannelHealth['state'], sentence?: string): void
  read(): ChannelHealth
}

/** `since` moves only when the state does. */
export function createHealthKeeper(clock: Clock): HealthKeeper {
  let health: ChannelHealth = { state: 'off', since: clock.now() }
  return {
    set(state, sentence) {
      const since = state === health.state ? health.since : clock.now()
      health = { state, since, ...(sentence === undefined ? {} : { sentence }) }
    },
    read: () => health,
  }
}
