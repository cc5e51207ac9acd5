import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { z } from 'zod'
import { AppError } from '../base/errors.ts'
import { createAnalyzer } from '../retrieval/analysis.ts'
import { EmbeddedSearchIndex } from '../retrieval/engines/embedded.ts'
import { evaluateRetrieval, evaluationCorpusRowSchema, evaluationQueryRowSchema } from '../retrieval/evaluate.ts'
import { loadLexicon } from '../retrieval/lexicon.ts'
import { showProgress } from './progress.ts'
import { readConfig } from './run.ts'

const kindSchema = z.enum(['rumors', 'questions', 'plans'])

/** Measures matching on somebody's own files with the product's settings: nothing is refitted on them. */
export async function runEval(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      kind: { type: 'string' },
      corpus: { type: 'string' },
      queries: { type: 'string' },
      negatives: { type: 'string', multiple: true, default: [] },
      json: { type: 'boolean', default: false },
    },
  })
  const kind = kindSchema.safeParse(values.kind)
  if (!kind.success) throw new AppError('bad-usage', '--kind is one of rumors, questions, plans')
  if (values.corpus === undefined || values.queries === undefined)
    throw new AppError('bad-usage', '--corpus and --queries are needed')
  const result = await evaluateRetrieval({
    kind: kind.data,
    index: new EmbeddedSearchIndex(createAnalyzer(loadLexicon(join(readConfig().content.seedsDir, 'lexicons')))),
    corpus: readJsonLines(values.corpus, evaluationCorpusRowSchema),
    queries: readJsonLines(values.queries, evaluationQueryRowSchema),
    onProgress: showProgress('eval'),
    negatives: values.negatives.flatMap((file) => readJsonLines(file, evaluationQueryRowSchema)),
  })
  if (values.json) console.log(JSON.stringify(result))
  else for (const [name, value] of Object.entries(result)) console.log(`${name.padEnd(18)} ${value ?? '–'}`)
  return 0
}

/** @throws AppError `bad-usage` that names the file, the line and what is wrong with it */
function readJsonLines<T>(file: string, schema: z.ZodType<T>): T[] {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch {
    throw new AppError('bad-usage', `${file} cannot be read`)
  }
  return text.split('\n').flatMap((line, index) => {
    if (line.trim() === '') return []
    const parsed = schema.safeParse(parseJson(line))
    if (parsed.success) return [parsed.data]
    const [issue] = parsed.error.issues
    throw new AppError('bad-usage', `${file}:${index + 1} ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`)
  })
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}
