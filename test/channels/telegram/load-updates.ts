import { readFileSync } from 'node:fs'

/** Documented payloads by name, from test/fixtures/channels/telegram. */
export function loadUpdates(file: string): (name: string) => Record<string, unknown> {
  const path = new URL(`../../fixtures/channels/telegram/${file}.json`, import.meta.url)
  const { updates } = JSON.parse(readFileSync(path, 'utf8')) as { updates: Record<string, Record<string, unknown>> }
  return (name) => {
    const update = updates[name]
    if (!update) throw new Error(`${file}.json holds no ${name}`)
    return update
  }
}
