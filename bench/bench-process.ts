import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { findFreeBlock } from '../local/free-ports.ts'
import { PORT_OFFSETS } from '../local/ports.ts'

export interface BenchProcess {
  readonly pid: number
  /** The first address that the process printed. */
  readonly url: string
  stop(): Promise<void>
}

/**
 * Runs a script below bench/ in its own process, so that its cost is not counted as ours. Resolves when it prints its
 * address; rejects with what it printed on stderr when it ends before.
 */
export async function startProcess(script: string, ...scriptArguments: string[]): Promise<BenchProcess> {
  const child = spawn(
    process.execPath,
    ['--conditions=@bedrock-functions/source', join(import.meta.dirname, script), ...scriptArguments],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  )
  const ended = once(child, 'close')
  let errors = ''
  child.stderr.on('data', (chunk) => {
    errors += chunk
  })
  const url = await readAddress(child.stdout)
  if (url === undefined) {
    await ended
    throw new Error(`${script} did not start: ${errors.trim()}`)
  }
  // A line for each request would fill the pipe.
  child.stdout.resume()
  child.stderr.removeAllListeners('data').pipe(process.stderr)
  return toBenchProcess(child, url, ended)
}

/** @param ended settles when the process has ended */
export function toBenchProcess(child: ChildProcess, url: string, ended: Promise<unknown>): BenchProcess {
  return {
    pid: child.pid ?? 0,
    url,
    async stop() {
      child.kill('SIGTERM')
      await ended
    },
  }
}

/** Undefined when the output ends without an address. */
async function readAddress(output: NodeJS.ReadableStream): Promise<string | undefined> {
  for await (const line of createInterface({ input: output })) {
    const [address] = /http:\/\/\S+/.exec(line) ?? []
    if (address !== undefined) return address
  }
  return undefined
}

export interface BenchStack {
  readonly pid: number
  urlOf(server: keyof typeof PORT_OFFSETS): string
}

/** Runs `npm start` with a new state directory on free ports; ends it and removes its state after `run`. */
export async function withStack<Result>(
  options: readonly string[],
  run: (stack: BenchStack) => Promise<Result>,
): Promise<Result> {
  const state = await mkdtemp(join(tmpdir(), 'bench-stack-'))
  try {
    const port = await findFreeBlock()
    const stack = await startProcess('../local/main.ts', '--port', String(port), '--state', state, ...options)
    try {
      return await run({ pid: stack.pid, urlOf: (server) => `http://127.0.0.1:${port + PORT_OFFSETS[server]}` })
    } finally {
      await stack.stop()
    }
  } finally {
    await rm(state, { recursive: true, force: true })
  }
}
