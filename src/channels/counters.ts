/** Counts of one account on a channel; the names that it begins with are there before anything happened. */
export interface Counters<Name extends string> {
  add(name: Name): void
  get(name: Name): number
  read(): Readonly<Record<string, number>>
}

export function createCounters<Name extends string>(names: readonly Name[]): Counters<Name> {
  const counts = new Map<Name, number>(names.map((name) => [name, 0]))
  return {
    add: (name) => void counts.set(name, (counts.get(name) ?? 0) + 1),
    get: (name) => counts.get(name) ?? 0,
    read: () => Object.fromEntries(counts),
  }
}
