import { ExecutionAbortedError, ExecutionTimeoutError, type RunOptions, StateMachine } from 'aws-local-stepfunctions'
import type { JsonObject } from '../template/json.ts'
import { type AdaptedInput, adaptDefinition } from './definition/adapt-definition.ts'
import { type Definition, walkStates } from './definition/definition.ts'
import { parseMarked, renderUnmarked } from './exact-json.ts'
import type { Resource } from './resources/resource.ts'
import { dataLimitExceeded, PAYLOAD_LIMIT_BYTES, payloadBytes, TaskError } from './task-error.ts'
import { createTrace, type TraceStep } from './trace.ts'

export interface RunnerOptions {
  /** Checked definition. */
  readonly definition: Definition
  readonly resources: Readonly<Record<string, Resource>>
  /** Longest time of an execution; by default that of an Express workflow. */
  readonly limitMs?: number
  /** Times in ms that replace those of a Wait or Retry, by state. */
  readonly waits?: Readonly<Record<string, number>>
  readonly retryPauses?: Readonly<Record<string, number>>
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

/** Resolves to the execution's end and never rejects. `context` is the part of `$$` that is known before. */
export type RunExecution = (input: unknown, context: JsonObject, signal?: AbortSignal) => Promise<ExecutionEnd>

/** Source: Step Functions quotas, "Maximum execution time" of Express workflows. */
const MAX_EXPRESS_MS = 5 * 60_000

type Handler = NonNullable<NonNullable<RunOptions['overrides']>['taskResourceLocalHandlers']>[string]
type MachineInput = Parameters<StateMachine['run']>[0]

/** Runs a definition as an Express workflow with the given resources and Step Functions' limits. */
export function createRunner(options: RunnerOptions): RunExecution {
  const { definition, resources, limitMs = MAX_EXPRESS_MS, waits, retryPauses } = options
  const machine = new StateMachine(adaptDefinition(definition) as ConstructorParameters<typeof StateMachine>[0], {
    validationOptions: { noValidate: true },
  })
  const overrides = {
    taskResourceLocalHandlers: createHandlers(definition, resources),
    ...(waits && { waitTimeOverrides: { ...waits } }),
    ...(retryPauses && { retryIntervalOverrides: { ...retryPauses } }),
  }

  return async (input, context, signal) => {
    const execution = machine.run(structuredClone(input) as MachineInput, {
      overrides,
      context: context as NonNullable<RunOptions['context']>,
    })
    const trace = createTrace()
    let oversize: TaskError | undefined
    let expired = false
    const timer = setTimeout(() => {
      expired = true
      execution.abort()
    }, limitMs)
    const onAbort = () => execution.abort()
    if (signal?.aborted) execution.abort()
    signal?.addEventListener('abort', onAbort, { once: true })
    const watching = watch()
    const end = await execution.result.then(succeed, fail)
    clearTimeout(timer)
    signal?.removeEventListener('abort', onAbort)
    await watching
    return { ...(oversize ? failure(oversize) : end), trace: trace.steps() }

    async function watch(): Promise<void> {
      for await (const event of execution.eventLogs) {
        trace.add(event)
        if (event.type !== 'StateExited' || oversize || payloadBytes(event.state.output) <= PAYLOAD_LIMIT_BYTES)
          continue
        oversize = dataLimitExceeded(event.state.name, 'an output')
        execution.abort()
      }
    }

    function succeed(output: unknown): Omit<ExecutionEnd, 'trace'> {
      return { status: 'SUCCEEDED', output: renderUnmarked(output) }
    }

    function fail(error: unknown): Omit<ExecutionEnd, 'trace'> {
      const isLate = expired || error instanceof ExecutionTimeoutError
      if (isLate) return { status: 'TIMED_OUT', error: 'States.Timeout', cause: 'The execution took too long.' }
      if (error instanceof ExecutionAbortedError)
        return { status: 'FAILED', error: 'States.Aborted', cause: 'Stopped.' }
      return failure(error instanceof Error ? error.cause : error)
    }
  }
}

function failure(cause: unknown): Omit<ExecutionEnd, 'trace'> {
  const { name, message } = cause instanceof Error ? cause : new Error(String(cause))
  // The library's errors for paths without a match and failed intrinsics.
  const isKnown = cause instanceof TaskError || name !== 'TypeError'
  return { status: 'FAILED', error: isKnown ? name : 'States.Runtime', cause: message }
}

function createHandlers(
  definition: Definition,
  resources: Readonly<Record<string, Resource>>,
): Record<string, Handler> {
  const handlers: Record<string, Handler> = {}
  for (const { path, state } of walkStates(definition)) {
    const resource = state.Type === 'Task' ? resources[state.Resource ?? ''] : undefined
    const name = path.at(-1) ?? ''
    if (resource) handlers[name] = createHandler(name, resource)
  }
  return handlers
}

function createHandler(stateName: string, resource: Resource): Handler {
  return async (adapted) => {
    const { input, parameters } = adapted as unknown as AdaptedInput
    // Step Functions has a document's JSON text here, and its numbers as they came.
    const payload = parseMarked(renderUnmarked(parameters)) as JsonObject
    for (const limited of [input, payload]) {
      if (payloadBytes(limited) > PAYLOAD_LIMIT_BYTES) throw dataLimitExceeded(stateName, 'an input')
    }
    const result = await resource(payload)
    if (payloadBytes(result) > PAYLOAD_LIMIT_BYTES) throw dataLimitExceeded(stateName, 'an output')
    return result as MachineInput
  }
}
