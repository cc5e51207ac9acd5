/** One text per JSON value, whatever the order of its keys: what a hash may be taken of. */
export function canonicalJson(value: unknown): string {
  const text: string | undefined = JSON.stringify(value, sortKeys)
  if (text === undefined) throw new Error('not a JSON value')
  return text
}

function sortKeys(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  // Object.fromEntries would lose a key named __proto__.
  const sorted: Record<string, unknown> = Object.create(null) as Record<string, unknown>
  for (const [key, entry] of Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))) sorted[key] = entry
  return sorted
}
