import { spawn, type ChildProcess } from 'node:child_process'

export interface Ended {
  code: number | null
  stdout: string
  stderr: string
}

/** Runs one of our entry files as its own process; `env` comes on top of an environment without our settings. */
export async function runProgram(entry: string, args: string[], env: Record<string, string>): Promise<Ended> {
  const child = startProgram(entry, args, env)
  return new Promise((resolve) => {
    let stdout = ''
    let stderr = ''
    child.stdout?.on('data', (part: Buffer) => (stdout += part.toString()))
    child.stderr?.on('data', (part: Buffer) => (stderr += part.toString()))
    child.on('close', (code) => resolve({ code, stdout, stderr }))
  })
}

/** Starts the service and resolves with its address when it says that it is ready. */
export async function startService(
  env: Record<string, string>,
): Promise<{ child: ChildProcess; url: string; stop(): Promise<number | null> }> {
  const child = startProgram('src/main.ts', [], { PORT: '0', ...env })
  const url = await new Promise<string>((resolve, reject) => {
    let output = ''
    const read = (part: Buffer) => {
      output += part.toString()
      const found = /安晓已就绪.*?(http:\/\/\S+\/)/.exec(output)?.[1]
      if (found !== undefined) resolve(found)
    }
    child.stdout?.on('data', read)
    child.stderr?.on('data', read)
    child.on('close', (code) => reject(new Error(`ended with ${code} before it was ready: ${output}`)))
  })
  const stop = () =>
    new Promise<number | null>((resolve) => {
      if (child.exitCode !== null || child.signalCode !== null) return resolve(child.exitCode)
      child.once('close', (code) => resolve(code))
      child.kill('SIGTERM')
    })
  return { child, url, stop }
}

function startProgram(entry: string, args: string[], env: Record<string, string>): ChildProcess {
  return spawn(process.execPath, [entry, ...args], {
    env: { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '', TZ: process.env['TZ'] ?? 'UTC', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}
