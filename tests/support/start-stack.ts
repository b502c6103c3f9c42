import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findFreeBlock } from '../../local/free-ports.ts'
import { PORT_OFFSETS } from '../../local/ports.ts'

const ROOT = join(import.meta.dirname, '..', '..')

export interface RunningStack {
  readonly api: string
  readonly functionUrl: string
  readonly bedrock: string
  readonly s3: string
  readonly stepFunctions: string
  readonly eventBridge: string
  readonly sqs: string
  readonly dynamodb: string
  /** First port. The option `port` starts another stack at the same addresses. */
  readonly port: number
  /** Directory of the state. `stop` removes it unless the options named it. */
  readonly stateDirectory: string
  readonly process: ChildProcess
  /** Returns everything that the stack has printed. */
  output(): string
  /** Sends SIGTERM and waits for the end. Returns the exit code. */
  stop(): Promise<number | null>
  /** Sends SIGKILL and waits for the end. The state directory stays. */
  kill(): Promise<void>
}

export interface StackOptions {
  readonly arguments?: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
  /** State directory of a stack that has ended; a new one by default. */
  readonly stateDirectory?: string
  /** First port; a free block by default. */
  readonly port?: number
  /** Path of the API that answers with a 2xx when it is ready; `/models` by default. */
  readonly readyPath?: string
}

/** Runs `npm start` as a user does, in its own process on free ports. Resolves when it serves. */
export async function startStack(options: StackOptions = {}): Promise<RunningStack> {
  const { arguments: extra = [], environment = {}, readyPath = '/models' } = options
  for (let attempt = 1; ; attempt += 1) {
    const port = options.port ?? (await findFreeBlock())
    const stateDirectory = options.stateDirectory ?? (await mkdtemp(join(tmpdir(), 'stack-state-')))
    const child = spawn(
      process.execPath,
      [
        '--conditions=@bedrock-functions/source',
        'local/main.ts',
        ...['--port', String(port), '--state', stateDirectory],
        ...extra,
      ],
      { cwd: ROOT, env: { ...process.env, NODE_OPTIONS: '', ...environment }, stdio: ['ignore', 'pipe', 'pipe'] },
    )
    const stack = describeStack(child, { port, stateDirectory, keepState: options.stateDirectory !== undefined })
    if (await becomesReady(child, `${stack.api}${readyPath}`)) return stack
    await stack.stop()
    const output = stack.output()
    const isTaken = /EADDRINUSE|in use|busy/i.test(output)
    if (attempt === 5 || !isTaken || options.port !== undefined) throw new Error(`npm start did not serve:\n${output}`)
  }
}

interface Place {
  readonly port: number
  readonly stateDirectory: string
  readonly keepState: boolean
}

function describeStack(child: ChildProcess, { port, stateDirectory, keepState }: Place): RunningStack {
  let printed = ''
  const collect = (chunk: Buffer) => {
    printed += chunk.toString()
  }
  child.stdout?.on('data', collect)
  child.stderr?.on('data', collect)
  const urlOf = (server: keyof typeof PORT_OFFSETS) => `http://127.0.0.1:${port + PORT_OFFSETS[server]}`
  const end = async (signal: NodeJS.Signals) => {
    if (child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.kill(signal)
    await ended
  }
  return {
    api: urlOf('api'),
    functionUrl: urlOf('functionUrl'),
    bedrock: urlOf('bedrock'),
    s3: urlOf('s3'),
    stepFunctions: urlOf('stepFunctions'),
    eventBridge: urlOf('eventBridge'),
    sqs: urlOf('sqs'),
    dynamodb: urlOf('dynamodb'),
    port,
    stateDirectory,
    process: child,
    output: () => printed,
    async stop() {
      await end('SIGTERM')
      if (!keepState) await rm(stateDirectory, { recursive: true, force: true })
      return child.exitCode
    },
    kill: () => end('SIGKILL'),
  }
}

const READY_WITHIN_MS = 45_000

/** Polls until the stack answers; false if the process has ended or takes too long. */
async function becomesReady(child: ChildProcess, url: string): Promise<boolean> {
  const until = Date.now() + READY_WITHIN_MS
  while (child.exitCode === null && child.signalCode === null && Date.now() < until) {
    const answered = await fetch(url).then(
      // With verified credentials the answer is a refusal.
      (response) => response.status < 500,
      () => false,
    )
    if (answered) return true
    // The loop ends with the stack's answer or its process.
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  return false
}
