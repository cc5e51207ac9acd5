// npm run bench: our search engine beside other in-process engines, on the sets of EVAL_DIR, in one process and one run.
// --size grows synthetic documents to 1k, 10k, 100k · --json prints one JSON object instead of tables
import { spawn } from 'node:child_process'
import { createReadStream, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { arch, cpus, loadavg, platform, tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

import { pino } from 'pino'

import { SHIPPED_SEEDS } from '../src/cli/shipped-seeds.ts'
import type { SeedItem } from '../src/knowledge/item.ts'
import { buildSnapshot } from '../src/knowledge/read-published.ts'
import { readSeeds } from '../src/knowledge/read-seeds.ts'
import { createAnalyzer } from '../src/retrieval/analysis.ts'
import { hashDocuments, toSearchDocuments } from '../src/retrieval/documents.ts'
import { EmbeddedSearchIndex } from '../src/retrieval/engines/embedded.ts'
import { createIndexFile, markIndex, type IndexFile } from '../src/retrieval/engines/index-file.ts'
import {
  evaluationCorpusRowSchema,
  evaluationQueryRowSchema,
  readEvaluationCorpus,
  KIND_OF_EVALUATION,
  type EvaluationKind,
} from '../src/retrieval/evaluate.ts'
import { loadLexicon } from '../src/retrieval/lexicon.ts'
import type { DocumentKind, SearchDocument } from '../src/retrieval/search-index.ts'
import { createRandom } from './seeded-random.ts'

const SETS: readonly { name: string; kind: EvaluationKind }[] = [
  { name: 'rumor-match-toutiao', kind: 'rumors' },
  { name: 'rumor-match-guokr', kind: 'rumors' },
  { name: 'question-epidemic', kind: 'questions' },
  { name: 'card-dxy', kind: 'questions' },
  { name: 'plan-qa', kind: 'plans' },
]
const SIZES = [1_000, 10_000, 100_000]
const FIRST_RANKS = 10
/** Queries of one engine on one set stop here; those measured until then are an even sample of all. */
const PEER_CAP_MS = 12_000
const WARM_UP_QUERIES = 50
const GROWTH_CAP_MS = 100_000
const GROWTH_QUERIES = 600

/** A filled index: ids, best first. */
type Search = (text: string) => string[] | Promise<string[]>

interface Engine {
  name: string
  /** Null for a kind makes the engine search every kind. */
  build(documents: readonly SearchDocument[], kind: DocumentKind | null): Promise<Search>
}

const ours: Engine = {
  name: 'ours',
  async build(documents, kind) {
    const { index } = openOurs()
    await index.upsert([...documents])
    return searchOurs(index, kind)
  },
}

function openOurs(file = ''): { index: EmbeddedSearchIndex; kept: IndexFile } {
  const lexicon = loadLexicon(join(SHIPPED_SEEDS, 'lexicons'))
  const index = new EmbeddedSearchIndex(createAnalyzer(lexicon))
  const kept = createIndexFile({ file, index, mark: () => markIndex('bench', lexicon), log: pino({ level: 'error' }) })
  return { index, kept }
}

function searchOurs(index: EmbeddedSearchIndex, kind: DocumentKind | null): Search {
  const kinds = kind === null ? {} : { kinds: [kind] }
  return async (text) => (await index.search({ text, ...kinds, limit: FIRST_RANKS })).map(({ id }) => id)
}

const minisearchDefault: Engine = { name: 'minisearch, default', build: (documents) => buildMiniSearch(documents) }

/** MiniSearch has no Chinese of its own and offers the `tokenize` option; bigrams are what its users settled on. */
const minisearchBigram: Engine = {
  name: 'minisearch, bigrams',
  build: (documents) => buildMiniSearch(documents, splitIntoBigrams),
}

const orama: Engine = {
  name: 'orama, mandarin',
  async build(documents) {
    const { create, insertMultiple, search } = await import('@orama/orama')
    const { createTokenizer } = await import('@orama/tokenizers/mandarin')
    const schema = { title: 'string', wordings: 'string', body: 'string' } as const
    const db = create({ schema, components: { tokenizer: createTokenizer() } })
    await insertMultiple(db, documents.map(toFields))
    return async (text) => (await search(db, { term: text, limit: FIRST_RANKS })).hits.map(({ id }) => id)
  },
}

/** `suggest` lets a document answer that lacks some of the query's signs; without it whole sentences find nothing. */
const flexsearch = (name: string, context: boolean): Engine => ({
  name,
  async build(documents) {
    const { Index, Charset } = await import('flexsearch')
    const index = new Index({ encoder: Charset.CJK, context })
    // One text per document: the library does not score across fields. Earlier places weigh more.
    documents.forEach((document, number) => {
      const { title, wordings, body } = toFields(document)
      index.add(number, `${wordings}\n${title}\n${body}`)
    })
    return (text) =>
      index
        .search(text, { limit: FIRST_RANKS, suggest: true })
        .flatMap((number) => (typeof number === 'number' ? [documents[number]?.id ?? ''] : []))
  },
})

const ENGINES: readonly Engine[] = [
  ours,
  minisearchDefault,
  minisearchBigram,
  orama,
  flexsearch('flexsearch, CJK', false),
  flexsearch('flexsearch, CJK + context', true),
]

function toFields({ id, title, wordings, body }: SearchDocument) {
  return { id, title, wordings: wordings.join('\n'), body }
}

async function buildMiniSearch(
  documents: readonly SearchDocument[],
  tokenize?: (text: string) => string[],
): Promise<Search> {
  const { default: MiniSearch } = await import('minisearch')
  const index = new MiniSearch({ fields: ['title', 'wordings', 'body'], ...(tokenize && { tokenize }) })
  index.addAll(documents.map(toFields))
  return (text) =>
    index
      .search(text)
      .slice(0, FIRST_RANKS)
      .map(({ id }) => String(id))
}

function splitIntoBigrams(text: string): string[] {
  const tokens: string[] = []
  for (const [run] of text.matchAll(/\p{Script=Han}+|[[\p{L}\p{N}]--\p{Script=Han}]+/gv)) {
    if (!/^\p{Script=Han}{2}/u.test(run)) tokens.push(run)
    else for (let at = 0; at + 1 < run.length; at++) tokens.push(run.slice(at, at + 2))
  }
  return tokens
}

export interface Comparison {
  set: string
  engine: string
  queries: number
  /** Shares 0…1 of the queries measured. */
  hit1: number
  hit5: number
  mrr10: number
  indexMs: number
  indexOfOurs: number
  queryUs: number
  queryOfOurs: number
  /** Queries that the time cap left out. */
  unmeasured: number
}

async function compareOn(evalDir: string, { name, kind }: (typeof SETS)[number]): Promise<Comparison[]> {
  const documents = readEvaluationCorpus(
    kind,
    readJsonLines(join(evalDir, name, 'corpus.jsonl')).map((row) => evaluationCorpusRowSchema.parse(row)),
  )
  const queries = shuffle(
    readJsonLines(join(evalDir, name, 'queries.jsonl')).map((row) => evaluationQueryRowSchema.parse(row)),
  )
  const rows: Comparison[] = []
  for (const engine of ENGINES) {
    // The better of two: the first build also pays for compiling the code.
    const first = await time(() => engine.build(documents, KIND_OF_EVALUATION[kind]))
    const again = await time(() => engine.build(documents, KIND_OF_EVALUATION[kind]))
    const indexMs = Math.min(first.ms, again.ms)
    const search = again.value
    for (const { query } of queries.slice(0, WARM_UP_QUERIES)) await search(query)
    const times: number[] = []
    const ranks: number[] = []
    const until = performance.now() + PEER_CAP_MS
    for (const { query, positive_ids } of queries) {
      if (performance.now() > until) break
      const { ms, value } = await time(async () => search(query))
      times.push(ms * 1000)
      ranks.push(value.findIndex((id) => positive_ids.includes(id)))
    }
    const share = (matches: (rank: number) => boolean) => round(ranks.filter(matches).length / ranks.length, 4)
    const queryUs = quantile(times, 0.5)
    rows.push({
      set: name,
      engine: engine.name,
      queries: ranks.length,
      hit1: share((rank) => rank === 0),
      hit5: share((rank) => rank >= 0 && rank < 5),
      mrr10: round(ranks.reduce((sum, rank) => sum + (rank < 0 ? 0 : 1 / (rank + 1)), 0) / ranks.length, 4),
      indexMs: round(indexMs, 1),
      indexOfOurs: round(indexMs / (rows[0]?.indexMs ?? indexMs), 2),
      queryUs: round(queryUs, 0),
      queryOfOurs: round(queryUs / (rows[0]?.queryUs ?? queryUs), 2),
      unmeasured: queries.length - ranks.length,
    })
  }
  return rows
}

export interface Growth {
  engine: string
  documents: number
  /** Filling an empty index in a fresh process; processor time of the thread beside it, which neighbors do not stretch. */
  indexMs: number
  indexCpuMs: number
  /** Ours: a fresh process, from its documents and what was kept of the index until the first question is answered. */
  restartMs: number | null
  restartCpuMs: number | null
  /** One question over all kinds. */
  p50Us: number
  p99Us: number
  /** What the index takes on the heap, the documents' own texts not counted. */
  heapMb: number
}

/** Runs in a process of its own: a filled heap or warm code of another size would change the figures. */
async function measureGrowth(
  engine: Engine,
  size: number,
  file: string,
): Promise<Omit<Growth, 'restartMs' | 'restartCpuMs'>> {
  const documents = toSearchDocuments(buildSnapshot((await buildSyntheticItems(size)).map(asPublished)))
  for (let at = 0; at < documents.length; at += 1_000) {
    const lines = documents.slice(at, at + 1_000).map((document) => `${JSON.stringify(document)}\n`)
    writeFileSync(file, lines.join(''), { flag: 'a' })
  }
  const before = measureHeap()
  const { ms: indexMs, cpuMs: indexCpuMs, value: search } = await time(() => engine.build(documents, null))
  const heapMb = measureHeap() - before
  const questions = shuffle(readQuestions()).slice(0, GROWTH_QUERIES)
  for (const question of questions.slice(0, WARM_UP_QUERIES)) await search(question)
  const times: number[] = []
  for (const question of questions) times.push((await time(async () => search(question))).ms * 1000)
  return {
    engine: engine.name,
    documents: documents.length,
    indexMs: round(indexMs, 0),
    indexCpuMs: round(indexCpuMs, 0),
    p50Us: round(quantile(times, 0.5), 0),
    p99Us: round(quantile(times, 0.99), 0),
    heapMb: round(heapMb, 1),
  }
}

/** What a service leaves behind for its next start. */
async function keepOurs(file: string): Promise<void> {
  const documents = await readDocuments(file)
  const { index, kept } = openOurs(`${file}.index`)
  await index.upsert(documents)
  kept.note(hashDocuments(documents))
  await kept.save(0)
}

async function readDocuments(file: string): Promise<SearchDocument[]> {
  const documents: SearchDocument[] = []
  // The file was written by this program.
  for await (const line of createInterface({ input: createReadStream(file) }))
    documents.push(JSON.parse(line) as SearchDocument)
  return documents
}

/** Until the first answer, with the documents at hand as for building. */
async function measureRestart(file: string): Promise<{ restartMs: number; restartCpuMs: number }> {
  const documents = await readDocuments(file)
  const { ms, cpuMs } = await time(async () => {
    const { index, kept } = openOurs(`${file}.index`)
    const hashes = hashDocuments(documents)
    const held = await kept.restore(documents)
    await index.upsert(documents.filter(({ id }) => held.get(id) !== hashes.get(id)))
    await searchOurs(index, null)('地震了怎么办')
  })
  return { restartMs: round(ms, 0), restartCpuMs: round(cpuMs, 0) }
}

function measureHeap(): number {
  setFlagsFromString('--expose-gc')
  const collect: unknown = runInNewContext('gc')
  if (typeof collect === 'function') collect()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return (heapUsed + arrayBuffers) / 2 ** 20
}

/** Null when the time cap ended it. */
async function growInProcess(engine: string, size: number): Promise<Growth | null> {
  const folder = mkdtempSync(join(tmpdir(), 'anxiao-bench-'))
  const file = join(folder, 'documents.jsonl')
  try {
    const filled = await runSelf(['--grow', String(size), '--file', file, '--engine', engine])
    if (engine === ours.name) await runSelf(['--keep', '--file', file])
    const restarted =
      engine === ours.name ? await runSelf(['--restart', '--file', file]) : '{"restartMs":null,"restartCpuMs":null}'
    // Both were printed by this program.
    return filled && restarted ? ({ ...JSON.parse(filled), ...JSON.parse(restarted) } as Growth) : null
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function runSelf(args: string[]): Promise<string | null> {
  const child = spawn(process.execPath, [fileURLToPath(import.meta.url), ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: GROWTH_CAP_MS,
  })
  let output = ''
  child.stdout.on('data', (part: Buffer) => (output += part.toString()))
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve))
  if (code !== 0 && code !== null) throw new Error(`${args.join(' ')} ended with ${code}`)
  return code === 0 ? output : null
}

const CARDS_OF_TEN = 1
const PLAN_UNITS_OF_TEN = 2
const UNITS_OF_A_PLAN = 100

/**
 * `documents` searchable documents that nobody wrote: seven rebuttals, one card and two plan units in ten, their texts
 * recombined from the clauses of the seeds (and of EVAL_DIR where it is there). The same files give the same documents.
 */
export async function buildSyntheticItems(documents: number): Promise<SeedItem[]> {
  const clauses = await readClauses()
  const random = createRandom(documents)
  const pick = () => clauses[Math.floor(random() * clauses.length)] ?? ''
  const sentence = (parts: number) => `${Array.from({ length: parts }, pick).join('，')}。`
  const sentences = (count: number) => Array.from({ length: count }, () => sentence(3))
  const cards = Math.floor((documents * CARDS_OF_TEN) / 10)
  const units = Math.floor((documents * PLAN_UNITS_OF_TEN) / 10)
  const items: SeedItem[] = []
  const source = {
    title: '合成测试数据',
    issuer: '无',
    kind: 'official' as const,
    document: '无',
    locator: '无',
    read: 'copy' as const,
    readOn: '2026-01-01',
  }
  const record = { version: 1, review: 'source-checked' as const, checkedOn: '2026-01-01', medical: false }
  const shared = { ...record, validUntil: '2099-12-31', hazard: 'weather' as const, hazardClass: 'natural' as const }
  const forms = () => ({
    private: { lead: sentence(1), steps: [sentence(1), sentence(1)] },
    group: { lead: sentence(1), steps: [sentence(1)] },
  })
  for (let number = 0; number < documents - cards - units; number++) {
    const claim = `${pick()}，${pick()}`
    const slug = `synthetic-rebuttal-${number}`
    const variants = Array.from({ length: 5 }, () => `${claim}，${pick()}`)
    const verdict = 'false' as const
    const content = { kind: 'rebuttal' as const, id: slug, ...shared, ...forms(), claim, variants, verdict }
    items.push({
      kind: 'rebuttal',
      slug,
      content: { ...content, dangerous: false, facts: sentences(3), why: sentence(2), sources: [source] },
    })
  }
  for (let number = 0; number < cards; number++) {
    const slug = `synthetic-card-${number}`
    const content = { kind: 'card' as const, id: slug, ...shared, ...forms(), topic: slug, title: pick() }
    const questions = Array.from({ length: 12 }, () => `${pick()}，${pick()}？`)
    const lists = { now: sentences(4), before: sentences(2), after: sentences(2), avoid: [], numbers: [], calls: [] }
    items.push({
      kind: 'card',
      slug,
      content: { ...content, ...lists, aliases: [], questions, variants: {}, myths: sentences(1), sources: [source] },
    })
  }
  for (let number = 0; number * UNITS_OF_A_PLAN < units; number++) {
    // Documents 000 to 004 are the shipped ones.
    const id = String(100 + number)
    const count = Math.min(UNITS_OF_A_PLAN, units - number * UNITS_OF_A_PLAN)
    items.push({
      kind: 'plan',
      slug: id,
      content: {
        id,
        title: `合成规划${id}`,
        number: `合成〔2026〕${id}号`,
        issuer: '无',
        date: '2026',
        region: '500000',
        units: Array.from({ length: count }, (_, unit) => ({
          id: `${id}#${unit + 1}.1`,
          path: [pick()],
          locator: `第${unit + 1}条`,
          text: sentences(3).join(''),
          uncertain: false,
        })),
      },
    })
  }
  return items
}

async function readClauses(): Promise<string[]> {
  const clauses = new Set<string>()
  const collect = (value: unknown): void => {
    if (Array.isArray(value)) value.forEach(collect)
    else if (value !== null && typeof value === 'object') Object.values(value).forEach(collect)
    else if (typeof value === 'string') {
      for (const part of value.split(/[，。！？；：、,!?;:\s]+/u)) {
        if (/^[\p{Script=Han}\p{N}A-Za-z%.]{4,16}$/u.test(part) && /\p{Script=Han}{2}/u.test(part)) clauses.add(part)
      }
    }
  }
  for (const { content } of (await readSeeds(SHIPPED_SEEDS)).items) collect(content)
  const evalDir = findEvalDir()
  if (evalDir !== undefined) for (const { name } of SETS) collect(readJsonLines(join(evalDir, name, 'corpus.jsonl')))
  return [...clauses]
}

/** The written questions of test/evals, as residents ask. */
export function readQuestions(): string[] {
  const folder = join(import.meta.dirname, '../test/evals')
  return ['questions-a', 'questions-b', 'plan-questions'].flatMap((name) =>
    readJsonLines(join(folder, `${name}.jsonl`)).flatMap((row) =>
      row !== null && typeof row === 'object' && 'text' in row && typeof row.text === 'string' ? [row.text] : [],
    ),
  )
}

export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN
}

export function round(value: number, digits: number): number {
  return Number(value.toFixed(digits))
}

/** Where and when a figure was measured, and how busy the machine was. */
export function describeMachine(): string {
  const [processor] = cpus()
  const load = loadavg().map((value) => value.toFixed(2))
  const cores = `${cpus().length} × ${processor?.model.trim() ?? 'unknown'}`
  return `${new Date().toISOString().slice(0, 16)}Z · ${platform()} ${arch()} · ${cores} · Node ${process.versions.node} · load ${load.join(' ')}`
}

/** The same order in every run. */
export function shuffle<T>(values: readonly T[]): T[] {
  const random = createRandom(values.length)
  return values
    .map((value) => ({ value, key: random() }))
    .sort((a, b) => a.key - b.key)
    .map(({ value }) => value)
}

function asPublished(item: SeedItem) {
  return { ...item, number: '', version: 1, origin: 'local' as const }
}

async function time<T>(work: () => Promise<T>): Promise<{ ms: number; cpuMs: number; value: T }> {
  const cpuBefore = process.threadCpuUsage()
  const start = performance.now()
  const value = await work()
  const ms = performance.now() - start
  const { user, system } = process.threadCpuUsage(cpuBefore)
  return { ms, cpuMs: (user + system) / 1000, value }
}

function findEvalDir(): string | undefined {
  const folder = process.env['EVAL_DIR'] ?? join(import.meta.dirname, '../../shared/eval')
  return SETS.every(({ name }) => existsSync(join(folder, name, 'corpus.jsonl'))) ? folder : undefined
}

function readJsonLines(file: string): unknown[] {
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line): unknown => JSON.parse(line))
}

function printTable(heads: readonly string[], rows: readonly (readonly (string | number)[])[]): void {
  const lines = [heads, ...rows].map((row) => row.map(String))
  const widths = heads.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)))
  for (const line of lines) {
    console.log(line.map((cell, i) => (i < 2 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join('  '))
  }
}

function findEngine(name: string): Engine {
  const engine = ENGINES.find((candidate) => candidate.name === name)
  if (!engine) throw new Error(`no engine ${name}`)
  return engine
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      size: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      grow: { type: 'string' },
      keep: { type: 'boolean', default: false },
      restart: { type: 'boolean', default: false },
      file: { type: 'string', default: '' },
      engine: { type: 'string', default: ours.name },
    },
  })
  const { grow, keep, restart, file } = values
  if (keep) return keepOurs(file)
  if (grow !== undefined || restart) {
    const measured = restart
      ? await measureRestart(file)
      : await measureGrowth(findEngine(values.engine), Number(grow), file)
    console.log(JSON.stringify(measured))
    return
  }

  const evalDir = findEvalDir()
  const machine = describeMachine()
  if (!values.json) console.log(machine)
  const comparisons: Comparison[] = []
  if (evalDir !== undefined) for (const set of SETS) comparisons.push(...(await compareOn(evalDir, set)))
  else if (!values.json) console.log('no evaluation sets: set EVAL_DIR to their folder; nothing is compared')
  if (!values.json && comparisons.length > 0) {
    printTable(
      ['set', 'engine', 'hit@1', 'hit@5', 'MRR@10', 'index ms', '× ours', 'µs/query', '× ours', 'queries'],
      comparisons.map((row) => [
        row.set,
        row.engine,
        row.hit1.toFixed(3),
        row.hit5.toFixed(3),
        row.mrr10.toFixed(3),
        row.indexMs,
        row.indexOfOurs.toFixed(2),
        row.queryUs,
        row.queryOfOurs.toFixed(2),
        row.unmeasured === 0 ? row.queries : `${row.queries} of ${row.queries + row.unmeasured}`,
      ]),
    )
  }

  const growths: Growth[] = []
  const capped: string[] = []
  if (values.size) {
    for (const { name } of [ours, minisearchBigram]) {
      for (const size of SIZES) {
        // Ours is what the figures are for; the other one shows the order of magnitude.
        if (name !== ours.name && size > 10_000) continue
        const growth = await growInProcess(name, size)
        if (growth) growths.push(growth)
        else capped.push(`${name} at ${size} documents: over ${GROWTH_CAP_MS / 1000} s`)
      }
    }
    if (!values.json) {
      console.log()
      printTable(
        ['engine', 'documents', 'index ms', 'cpu ms', 'restart ms', 'cpu ms', 'µs/question p50', 'p99', 'heap MB'],
        growths.map((row) => [
          row.engine,
          row.documents,
          row.indexMs,
          row.indexCpuMs,
          row.restartMs ?? '–',
          row.restartCpuMs ?? '–',
          row.p50Us,
          row.p99Us,
          row.heapMb,
        ]),
      )
      capped.forEach((line) => console.log(line))
    }
  }
  if (values.json) console.log(JSON.stringify({ machine, comparisons, growths, capped }, null, 2))
}

if (import.meta.main) await main()
