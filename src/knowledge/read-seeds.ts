import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { calendarDaySchema } from './calendar-day.ts'
import { cardSchema } from './card.ts'
import { hotlineFileSchema } from './hotline.ts'
import type { ItemKind, SeedItem } from './item.ts'
import { lifeThreatSchema } from './life-threat.ts'
import { quizFileSchema } from './quiz.ts'
import { readPlan } from './read-plan.ts'
import { rebuttalSchema } from './rebuttal.ts'
import { parseSeed, type SeedProblem, type SeedResult } from './seed-file.ts'

interface SeedFolder {
  folder: string
  kind: ItemKind
  ending: '.yaml' | '.md'
  /** One file holds many items and is not named after them. */
  many?: true
  read(file: string, text: string): SeedResult<SeedItem[]>
}

/** Where each kind of content lies below the seeds folder and how one of its files is read. */
export const SEED_FOLDERS: readonly SeedFolder[] = [
  {
    folder: 'life-threats',
    kind: 'life-threat',
    ending: '.yaml',
    read: (file, text) => one('life-threat', parseSeed(file, text, lifeThreatSchema)),
  },
  {
    folder: 'cards',
    kind: 'card',
    ending: '.yaml',
    read: (file, text) => one('card', parseSeed(file, text, cardSchema)),
  },
  {
    folder: 'rebuttals',
    kind: 'rebuttal',
    ending: '.yaml',
    read: (file, text) => one('rebuttal', parseSeed(file, text, rebuttalSchema)),
  },
  { folder: 'plans', kind: 'plan', ending: '.md', read: (file, text) => one('plan', readPlan(file, text)) },
  {
    folder: 'hotlines',
    kind: 'hotline',
    ending: '.yaml',
    many: true,
    read: (file, text) => many('hotline', parseSeed(file, text, hotlineFileSchema), ({ hotlines }) => hotlines),
  },
  {
    folder: 'calendar',
    kind: 'calendar-day',
    ending: '.yaml',
    read: (file, text) => one('calendar-day', parseSeed(file, text, calendarDaySchema)),
  },
  {
    folder: 'quiz',
    kind: 'quiz-question',
    ending: '.yaml',
    many: true,
    read: (file, text) => many('quiz-question', parseSeed(file, text, quizFileSchema), ({ questions }) => questions),
  },
]

export interface Seeds {
  items: SeedItem[]
  problems: SeedProblem[]
  /** Kinds whose folder was there and read without any problem: only for these does a missing file mean that it was taken out. */
  wholeKinds: ItemKind[]
}

/**
 * Reads every seed file below `seedsDir` (or only the folders of `kinds`). A file with a problem yields no item
 * and never stops the others; nothing is thrown for bad content.
 */
export async function readSeeds(seedsDir: string, kinds?: readonly ItemKind[]): Promise<Seeds> {
  const seeds: Seeds = { items: [], problems: [], wholeKinds: [] }
  for (const seedFolder of SEED_FOLDERS) {
    if (kinds && !kinds.includes(seedFolder.kind)) continue
    const { items, problems } = await readSeedFolder(seedsDir, seedFolder)
    seeds.items.push(...items)
    seeds.problems.push(...problems)
    if (problems.length === 0 && items.length > 0) seeds.wholeKinds.push(seedFolder.kind)
  }
  return seeds
}

/** A mark of all seed files below `seedsDir` that differs whenever one of them does; undefined when one cannot be read. */
export async function fingerprintSeeds(seedsDir: string): Promise<string | undefined> {
  const hash = createHash('sha256')
  try {
    // What is stored was read by the schemas beside this file: another program may read the same files differently.
    for (const name of (await readdir(import.meta.dirname)).sort()) {
      hash.update(name).update(await readFile(join(import.meta.dirname, name)))
    }
    for (const { folder, ending } of SEED_FOLDERS) {
      for (const name of await listSeedFiles(seedsDir, folder, ending)) {
        const text = await readFile(join(seedsDir, folder, name))
        hash.update(`${folder}/${name} ${text.length}\n`).update(text)
      }
    }
  } catch {
    return undefined
  }
  return hash.digest('hex')
}

/** Reads one file's text as content of `kind`, with the same checks as a shipped seed. */
export function readItems(kind: ItemKind, file: string, text: string): SeedResult<SeedItem[]> {
  const seedFolder = SEED_FOLDERS.find((candidate) => candidate.kind === kind)
  if (!seedFolder) throw new Error(`no reader for ${kind}`)
  return seedFolder.read(file, text)
}

async function listSeedFiles(seedsDir: string, folder: string, ending: string): Promise<string[]> {
  return (await readdir(join(seedsDir, folder))).filter((name) => name.endsWith(ending)).sort()
}

async function readSeedFolder(seedsDir: string, { folder, ending, many: holdsMany, read }: SeedFolder) {
  const items: SeedItem[] = []
  const problems: SeedProblem[] = []
  const owners = new Map<string, string>()
  const wrong = (file: string, message: string) => problems.push({ file, line: 1, field: '', message })
  let names: string[]
  try {
    names = await listSeedFiles(seedsDir, folder, ending)
  } catch (error) {
    wrong(folder, `folder cannot be read: ${String(error)}`)
    return { items, problems }
  }
  for (const name of names) {
    const file = `${folder}/${name}`
    try {
      const result = read(file, await readFile(join(seedsDir, folder, name), 'utf8'))
      if (!result.ok) {
        problems.push(...result.problems)
        continue
      }
      const misnamed = holdsMany ? undefined : result.value.find(({ slug }) => !isNamedAfter(name, slug))
      if (misnamed) {
        wrong(file, `holds ${misnamed.slug}, but is not named after it`)
        continue
      }
      const slugs = result.value.map(({ slug }) => slug)
      const repeated = result.value.find(({ slug }, at) => owners.has(slug) || slugs.indexOf(slug) < at)
      if (repeated) {
        wrong(file, `repeats the id ${repeated.slug} of ${owners.get(repeated.slug) ?? 'the same file'}`)
        continue
      }
      for (const { slug } of result.value) owners.set(slug, file)
      items.push(...result.value)
    } catch (error) {
      wrong(file, `cannot be read: ${String(error)}`)
    }
  }
  return { items, problems }
}

function one<Kind extends Exclude<ItemKind, 'hotline' | 'quiz-question'>>(
  kind: Kind,
  result: SeedResult<(SeedItem & { kind: Kind })['content']>,
): SeedResult<SeedItem[]> {
  if (!result.ok) return result
  const slug = result.value.id
  return { ok: true, value: [{ kind, slug, content: result.value } as SeedItem] }
}

function isNamedAfter(name: string, slug: string): boolean {
  const stem = name.replace(/[.][a-z]+$/, '')
  return stem === slug || stem.startsWith(`${slug}-`)
}

/** The items of a file that holds many. */
function many<File, Kind extends 'hotline' | 'quiz-question'>(
  kind: Kind,
  result: SeedResult<File>,
  list: (file: File) => (SeedItem & { kind: Kind })['content'][],
): SeedResult<SeedItem[]> {
  if (!result.ok) return result
  return { ok: true, value: list(result.value).map((content) => ({ kind, slug: content.id, content }) as SeedItem) }
}
