import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { open, readFile, rename, rm } from 'node:fs/promises'
import { endianness } from 'node:os'
import { join } from 'node:path'
import { deserialize, serialize } from 'node:v8'
import { crc32 } from 'node:zlib'
import type { Logger } from '../../base/log.ts'
import type { SearchDocument } from '../search-index.ts'
import type { EmbeddedSearchIndex, SavedIndex } from './embedded.ts'

/** With fewer documents building takes no longer than reading. */
const LEAST_DOCUMENTS = 200

interface Kept {
  /** By id what the indexed document said. */
  hashes: ReadonlyMap<string, string>
  index: SavedIndex
}

/** Keeps the index of many documents in a file, so that the next start need not build it. */
export interface IndexFile {
  /** Fills the empty index from the file; answers the hashes of what it now holds, none where no file fits. */
  restore(documents: readonly SearchDocument[]): Promise<ReadonlyMap<string, string>>
  /** Tells what the index holds now; undefined while that changes. */
  note(hashes: ReadonlyMap<string, string> | undefined): void
  /**
   * Writes what was noted last, unless it is too little or the file lacks no more than this share of it. The process does
   * nothing else meanwhile: 0.1 s for a thousand documents.
   */
  save(lackingMoreThan: number): Promise<void>
}

/** `mark`: what the index depends on beside its documents, see `markIndex`; a file with another one is not read. */
export function createIndexFile(parts: {
  file: string
  index: EmbeddedSearchIndex
  mark: () => string
  log: Logger
  leastDocuments?: number
}): IndexFile {
  const { file, index, mark, log, leastDocuments = LEAST_DOCUMENTS } = parts
  let noted: ReadonlyMap<string, string> | undefined
  let inFile: ReadonlyMap<string, string> = new Map()
  let saving: Promise<void> = Promise.resolve()

  const write = async (lackingMoreThan: number) => {
    const hashes = noted
    if (!hashes || hashes.size < leastDocuments) return
    const lacking = [...hashes].filter(([id, hash]) => inFile.get(id) !== hash).length
    if (lacking <= lackingMoreThan * hashes.size) return
    // A file that was written in vain is not tried again before something changes.
    inFile = hashes
    try {
      await writeKept(file, mark(), { hashes, index: index.save() })
    } catch (error) {
      log.warn({ error }, 'the index was not kept, the next start builds it')
    }
  }

  return {
    async restore(documents) {
      if (documents.length < leastDocuments) return new Map()
      const bytes = await readFile(file).catch(() => undefined)
      if (!bytes) return new Map()
      try {
        const kept = readKept(bytes, mark())
        // After every upgrade.
        if (!kept) return new Map()
        const byId = new Map(documents.map((document) => [document.id, document]))
        index.restore(kept.index, (id) => byId.get(id))
        inFile = kept.hashes
        return new Map([...kept.hashes].filter(([id]) => byId.has(id)))
      } catch (error) {
        log.warn({ error }, 'the kept index does not fit, it is built')
        return new Map()
      }
    },
    note(hashes) {
      noted = hashes
    },
    save(lackingMoreThan) {
      saving = saving.then(() => write(lackingMoreThan))
      return saving
    },
  }
}

/** Another program, another lexicon or another way to write values makes another index. */
export function markIndex(release: string, lexicon: unknown): string {
  const hash = createHash('sha256').update(JSON.stringify(lexicon))
  for (const folder of [
    import.meta.dirname,
    join(import.meta.dirname, '..'),
    join(import.meta.dirname, '../../base'),
  ]) {
    for (const name of readdirSync(folder).sort())
      if (name.endsWith('.ts')) hash.update(name).update(readFileSync(join(folder, name)))
  }
  return [release, process.versions.v8, endianness(), hash.digest('hex')].join(' ')
}

/** One line with the mark and the checksum of the rest. */
async function writeKept(file: string, mark: string, kept: Kept): Promise<void> {
  const bytes = serialize(kept)
  const draft = `${file}.${process.pid}.draft`
  try {
    const handle = await open(draft, 'w', 0o600)
    try {
      await handle.writeFile(`${describe(mark, bytes)}\n`)
      await handle.writeFile(bytes)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(draft, file)
  } finally {
    await rm(draft, { force: true })
  }
}

/** Undefined for a file with another mark. Throws where it is damaged. */
function readKept(bytes: Buffer, mark: string): Kept | undefined {
  const end = bytes.indexOf('\n')
  const content = bytes.subarray(end + 1)
  const line = end < 0 ? '' : bytes.toString('utf8', 0, end)
  if (!line.startsWith(`${NAME} ${mark} `)) return undefined
  if (line !== describe(mark, content)) throw new Error('it is damaged')
  // Written by writeKept of the same program: the mark says so.
  return deserialize(content) as Kept
}

const NAME = 'anxiao index'

function describe(mark: string, bytes: Uint8Array): string {
  return `${NAME} ${mark} ${bytes.length} ${crc32(bytes).toString(16)}`
}
