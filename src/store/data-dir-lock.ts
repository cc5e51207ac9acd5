import { execFileSync } from 'node:child_process'
import { linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'

import { newToken } from '../base/ids.ts'
import { storeError } from './store-errors.ts'

/** Two processes on one embedded database silently lose acknowledged rows: this lock is what prevents it. */
export interface DataDirLock {
  release(): void
}

interface Holder {
  pid: number
  /** When that process started: a pid is used again, a pid with its start time is not. */
  started: string
  host: string
  token: string
}

/** Takes `anxiao.pid` in `dataDir`, also from a dead process; refuses with `store-locked` naming the live one. */
export function lockDataDir(dataDir: string): DataDirLock {
  return takeLock(join(dataDir, 'anxiao.pid'), 0)
}

function takeLock(path: string, depth: number): DataDirLock {
  const self: Holder = {
    pid: process.pid,
    started: findProcessStart(process.pid) ?? '',
    host: hostname(),
    token: newToken(),
  }
  // Linking a finished file is the O_EXCL that never shows a half-written lock to others.
  const draft = `${path}.${self.token}`
  writeFileSync(draft, JSON.stringify(self), { flag: 'wx', mode: 0o600 })
  try {
    if (!tryLink(draft, path)) replaceDeadLock(path, draft, depth)
  } finally {
    rmSync(draft, { force: true })
  }
  return {
    release: () => {
      if (readHolder(path)?.token === self.token) rmSync(path, { force: true })
    },
  }
}

/** Only the holder of a second lock may remove a dead one, or two starters could remove each other's fresh locks. */
function replaceDeadLock(path: string, draft: string, depth: number): void {
  const seen = refuseIfAlive(path)
  if (depth === 4) throw storeError('store-locked', `${path} is being taken over; try again`, { retryable: true })
  const takeover = takeLock(`${path}.takeover`, depth + 1)
  try {
    if (readText(path) === seen) rmSync(path, { force: true })
    if (!tryLink(draft, path)) {
      refuseIfAlive(path)
      throw storeError('store-locked', `another process is taking ${path}; try again`, { retryable: true })
    }
  } finally {
    takeover.release()
  }
}

/** The text of a lock that nobody alive holds, for comparing it later. */
function refuseIfAlive(path: string): string | undefined {
  const text = readText(path)
  const holder = parseHolder(text)
  if (holder === undefined) return text
  if (holder.host !== hostname()) {
    throw storeError(
      'store-locked',
      `the data directory is in use by process ${holder.pid} on host ${holder.host}; if that host is gone, remove ${path}`,
    )
  }
  if (findProcessStart(holder.pid) === holder.started) {
    throw storeError('store-locked', `the data directory is in use by process ${holder.pid} (${path})`)
  }
  return text
}

function tryLink(from: string, to: string): boolean {
  try {
    linkSync(from, to)
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false
    throw error
  }
}

function readHolder(path: string): Holder | undefined {
  return parseHolder(readText(path))
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

function parseHolder(text: string | undefined): Holder | undefined {
  try {
    const value: unknown = JSON.parse(text ?? '')
    if (typeof value !== 'object' || value === null) return undefined
    const { pid, started, host, token } = value as Partial<Record<keyof Holder, unknown>>
    if (typeof pid !== 'number' || typeof started !== 'string') return undefined
    if (typeof host !== 'string' || typeof token !== 'string') return undefined
    return { pid, started, host, token }
  } catch {
    return undefined
  }
}

/** An opaque mark of when the process started, or undefined when there is none of that pid. */
function findProcessStart(pid: number): string | undefined {
  if (process.platform !== 'linux') {
    try {
      return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim() || undefined
    } catch {
      return undefined
    }
  }
  const stat = readText(`/proc/${pid}/stat`)
  if (stat === undefined) return undefined
  // Field 2 is the command in parentheses and may hold spaces; 3 is the state, 22 the start in ticks since boot.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const boot = readText('/proc/sys/kernel/random/boot_id')?.trim() ?? ''
  return fields[0] === 'Z' ? undefined : `${boot}:${fields[19] ?? ''}`
}
