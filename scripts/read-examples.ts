import { createHash } from 'node:crypto'
import { globSync, readFileSync } from 'node:fs'

/** A written question of test/evals, see there for the kinds. */
export interface EvalLine {
  text: string
  kind: 'card' | 'life-threat' | 'harmless' | 'out-of-scope' | 'near-miss' | 'twin' | 'plan'
  /** Every topic that is right for it, the first before all. */
  topics: string[]
  /** Plan questions: which text answers, and the words the answer must hold; null where none of them does. */
  document?: string | null
  mustHold?: string[]
  /** The report half: measured, never fitted on. Lines are split by a hash of their text, twins by that of their pair. */
  held: boolean
}

/** A written example to fit on: `group` is a topic, or what kind of message it is. */
export interface GroupedExample {
  text: string
  group: string
  /** Further topics that are as right. */
  also: string[]
}

interface RawLine extends Omit<EvalLine, 'topics' | 'held' | 'kind'> {
  kind?: EvalLine['kind']
  topic?: string | null
  topics?: string[]
  pair?: number
}

export function readEvalLines(pattern: string): EvalLine[] {
  return globSync(pattern)
    .sort()
    .flatMap((file) => readFileSync(file, 'utf8').split('\n').filter(Boolean))
    .map((line) => {
      const { topic, topics = [], pair, ...rest } = JSON.parse(line) as RawLine
      const named = [topic, ...topics].filter((one) => one !== null && one !== undefined)
      const held = halfOf(pair === undefined ? rest.text : `pair ${pair}`) === 'report'
      return { ...rest, kind: rest.mustHold === undefined ? (rest.kind ?? 'card') : 'plan', topics: named, held }
    })
}

/** Files of lines below `# group`; ` || topic` behind a line names another topic that is as right. */
export function readGroupedExamples(pattern: string): GroupedExample[] {
  const examples: GroupedExample[] = []
  for (const file of globSync(pattern).sort()) {
    let group = ''
    for (const line of readFileSync(file, 'utf8').split('\n')) {
      if (line.startsWith('# ')) group = line.slice(2).trim()
      else if (line.trim() !== '') {
        const [text = '', ...also] = line.split('||').map((part) => part.trim())
        examples.push({ text, group, also })
      }
    }
  }
  return examples
}

function halfOf(text: string): 'tune' | 'report' {
  return (createHash('sha256').update(text).digest()[0] ?? 0) % 2 === 0 ? 'tune' : 'report'
}
