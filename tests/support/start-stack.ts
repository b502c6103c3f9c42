import { type ChildProcess, spawn } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { join } from 'node:path'

const ROOT = join(import.meta.dirname, '..', '..')

export interface RunningStack {
  readonly api: string
  readonly functionUrl: string
  readonly bedrock: string
  readonly process: ChildProcess
  /** Everything that it has printed so far. */
  output(): string
  /** Sends SIGTERM and waits for its end; gives its exit code. */
  stop(): Promise<number | null>
}

export interface StackOptions {
  readonly arguments?: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
}

/** Runs `npm start` as a user does, in a process of its own, on ports that are free; resolves when it serves. */
export async function startStack({
  arguments: extra = [],
  environment = {},
}: StackOptions = {}): Promise<RunningStack> {
  for (let attempt = 1; ; attempt += 1) {
    // A block of ports, below the range from which the system hands out its own.
    const port = 10_000 + 10 * randomInt(2000)
    const child = spawn(
      process.execPath,
      ['--conditions=@bedrock-functions/source', 'local/main.ts', '--port', String(port), ...extra],
      { cwd: ROOT, env: { ...process.env, NODE_OPTIONS: '', ...environment }, stdio: ['ignore', 'pipe', 'pipe'] },
    )
    const stack = describeStack(child, port)
    const api = `http://127.0.0.1:${port}`
    if (await becomesReady(child, api)) return stack
    await stack.stop()
    const output = stack.output()
    if (attempt === 5 || !/EADDRINUSE|in use|busy/i.test(output)) throw new Error(`npm start did not serve:\n${output}`)
  }
}

function describeStack(child: ChildProcess, port: number): RunningStack {
  let printed = ''
  const collect = (chunk: Buffer) => {
    printed += chunk.toString()
  }
  child.stdout?.on('data', collect)
  child.stderr?.on('data', collect)
  return {
    api: `http://127.0.0.1:${port}`,
    functionUrl: `http://127.0.0.1:${port + 1}`,
    bedrock: `http://127.0.0.1:${port + 2}`,
    process: child,
    output: () => printed,
    async stop() {
      if (child.exitCode === null && child.signalCode === null) {
        const ended = once(child, 'exit')
        child.kill('SIGTERM')
        await ended
      }
      return child.exitCode
    },
  }
}

const READY_WITHIN_MS = 45_000

/** Asks until it answers; false when the process has ended instead, or answers nothing good for too long. */
async function becomesReady(child: ChildProcess, api: string): Promise<boolean> {
  const until = Date.now() + READY_WITHIN_MS
  while (child.exitCode === null && child.signalCode === null && Date.now() < until) {
    const answered = await fetch(`${api}/models`).then(
      (response) => response.ok,
      () => false,
    )
    if (answered) return true
    // Not a wait for luck: the loop ends with the stack's answer or with its process.
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  return false
}
