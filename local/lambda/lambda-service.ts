import type { FunctionModel } from '../template/model.ts'
import { type FunctionError, FunctionNotFoundError, RequestTooLargeError, responseTooLarge } from './errors.ts'
import { INSPECTED_LIMIT_MS, type InspectTarget } from './inspect-target.ts'
import { createInvocation, type FunctionResponse } from './invocation.ts'
import { BUFFERED_RESPONSE_LIMIT_BYTES, REQUEST_LIMIT_BYTES } from './limits.ts'
import { createMemoryWatch } from './memory-watch.ts'
import { createSandboxDirectory, type FunctionArtifacts, removeAbandonedSandboxes } from './sandbox-directory.ts'
import { type LogLine, startWorker } from './worker.ts'
import { createWorkerBudget } from './worker-budget.ts'
import { createWorkerPool, type WorkerPool } from './worker-pool.ts'

export interface DeployedFunction {
  readonly model: FunctionModel
  readonly artifacts: FunctionArtifacts
}

export interface LambdaServiceOptions {
  readonly functions: readonly DeployedFunction[]
  readonly region: string
  /** Most worker processes of all functions together; other invocations wait in turn. 20 by default. */
  readonly maxWorkers?: number
  /** A function to debug: one worker with an inspector, which no time limit ends. */
  readonly inspect?: InspectTarget | undefined
  /** 10 minutes by default. */
  readonly idleMs?: number
  /** Variables that replace a function's own, for example addresses of the embedded servers. */
  readonly environmentOverrides?: (model: FunctionModel) => Readonly<Record<string, string>>
  readonly onLog?: (line: LogLine) => void
  /** A worker that was started ahead of time failed in its init. */
  readonly onInitFailed?: (functionName: string, error: FunctionError) => void
}

export interface InvokeOptions {
  /** Cancels the invocation while it waits for a worker. A running function is not stopped. */
  readonly signal?: AbortSignal
  /** `Root=…` of the caller's X-Ray header. */
  readonly traceRoot?: string
  /** Shared by all attempts of an asynchronous invocation; a new one by default. */
  readonly requestId?: string
}

export interface BufferedResponse {
  readonly requestId: string
  readonly cold: boolean
  readonly payload: Buffer
}

/** Lambda's functions by name. Every rejection is a LambdaError. */
export interface LambdaService {
  /**
   * The whole answer, at most 6 MB: Invoke, buffered or asynchronous. The error of a streaming handler is not seen here, as
   * with AWS's runtime interface emulator: the answer is the bytes that the handler wrote, often none.
   */
  invoke(functionName: string, payload: Buffer, options?: InvokeOptions): Promise<BufferedResponse>
  /** Streams the answer. A failure after its beginning destroys `body` with a FunctionError. */
  invokeWithResponseStream(functionName: string, payload: Buffer, options?: InvokeOptions): Promise<FunctionResponse>
  /** Starts one worker of each function ahead of its first invocation. */
  warm(): void
  /** Replaces the artifacts for later invocations and starts a worker. */
  reload(functionName: string, artifacts: FunctionArtifacts): Promise<void>
  /** Kills all workers and removes the unpacked files. */
  close(): Promise<void>
}

export const DEFAULT_MAX_WORKERS = 20
const DEFAULT_IDLE_MS = 10 * 60_000

export async function createLambdaService(options: LambdaServiceOptions): Promise<LambdaService> {
  const memoryWatch = createMemoryWatch()
  const maxWorkers = options.maxWorkers ?? DEFAULT_MAX_WORKERS
  const budget = createWorkerBudget(maxWorkers)
  const pools = new Map<string, WorkerPool>()
  let startedWorkers = 0
  await removeAbandonedSandboxes()

  for (const { model, artifacts } of options.functions) {
    const { functionName } = model
    const inspectPort = options.inspect?.functionName === functionName ? options.inspect.port : undefined
    const maxOwnWorkers = inspectPort === undefined ? (model.reservedConcurrency ?? maxWorkers) : 1
    const idleMs = options.idleMs ?? DEFAULT_IDLE_MS
    const pool = createWorkerPool({
      sandbox: await createSandboxDirectory(model.logicalId, artifacts),
      maxWorkers: Math.min(maxWorkers, maxOwnWorkers),
      budget,
      idleMs: inspectPort === undefined ? idleMs : INSPECTED_LIMIT_MS,
      onInitFailed: (error) => options.onInitFailed?.(functionName, error),
      startWorker: (sandbox, callbacks) => {
        startedWorkers += 1
        return startWorker({
          model,
          inspectPort,
          sandbox,
          region: options.region,
          logStream: `local/[$LATEST]${process.pid}-${startedWorkers}`,
          environmentOverrides: options.environmentOverrides?.(model) ?? {},
          memoryWatch,
          onLog: (line) => options.onLog?.(line),
          ...callbacks,
        })
      },
    })
    pools.set(functionName, pool)
  }

  function poolOf(functionName: string): WorkerPool {
    const pool = pools.get(functionName)
    if (!pool) throw new FunctionNotFoundError(functionName)
    return pool
  }

  async function submit(
    functionName: string,
    payload: Buffer,
    { signal, ...identity }: InvokeOptions & { readonly isStreamed: boolean },
  ): Promise<FunctionResponse> {
    const pool = poolOf(functionName)
    if (payload.length > REQUEST_LIMIT_BYTES) throw new RequestTooLargeError()
    const invocation = createInvocation(payload, identity)
    pool.submit(invocation, signal)
    return invocation.response
  }

  return {
    invokeWithResponseStream(functionName, payload, invokeOptions) {
      return submit(functionName, payload, { ...invokeOptions, isStreamed: true })
    },
    async invoke(functionName, payload, invokeOptions) {
      const response = await submit(functionName, payload, { ...invokeOptions, isStreamed: false })
      const { requestId, cold, body } = response
      const chunks: Buffer[] = []
      let bytes = 0
      for await (const chunk of body as AsyncIterable<Buffer>) {
        bytes += chunk.length
        // Leaving the loop destroys the body. The function still ends normally.
        if (bytes > BUFFERED_RESPONSE_LIMIT_BYTES) throw responseTooLarge()
        chunks.push(chunk)
      }
      return { requestId, cold, payload: Buffer.concat(chunks) }
    },
    warm() {
      for (const pool of pools.values()) pool.warm()
    },
    async reload(functionName, artifacts) {
      const pool = poolOf(functionName)
      pool.replaceSandbox(await createSandboxDirectory(functionName, artifacts))
      pool.warm()
    },
    async close() {
      memoryWatch.close()
      await Promise.all([...pools.values()].map((pool) => pool.close()))
    },
  }
}
