// The second process of the load benches: sends questions at fixed moments whether or not the earlier ones have been
// answered, and counts what came back. It reads its job as JSON from the input and prints its report as JSON.
import { spawn } from 'node:child_process'
import { Agent, request } from 'node:http'
import { text as readText } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'

export interface LoadJob {
  /** Where the service listens, with a slash at the end. */
  url: string
  perSecond: number
  seconds: number
  /** Sent at the same rate before the measured time begins, not counted. */
  warmUpSeconds: number
  questions: string[]
}

export interface LoadReport {
  perSecond: number
  seconds: number
  sent: number
  answered: number
  /** By outcome of the answer. */
  outcomes: Record<string, number>
  /** By HTTP status or error code; empty when all was answered. */
  failures: Record<string, number>
  /** From the moment a question was due to the last byte of its answer. */
  latencyMs: { p50: number; p90: number; p99: number; max: number }
  /** How late the generator itself sent, at the worst of a hundred: part of the latency above, not the service's doing. */
  sentLateP99Ms: number
}

const ANSWER_CAP_MS = 10_000
const QUESTIONS_OF_A_SESSION = 3
/** Sockets kept open at most; what is due beyond waits, and its waiting counts as latency. */
const MAX_SOCKETS = 500
const OUTCOMES = ['life-threat', 'rebuttal', 'card', 'plan', 'clarify', 'declined']

/** Runs a job in a process of its own. */
export async function runLoad(job: LoadJob): Promise<LoadReport> {
  const child = spawn(process.execPath, [fileURLToPath(import.meta.url)], {
    stdio: ['pipe', 'pipe', 'inherit'],
    timeout: (job.warmUpSeconds + job.seconds) * 1000 + 3 * ANSWER_CAP_MS,
  })
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
  child.stdin.end(JSON.stringify(job))
  const printed = await readText(child.stdout)
  const code = await ended
  if (code !== 0) throw new Error(`the load generator ended with ${code}`)
  // Printed below by this same file.
  return JSON.parse(printed) as LoadReport
}

type Answered = { ok: true; outcome: string; session: string } | { ok: false; failure: string }

async function generateLoad(job: LoadJob): Promise<LoadReport> {
  const agent = new Agent({ keepAlive: true, maxSockets: MAX_SOCKETS, maxFreeSockets: MAX_SOCKETS })
  const target = new URL('api/ask', job.url)
  const total = Math.round(job.perSecond * (job.warmUpSeconds + job.seconds))
  const uncounted = Math.round(job.perSecond * job.warmUpSeconds)
  const latencies: number[] = []
  const lateness: number[] = []
  const outcomes: Record<string, number> = {}
  const failures: Record<string, number> = {}
  // Residents who will ask again: the one who has waited longest asks next.
  const sessions: { token: string; asked: number }[] = []
  const pending: Promise<void>[] = []
  const start = performance.now() + 50

  const ask = async (number: number, due: number) => {
    const text = job.questions[number % job.questions.length] ?? ''
    const session = sessions.length > job.perSecond ? sessions.shift() : undefined
    const late = performance.now() - due
    const answer = await post(agent, target, { text, ...(session && { session: session.token }) })
    const latency = performance.now() - due
    const asked = (session?.asked ?? 0) + 1
    if (answer.ok && asked < QUESTIONS_OF_A_SESSION) sessions.push({ token: answer.session, asked })
    if (number < uncounted) return
    lateness.push(late)
    if (answer.ok) {
      latencies.push(latency)
      outcomes[answer.outcome] = (outcomes[answer.outcome] ?? 0) + 1
    } else failures[answer.failure] = (failures[answer.failure] ?? 0) + 1
  }

  let next = 0
  while (next < total) {
    const now = performance.now()
    for (; next < total; next++) {
      const due = start + (next * 1000) / job.perSecond
      if (due > now) break
      pending.push(ask(next, due))
    }
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
  await Promise.all(pending)
  agent.destroy()
  latencies.sort((a, b) => a - b)
  lateness.sort((a, b) => a - b)
  return {
    perSecond: job.perSecond,
    seconds: job.seconds,
    sent: total - uncounted,
    answered: latencies.length,
    outcomes,
    failures,
    latencyMs: {
      p50: pick(latencies, 0.5),
      p90: pick(latencies, 0.9),
      p99: pick(latencies, 0.99),
      max: pick(latencies, 1),
    },
    sentLateP99Ms: pick(lateness, 0.99),
  }
}

/** Never throws: what went wrong is counted by its name. */
function post(agent: Agent, target: URL, body: { text: string; session?: string }): Promise<Answered> {
  return new Promise((resolve) => {
    const sent = request(
      target,
      {
        agent,
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        signal: AbortSignal.timeout(ANSWER_CAP_MS),
      },
      (response) => {
        readText(response).then(
          (text) => resolve(response.statusCode === 200 ? readAnswer(text) : fail(`status ${response.statusCode}`)),
          (error: unknown) => resolve(fail(nameOf(error))),
        )
      },
    )
    sent.once('error', (error) => resolve(fail(nameOf(error))))
    sent.end(JSON.stringify(body))
  })
}

function readAnswer(text: string): Answered {
  try {
    const body: unknown = JSON.parse(text)
    if (body === null || typeof body !== 'object' || !('outcome' in body) || !('session' in body))
      return fail('not an answer')
    const { outcome, session } = body
    if (typeof outcome !== 'string' || !OUTCOMES.includes(outcome) || typeof session !== 'string')
      return fail('not an answer')
    return { ok: true, outcome, session }
  } catch {
    return fail('not JSON')
  }
}

function fail(failure: string): Answered {
  return { ok: false, failure }
}

function nameOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown'
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name
}

function pick(sorted: readonly number[], share: number): number {
  const value = sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]
  return value === undefined ? 0 : Math.round(value * 10) / 10
}

if (import.meta.main) {
  // Given by `runLoad`.
  const job = JSON.parse(await readText(process.stdin)) as LoadJob
  console.log(JSON.stringify(await generateLoad(job)))
}
