/** Who goes first, from 0. Replies keep a share of every rate, whatever else is on its way. */
export const LANES = { urgent: 0, orange: 1, reply: 2, notice: 3, routine: 4 } as const
export type LaneName = keyof typeof LANES
export type Lane = (typeof LANES)[LaneName]

/** Share of what may be sent that replies can always have. */
export const REPLY_SHARE = 0.2

export function nameLane(lane: number): LaneName {
  const found = Object.entries(LANES).find(([, value]) => value === lane)
  if (!found) throw new Error(`no such lane: ${lane}`)
  return found[0] as LaneName
}
