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
  /** To start again at the same addresses, by the options. */
  readonly port: number
  /** Holds the stack's state; removed by `stop`, unless the options named it. */
  readonly stateDirectory: string
  readonly process: ChildProcess
  /** Everything that it has printed so far. */
  output(): string
  /** Sends SIGTERM and waits for its end; gives its exit code. */
  stop(): Promise<number | null>
  /** As `kill -9` does: SIGKILL, without a warning. Waits for its end; the state directory stays. */
  kill(): Promise<void>
}

export interface StackOptions {
  readonly arguments?: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
  /** Another stack's, which has ended, to go on where it was; a new one by default. */
  readonly stateDirectory?: string
  /** A free block by default. */
  readonly port?: number
  /** Of the API, answers with a 2xx as soon as it serves; `/models` by default. */
  readonly readyPath?: string
}

/** Runs `npm start` as a user does, in a process of its own, on ports that are free; resolves when it serves. */
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

/** Asks until it answers; false when the process has ended instead, or answers nothing good for too long. */
async function becomesReady(child: ChildProcess, url: string): Promise<boolean> {
  const until = Date.now() + READY_WITHIN_MS
  while (child.exitCode === null && child.signalCode === null && Date.now() < until) {
    const answered = await fetch(url).then(
      // Where credentials are verified it is a refusal.
      (response) => response.status < 500,
      () => false,
    )
    if (answered) return true
    // Not a wait for luck: the loop ends with the stack's answer or with its process.
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  return false
}
