import { z } from 'zod'
import { foldText } from '../base/fold-text.ts'
import { lineSchema } from '../knowledge/fields.ts'
import { parseSeed, type SeedResult } from '../knowledge/seed-file.ts'

const termListSchema = z.strictObject({ terms: z.array(lineSchema).min(1), except: z.array(lineSchema).default([]) })

/** Words that place a question somewhere: inside the field of emergency science, or among questions about policy. */
export interface TermList {
  pattern: RegExp
  except: RegExp | null
}

export function readTermList(file: string, text: string): SeedResult<TermList> {
  const parsed = parseSeed(file, text, termListSchema)
  if (!parsed.ok) return parsed
  const compile = (words: string[]) => new RegExp(words.map((word) => escapePattern(foldText(word))).join('|'), 'gu')
  const { terms, except } = parsed.value
  return { ok: true, value: { pattern: compile(terms), except: except.length === 0 ? null : compile(except) } }
}

/** The first word of the list that the text names outside of what the list excepts. */
export function findTerm(text: string, terms: TermList): string | undefined {
  const folded = foldText(text)
  const cleared = terms.except === null ? folded : folded.replace(terms.except, ' ')
  return cleared.match(terms.pattern)?.[0]
}

function escapePattern(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/gu, '\\$&')
}
