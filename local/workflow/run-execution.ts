import type { JsonObject } from '../template/json.ts'
import type { Definition } from './definition/definition.ts'
import { MAX_EXPRESS_MS } from './quotas.ts'
import { createObjectAccess, type ObjectAccess } from './resources/object-access.ts'
import type { Resource } from './resources/resource.ts'
import { pause } from './states/pause.ts'
import type { ExecutionMapRuns, Progress } from './states/progress.ts'
import { runStates } from './states/run-states.ts'
import type { Execution } from './states/state-run.ts'
import { TaskError } from './task-error.ts'
import { createTrace, type TraceStep } from './trace.ts'

export interface RunnerOptions {
  /** Checked definition. */
  readonly definition: Definition
  readonly resources: Readonly<Record<string, Resource>>
  /** Objects of distributed Maps; by default there is no S3. */
  readonly objects?: ObjectAccess
  /** Longest time of an execution; by default that of an Express workflow. */
  readonly limitMs?: number
  /** Times in ms that replace those of a Wait or Retry, by state. */
  readonly waits?: Execution['waits']
  readonly retryPauses?: Execution['retryPauses']
}

export interface ExecutionEnd {
  readonly status: 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT'
  /** JSON text; only with SUCCEEDED. */
  readonly output?: string
  /** Only with FAILED and TIMED_OUT. */
  readonly error?: string
  readonly cause?: string
  readonly trace: readonly TraceStep[]
}

/** Durable parts of a Standard execution. */
export interface Durable {
  readonly progress: Progress
  readonly mapRuns: ExecutionMapRuns
  /** Aborted when the stack ends. The returned end then means nothing: the execution goes on at the next start. */
  readonly ending: AbortSignal
  /** Time since the start or the last redrive. */
  readonly elapsedMs: number
}

/** Resolves to the execution's end and never rejects. `context` is the part of `$states.context` that is known before. */
export type RunExecution = (
  input: unknown,
  context: JsonObject,
  signal?: AbortSignal,
  durable?: Durable,
) => Promise<ExecutionEnd>

/** Runs a definition with the given resources and Step Functions' limits. */
export function createRunner(options: RunnerOptions): RunExecution {
  const {
    definition,
    resources,
    objects = createObjectAccess(undefined),
    limitMs = MAX_EXPRESS_MS,
    waits = {},
    retryPauses = {},
  } = options
  const timeoutMs = Math.min(limitMs, (definition.TimeoutSeconds ?? Number.POSITIVE_INFINITY) * 1000)

  return async (input, context, signal, durable) => {
    const trace = createTrace()
    const late = new AbortController()
    const ended = new AbortController()
    pause(timeoutMs - (durable?.elapsedMs ?? 0), ended.signal).then(
      () => late.abort(),
      () => undefined,
    )
    const all = AbortSignal.any([late.signal, ...(signal ? [signal] : [])])
    const start = { input, variables: {}, context, signal: all, progress: durable?.progress }
    const execution = {
      resources,
      objects,
      trace,
      waits,
      retryPauses,
      runStates,
      ending: durable?.ending ?? all,
      mapRuns: durable?.mapRuns,
    }
    try {
      const output = await runStates(definition, start, execution)
      return { status: 'SUCCEEDED', output: JSON.stringify(output), trace: trace.steps() }
    } catch (error) {
      const end = late.signal.aborted ? TIMED_OUT : signal?.aborted ? ABORTED : describeFailure(error)
      return { ...end, trace: trace.steps() }
    } finally {
      ended.abort()
    }
  }
}

const TIMED_OUT = { status: 'TIMED_OUT', error: 'States.Timeout', cause: 'The execution took too long.' } as const

const ABORTED = { status: 'FAILED', error: 'States.Aborted', cause: 'Stopped.' } as const

function describeFailure(error: unknown): Omit<ExecutionEnd, 'trace'> {
  if (!(error instanceof TaskError)) return { status: 'FAILED', error: 'States.Runtime', cause: String(error) }
  const { name, cause } = error
  return { status: 'FAILED', ...(name !== '' && { error: name }), ...(cause !== undefined && { cause }) }
}
