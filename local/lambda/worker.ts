import { type ChildProcess, spawn } from 'node:child_process'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import type { FunctionModel } from '../template/model.ts'
import { exited, FunctionError, outOfMemory, timedOut } from './errors.ts'
import { createExecution, type Execution } from './execution.ts'
import { INSPECTED_LIMIT_MS } from './inspect-target.ts'
import type { Invocation } from './invocation.ts'
import { MAX_INIT_MS } from './limits.ts'
import type { MemoryWatch } from './memory-watch.ts'
import { readLines } from './read-lines.ts'
import { type RuntimeApi, startRuntimeApi } from './runtime-api.ts'
import type { SandboxDirectory } from './sandbox-directory.ts'
import { workerEnvironment } from './worker-environment.ts'

export interface LogLine {
  readonly functionName: string
  /** Id of the worker's current or last invocation; undefined during init. */
  readonly requestId: string | undefined
  readonly stream: 'stdout' | 'stderr'
  readonly line: string
}

export interface WorkerOptions {
  readonly model: FunctionModel
  /** Where its inspector listens; no time limit then ends it. */
  readonly inspectPort: number | undefined
  readonly sandbox: SandboxDirectory
  readonly region: string
  readonly logStream: string
  readonly environmentOverrides: Readonly<Record<string, string>>
  readonly memoryWatch: MemoryWatch
  readonly onLog: (line: LogLine) => void
  /** Ready for an invocation. */
  readonly onIdle: (worker: Worker) => void
  /** The worker ended before it was ready. */
  readonly onInitFailed: (error: FunctionError) => void
  /** The process has ended, for any reason. */
  readonly onGone: (worker: Worker) => void
}

/** Process that runs one invocation at a time. */
export interface Worker {
  /** Called once after each `onIdle`; `cold`: the invocation waited for this worker's start. */
  run(invocation: Invocation, cold: boolean): void
  /** Kills the process; `onGone` follows. A running invocation fails. */
  kill(): void
}

interface Running {
  readonly requestId: string
  readonly execution: Execution
  readonly timeout: NodeJS.Timeout
  readonly stopMemoryWatch: () => void
}

const RUNTIME_INTERFACE_CLIENT = createRequire(join(import.meta.dirname, 'worker.ts')).resolve('aws-lambda-ric')
const NATIVE_CLIENT_SHIM = join(import.meta.dirname, 'native-client-shim.cjs')

/** Starts a worker. It reports through its callbacks only. */
export function startWorker(options: WorkerOptions): Worker {
  const { model, inspectPort, sandbox, memoryWatch, onIdle, onInitFailed, onGone } = options
  const timeoutMs = inspectPort === undefined ? model.timeoutSeconds * 1000 : INSPECTED_LIMIT_MS
  const initLimitMs = Math.max(MAX_INIT_MS, timeoutMs)
  let api: RuntimeApi | undefined
  let child: ChildProcess | undefined
  let phase: 'init' | 'ready' | 'failed' | 'gone' = 'init'
  let running: Running | undefined
  let lastRequestId: string | undefined

  const initTimer = setTimeout(() => {
    failInit(timedOut('init', initLimitMs / 1000))
    worker.kill()
  }, initLimitMs)

  const worker: Worker = {
    run(invocation, cold) {
      const { requestId } = invocation
      running = {
        requestId,
        execution: createExecution(invocation, cold),
        timeout: setTimeout(() => killFor(timedOut(requestId, model.timeoutSeconds)), timeoutMs),
        stopMemoryWatch: memoryWatch.watch(child?.pid ?? 0, model.memoryMegabytes * 1024 * 1024, () =>
          killFor(outOfMemory(requestId)),
        ),
      }
      lastRequestId = requestId
      api?.deliver(invocation, model.arn, Date.now() + timeoutMs)
    },
    kill() {
      if (phase === 'gone') return
      if (child?.pid === undefined) gone(null, 'SIGKILL')
      else if (child.exitCode === null && child.signalCode === null) killGroup(child.pid)
    },
  }

  startRuntimeApi({
    onPoll: () => void takePoll(),
    onInitError: failInit,
    onResponse: (requestId, post) => {
      if (running?.requestId === requestId) running.execution.begin(post)
      else post.resume()
    },
    onInvocationError: (requestId, error) => {
      if (running?.requestId === requestId) running.execution.fail(error)
    },
  }).then(
    (started) => {
      // The worker was killed before its process was started.
      if (phase === 'gone') started.close()
      else spawnProcess(started)
    },
    (error: Error) => {
      failInit(new FunctionError('Runtime.StartFailed', `cannot open a Runtime API: ${error.message}`))
      gone(null, null)
    },
  )

  function spawnProcess(runtimeApi: RuntimeApi): void {
    api = runtimeApi
    child = spawn(process.execPath, nodeArguments(model.memoryMegabytes, inspectPort), {
      cwd: sandbox.taskDirectory,
      env: workerEnvironment(model, {
        region: options.region,
        taskDirectory: sandbox.taskDirectory,
        optDirectory: sandbox.optDirectory,
        runtimeApiPort: runtimeApi.port,
        logStream: options.logStream,
        overrides: options.environmentOverrides,
      }),
      // By the last one the worker notices the end of this process.
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
      // Own process group: Ctrl-C reaches only the supervisor, and a kill also reaches the function's children.
      detached: true,
    })
    const { functionName } = model
    const log = (stream: LogLine['stream']) => (line: string) =>
      options.onLog({ functionName, requestId: lastRequestId, stream, line })
    if (child.stdout) readLines(child.stdout, log('stdout'))
    if (child.stderr) readLines(child.stderr, log('stderr'))
    child.once('error', (error) => {
      failInit(new FunctionError('Runtime.StartFailed', `cannot start a worker: ${error.message}`))
      gone(null, null)
    })
    child.once('exit', gone)
  }

  async function takePoll(): Promise<void> {
    if (phase === 'init') {
      phase = 'ready'
      clearTimeout(initTimer)
    } else {
      await running?.execution.settle()
      release()
    }
    // The worker may have been killed while its last answer was read.
    if (phase === 'ready') onIdle(worker)
  }

  function release(): void {
    clearTimeout(running?.timeout)
    running?.stopMemoryWatch()
    running = undefined
  }

  function failInit(error: FunctionError): void {
    if (phase !== 'init') return
    phase = 'failed'
    clearTimeout(initTimer)
    onInitFailed(error)
  }

  function killFor(error: FunctionError): void {
    running?.execution.fail(error)
    worker.kill()
  }

  function gone(code: number | null, signal: NodeJS.Signals | null): void {
    if (phase === 'gone') return
    failInit(exited('init', code, signal))
    phase = 'gone'
    if (running) running.execution.fail(exited(running.requestId, code, signal))
    release()
    api?.close()
    onGone(worker)
  }

  return worker
}

/** Heap limits as Lambda's own bootstrap sets them: nine tenths for the old generation. */
function nodeArguments(memoryMegabytes: number, inspectPort: number | undefined): string[] {
  const youngMegabytes = Math.floor(memoryMegabytes / 10)
  return [
    ...(inspectPort === undefined ? [] : [`--inspect=127.0.0.1:${inspectPort}`]),
    `--max-semi-space-size=${Math.max(1, Math.floor(youngMegabytes / 2))}`,
    `--max-old-space-size=${memoryMegabytes - youngMegabytes}`,
    '--require',
    NATIVE_CLIENT_SHIM,
    RUNTIME_INTERFACE_CLIENT,
  ]
}

function killGroup(processId: number): void {
  try {
    process.kill(-processId, 'SIGKILL')
  } catch {
    // The process has ended; its exit event follows.
  }
}
