// npm run measure:claims: forwards, hard negatives and ordinary messages through /api/check, beside a Dice gate and plain
// BM25 in the same run. Their writers saw only the gist of each claim. --half report (default) | tune · --wrong
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import MiniSearch from 'minisearch'
import { createApp } from '../src/app.ts'
import { foldText } from '../src/base/fold-text.ts'
import { checkReplySchema } from '../src/chat/contract.ts'
import { SHIPPED_SEEDS } from '../src/cli/shipped-seeds.ts'
import { loadConfig } from '../src/config/config.ts'
import { readGroupedExamples } from './read-examples.ts'

interface Message {
  text: string
  kind: 'forward' | 'hard negative' | 'ordinary' | 'true advice'
  /** Of a negative: what makes it another statement. */
  why: string
  /** The claim it is, or is near. */
  id: string
}

/** What one way of matching answers with; undefined for silence. */
type Matcher = (text: string) => Promise<string | undefined> | string | undefined

const { values } = parseArgs({
  options: { half: { type: 'string', default: 'report' }, wrong: { type: 'boolean', default: false } },
})
const dataDir = mkdtempSync(join(tmpdir(), 'anxiao-measure-'))
const config = loadConfig({ DATA_DIR: dataDir, LOG_LEVEL: 'error', RATE_LIMITS: 'off' }, SHIPPED_SEEDS)
const app = createApp(config, { listen: false })
try {
  await app.start()
  const { items } = app.parts.answering().knowledge
  const rebuttals = [...items.rebuttal.values()].map(({ content }) => content)
  const wordings = rebuttals.map(({ id, claim, variants }) => ({ id, texts: [claim, ...variants] }))
  const advice = [...items.card.values()].flatMap(({ content }) => [
    ...content.now,
    ...content.before,
    ...content.after,
  ])
  const messages = readMessages(new Set(rebuttals.map(({ id }) => id)), advice)
  const product: Matcher = async (text) => {
    const response = await app.fetch(
      new Request('http://localhost/api/check', {
        method: 'POST',
        headers: { host: 'localhost', 'content-type': 'application/json' },
        body: JSON.stringify({ text }),
      }),
    )
    const reply = checkReplySchema.parse(await response.json())
    return reply.outcome === 'ask' ? 'ask' : reply.rebuttal?.id
  }
  console.log(`${rebuttals.length} published rebuttals, half ${values.half}`)
  await report('/api/check', product, messages, values.wrong)
  for (const gate of [0.7, 0.95]) await report(`Dice ≥${gate}`, createDice(wordings, gate), messages)
  await report('BM25 (minisearch, pairs of signs), best hit', createBm25(wordings), messages)
} finally {
  await app.stop()
  rmSync(dataDir, { recursive: true, force: true })
}

async function report(name: string, match: Matcher, messages: readonly Message[], showWrong = false) {
  const tally = new Map<string, { right: number; other: number; asked: number; all: number }>()
  for (const message of messages) {
    const found = await match(message.text)
    for (const kind of [message.kind, ...(message.why === '' ? [] : [`  ${message.why}`])]) {
      const entry = tally.get(kind) ?? { right: 0, other: 0, asked: 0, all: 0 }
      entry.all++
      if (found === 'ask') entry.asked++
      else if (found !== undefined && message.kind === 'forward' && found === message.id) entry.right++
      else if (found !== undefined) entry.other++
      tally.set(kind, entry)
    }
    const wrong = message.kind === 'forward' ? found !== message.id : found !== undefined && found !== 'ask'
    if (showWrong && wrong)
      console.log(`  ${message.kind} ${message.why} | ${message.text} | ${message.id} | got ${found ?? '-'}`)
  }
  console.log(`\n${name}`)
  for (const [kind, { right, other, asked, all }] of tally) {
    const share = (count: number) => `${count} of ${all} (${((100 * count) / all).toFixed(1)} %)`
    const matched = kind === 'forward' ? `right ${share(right)}, another ${share(other)}` : `matched ${share(other)}`
    console.log(`  ${kind.padEnd(16)} ${matched}, asked back ${share(asked)}`)
  }
}

function readMessages(published: ReadonlySet<string>, advice: readonly string[]): Message[] {
  const forwards = readGroupedExamples(`test/evals/claims/forwards-${values.half}.txt`).map(
    ({ text, group }): Message => ({ text, kind: 'forward', why: '', id: group }),
  )
  const negatives = readGroupedExamples(`test/evals/claims/negatives-${values.half}.txt`).map(
    ({ text, group }): Message => {
      const [why = '', said = ''] = text.split(' | ')
      return { text: said, kind: 'hard negative', why, id: group }
    },
  )
  const ordinary = readGroupedExamples('test/evals/examples/{not-ours,replies}.txt').map(({ text }): Message => ({
    text,
    kind: 'ordinary',
    why: '',
    id: '',
  }))
  const taught = advice.map((text): Message => ({ text, kind: 'true advice', why: '', id: '' }))
  return [...[...forwards, ...negatives].filter(({ id }) => published.has(id)), ...ordinary, ...taught]
}

function createDice(wordings: readonly { id: string; texts: string[] }[], gate: number): Matcher {
  const stored = wordings.flatMap(({ id, texts }) => texts.map((text) => ({ id, pairs: listPairs(text) })))
  return (text) => {
    const said = new Set(listPairs(text))
    let best = { id: '', value: 0 }
    for (const { id, pairs } of stored) {
      const own = new Set(pairs)
      const shared = [...own].filter((pair) => said.has(pair)).length
      const value = (2 * shared) / Math.max(1, own.size + said.size)
      if (value > best.value) best = { id, value }
    }
    return best.value >= gate ? best.id : undefined
  }
}

function createBm25(wordings: readonly { id: string; texts: string[] }[]): Matcher {
  const search = new MiniSearch<{ id: string; text: string }>({ fields: ['text'], tokenize: listPairs })
  search.addAll(wordings.map(({ id, texts }) => ({ id, text: texts.join('\n') })))
  return (text) => search.search(text)[0]?.id as string | undefined
}

function listPairs(text: string): string[] {
  const signs = foldText(text).replace(/[^\p{L}\p{N}]/gu, '')
  return Array.from({ length: Math.max(0, signs.length - 1) }, (_, at) => signs.slice(at, at + 2))
}
