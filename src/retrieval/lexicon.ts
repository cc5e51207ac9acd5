import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { z } from 'zod'
import { AppError } from '../base/errors.ts'

const word = z.string().trim().min(1).max(30)

const rewriteSchema = z.strictObject({ to: word, from: z.array(word).min(1) })

const schemas = {
  /** 川渝 words and their everyday meaning. */
  dialect: z.strictObject({ rewrites: z.array(rewriteSchema).min(1) }),
  /** Words that mean the same in a resident's question; `to` is the one that is compared. */
  synonyms: z.strictObject({ rewrites: z.array(rewriteSchema).min(1) }),
  /** `signs`: strings of signs that sound alike; `terms`: the only words a slip may be mended to; `keep`: real words that look like a slip. */
  homophones: z.strictObject({
    signs: z.array(z.string().regex(/^\p{Script=Han}{2,}$/u)).min(1),
    terms: z.array(word).min(1),
    keep: z.array(word).default([]),
  }),
  /** Phrases that carry no information in a question. */
  stopwords: z.strictObject({ phrases: z.array(word).min(1) }),
  /** What people put before or after a message that they pass on. */
  forwardPrefixes: z.strictObject({ phrases: z.array(word).min(1) }),
}

const FILES: Record<keyof typeof schemas, string> = {
  dialect: 'dialect.yaml',
  synonyms: 'synonyms.yaml',
  homophones: 'homophones.yaml',
  stopwords: 'stopwords.yaml',
  forwardPrefixes: 'forward-prefixes.yaml',
}

export interface Lexicon {
  dialect: z.infer<typeof schemas.dialect>
  synonyms: z.infer<typeof schemas.synonyms>
  homophones: z.infer<typeof schemas.homophones>
  stopwords: z.infer<typeof schemas.stopwords>
  forwardPrefixes: z.infer<typeof schemas.forwardPrefixes>
}

/** Reads and checks the lexicon files of a folder; refuses with `lexicon-invalid`, naming the file and field. */
export function loadLexicon(folder: string): Lexicon {
  return {
    dialect: readPart(folder, 'dialect', schemas.dialect),
    synonyms: readPart(folder, 'synonyms', schemas.synonyms),
    homophones: readPart(folder, 'homophones', schemas.homophones),
    stopwords: readPart(folder, 'stopwords', schemas.stopwords),
    forwardPrefixes: readPart(folder, 'forwardPrefixes', schemas.forwardPrefixes),
  }
}

function readPart<T>(folder: string, part: keyof typeof FILES, schema: z.ZodType<T>): T {
  const file = join(folder, FILES[part])
  let content: unknown
  try {
    content = parse(readFileSync(file, 'utf8'))
  } catch (error) {
    throw new AppError('lexicon-invalid', `${file} cannot be read`, { cause: error })
  }
  const parsed = schema.safeParse(content)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]
    throw new AppError('lexicon-invalid', `${file}: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`)
  }
  return parsed.data
}
