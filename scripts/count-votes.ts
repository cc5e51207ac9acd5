/** Log-odds of each run in the texts of one topic against those of all others; rare and weak ones left out. */
export function countVotes(
  texts: readonly { runs: readonly string[]; topic: string; weight: number }[],
  limits: { leastSeen: number; leastVote: number },
): Record<string, Record<string, number>> {
  const smooth = 0.1
  const seen = new Map<string, Map<string, number>>()
  const sizes = new Map<string, number>()
  let all = 0
  for (const { runs, topic, weight } of texts) {
    all += weight
    sizes.set(topic, (sizes.get(topic) ?? 0) + weight)
    for (const run of runs) {
      const byTopic = seen.get(run) ?? new Map<string, number>()
      byTopic.set(topic, (byTopic.get(topic) ?? 0) + weight)
      seen.set(run, byTopic)
    }
  }
  const votes: Record<string, Record<string, number>> = {}
  for (const [run, byTopic] of seen) {
    const total = [...byTopic.values()].reduce((sum, weight) => sum + weight, 0)
    if (total < limits.leastSeen) continue
    for (const [topic, weight] of byTopic) {
      const size = sizes.get(topic) ?? 0
      const inside = (weight + smooth) / (size + 2 * smooth)
      const outside = (total - weight + smooth) / (all - size + 2 * smooth)
      const vote = Math.log(inside / outside)
      if (vote >= limits.leastVote) (votes[run] ??= {})[topic] = Math.round(vote * 100) / 100
    }
  }
  return votes
}
