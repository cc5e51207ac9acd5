import { isNode, LineCounter, parseDocument, type Document } from 'yaml'
import type { z } from 'zod'

/** What is wrong in a seed or import file, precise enough to mend it. */
export interface SeedProblem {
  file: string
  /** 1-based. */
  line: number
  /** Dotted path inside the file, `` for the file as a whole. */
  field: string
  message: string
}

export type SeedResult<T> = { ok: true; value: T } | { ok: false; problems: SeedProblem[] }

export function describeProblem(problem: SeedProblem): string {
  return `${problem.file}:${problem.line} ${problem.field === '' ? '' : `${problem.field}: `}${problem.message}`
}

const MAX_SEED_BYTES = 2_000_000

/** Parses and checks one YAML file. Never throws for bad content: every problem is returned with file, line and field. */
export function parseSeed<T>(file: string, text: string, schema: z.ZodType<T>): SeedResult<T> {
  if (text.length > MAX_SEED_BYTES) {
    return {
      ok: false,
      problems: [{ file, line: 1, field: '', message: `is larger than ${MAX_SEED_BYTES} characters` }],
    }
  }
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  if (document.errors.length > 0) {
    const problems = document.errors.map((error) => ({
      file,
      line: lines.linePos(error.pos[0]).line || 1,
      field: '',
      message: `is not valid YAML: ${error.message}`,
    }))
    return { ok: false, problems }
  }
  let content: unknown
  try {
    // maxAliasCount refuses files whose anchors expand without end.
    content = document.toJS({ maxAliasCount: 50 })
  } catch (error) {
    return { ok: false, problems: [{ file, line: 1, field: '', message: `is not readable: ${String(error)}` }] }
  }
  const parsed = schema.safeParse(content)
  if (parsed.success) return { ok: true, value: parsed.data }
  const problems = parsed.error.issues.map((issue) => ({
    file,
    line: lineOf(document, lines, issue.path),
    field: issue.path.map(String).join('.'),
    message: issue.message,
  }))
  return { ok: false, problems }
}

/** The line, 1-based, on which a field of a readable file stands; of its nearest parent where it is not written out. */
export function findLine(text: string, path: readonly PropertyKey[]): number {
  const lines = new LineCounter()
  return lineOf(parseDocument(text, { lineCounter: lines, prettyErrors: false }), lines, path)
}

/** The line of the deepest part of `path` that the file has. */
function lineOf(document: Document, lines: LineCounter, path: readonly PropertyKey[]): number {
  for (let depth = path.length; depth >= 0; depth--) {
    const node: unknown = depth === 0 ? document.contents : document.getIn(path.slice(0, depth), true)
    if (isNode(node) && node.range) return lines.linePos(node.range[0]).line || 1
  }
  return 1
}
