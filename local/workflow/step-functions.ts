import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseExactly } from '@bedrock-functions/runtime/json'
import { AwsJsonError } from '../events/http/aws-json-error.ts'
import type { StateMachineModel } from '../template/model.ts'
import { createStandardExecutions, type StandardExecutions } from './executions/standard-executions.ts'
import { MAX_STANDARD_MS } from './quotas.ts'
import { createResources, type ResourcesOptions } from './resources/create-resources.ts'
import { createRunner, type ExecutionEnd, type RunExecution, type RunnerOptions } from './run-execution.ts'
import { PAYLOAD_LIMIT_BYTES } from './task-error.ts'

/** One execution that has ended. Only its trace has inputs and outputs. */
export interface ExecutionSummary extends Pick<ExecutionEnd, 'error' | 'trace'> {
  readonly status: ExecutionEnd['status'] | 'ABORTED'
  readonly stateMachineName: string
  readonly executionName: string
  readonly durationMs: number
}

/** Items of a map run that runs. */
export interface MapRunProgress {
  readonly stateMachineName: string
  readonly label: string
  readonly ended: number
  readonly failed: number
  readonly total: number
}

export interface StepFunctionsOptions extends ResourcesOptions {
  readonly stateMachines: readonly StateMachineModel[]
  /** Called once after the end of each execution. */
  readonly onExecution?: (summary: ExecutionSummary) => void
  /** Called after each tenth of the items of a map run. */
  readonly onMapRun?: (progress: MapRunProgress) => void
  /** Directory of Standard executions; by default a temporary one, which close removes. */
  readonly directory?: string
  /** Times for tests that replace those of the definition. */
  readonly timing?: Pick<RunnerOptions, 'waits' | 'retryPauses' | 'limitMs'>
}

export interface StartedExecution {
  readonly executionArn: string
  readonly startDate: Date
}

export interface SyncExecution extends StartedExecution, Omit<ExecutionEnd, 'trace'> {
  readonly stateMachineArn: string
  readonly name: string
  readonly stopDate: Date
  readonly input: string
}

export interface StartOptions {
  /** ARN of the state machine. */
  readonly arn: string
  /** JSON text. */
  readonly input: string
  /** A new one by default. */
  readonly name?: string | undefined
}

/** State machines of a template with Step Functions' operations. */
export interface StepFunctions {
  readonly stateMachines: readonly StateMachineModel[]
  /** Resolves to the execution's end, also a failure; rejects with an AwsJsonError when it cannot start. */
  startSyncExecution(options: StartOptions): Promise<SyncExecution>
  /**
   * Starts an execution without waiting for it. The same name and input of a running Standard execution give that one. Throws an
   * AwsJsonError. Standard executions are durable when it returns.
   */
  startExecution(options: StartOptions): StartedExecution
  /** Executions of Standard workflows. Throws an AwsJsonError for the ARN of an Express execution. */
  readonly standard: StandardExecutions
  /** Throws an AwsJsonError for an unknown state machine. */
  find(arn: string): StateMachineModel
  /** Stops Express executions and waits for their ends. Standard ones go on at the next start. */
  close(): Promise<void>
}

/** Pattern of an execution's name. Source: Step Functions API Reference, StartExecution. */
const EXECUTION_NAME = /^[^\s\p{Cc}<>{}[\]?*"#%\\^|~`$&,;:/]{1,80}$/u

export function createStepFunctions(options: StepFunctionsOptions): StepFunctions {
  const { stateMachines, onExecution, timing } = options
  const resources = createResources(options)
  const stopping = new AbortController()
  const running = new Set<Promise<unknown>>()
  const runners = new Map<string, RunExecution>(
    stateMachines.map(({ arn, definition, type }) => [
      arn,
      createRunner({
        definition,
        resources: resources.served,
        objects: resources.objects,
        ...(type === 'STANDARD' && { limitMs: MAX_STANDARD_MS }),
        ...timing,
      }),
    ]),
  )
  const temporary = options.directory === undefined ? mkdtempSync(join(tmpdir(), 'step-functions-')) : undefined
  const standard = createStandardExecutions({
    directory: options.directory ?? (temporary as string),
    stateMachines: stateMachines.filter(({ type }) => type === 'STANDARD'),
    run: (model, input, context, signal, durable) =>
      (runners.get(model.arn) as RunExecution)(input, context, signal, durable),
    onMapRun: ({ name: stateMachineName }, { start, endedItems: ended, failedItems: failed }) =>
      options.onMapRun?.({
        stateMachineName,
        label: start.stateMachineArn.split('/').at(-1) ?? '',
        ended,
        failed,
        total: start.total,
      }),
    onEnd(model, { name, status }, end, durationMs) {
      // A stopped execution fails in its run.
      const failure = status === end.status && end.error !== undefined ? { error: end.error } : {}
      onExecution?.({
        stateMachineName: model.name,
        executionName: name,
        status: status === 'RUNNING' ? end.status : status,
        ...failure,
        durationMs,
        trace: end.trace,
      })
    },
  })

  function find(arn: string): StateMachineModel {
    const model = stateMachines.find((candidate) => candidate.arn === arn)
    if (model) return model
    throw new AwsJsonError('StateMachineDoesNotExist', `State Machine Does Not Exist: '${arn}'`)
  }

  function prepare({ arn, input, name = randomUUID() }: StartOptions) {
    const model = find(arn)
    if (stopping.signal.aborted) throw new AwsJsonError('StateMachineDeleting', 'The local stack is ending')
    if (!EXECUTION_NAME.test(name)) throw new AwsJsonError('InvalidName', `Invalid Name: '${name}'`)
    return { model, name, document: parseInput(input) }
  }

  function beginExpress(start: StartOptions) {
    const { model, name, document } = prepare(start)
    const { arn, input } = start
    const startDate = new Date()
    const executionArn = `${arn.replace(':stateMachine:', ':express:')}:${name}:${randomUUID()}`
    const started = { executionArn, stateMachineArn: arn, name, startDate, input }
    const startedAt = performance.now()
    const context = {
      Execution: {
        Id: executionArn,
        Input: document,
        Name: name,
        RedriveCount: 0,
        RoleArn: '',
        StartTime: startDate.toISOString(),
      },
      StateMachine: { Id: arn, Name: model.name },
    }
    const ended = (runners.get(arn) as RunExecution)(document, context, stopping.signal).then((end) => {
      onExecution?.({
        stateMachineName: model.name,
        executionName: name,
        status: end.status,
        ...(end.error !== undefined && { error: end.error }),
        durationMs: performance.now() - startedAt,
        trace: end.trace,
      })
      return end
    })
    running.add(ended)
    void ended.finally(() => running.delete(ended))
    return { started, ended }
  }

  return {
    stateMachines,
    find,
    standard,
    async startSyncExecution(start) {
      if (find(start.arn).type === 'STANDARD') throw typeNotSupported()
      const { started, ended } = beginExpress(start)
      const { trace: _, ...end } = await ended
      return { ...started, ...end, stopDate: new Date() }
    },
    startExecution(start) {
      if (find(start.arn).type === 'EXPRESS') {
        const { executionArn, startDate } = beginExpress(start).started
        return { executionArn, startDate }
      }
      const { model, name } = prepare(start)
      const { executionArn, startTime } = standard.start(model, name, start.input)
      return { executionArn, startDate: new Date(startTime) }
    },
    async close() {
      stopping.abort()
      await Promise.all([...running, standard.close()])
      resources.close()
      if (temporary !== undefined) rmSync(temporary, { recursive: true, force: true })
    },
  }
}

/** Error of an operation that is for the other type of state machine. */
export function typeNotSupported(): AwsJsonError {
  return new AwsJsonError(
    'StateMachineTypeNotSupported',
    'This operation is not supported by this type of state machine',
  )
}

function parseInput(input: string): unknown {
  if (Buffer.byteLength(input) > PAYLOAD_LIMIT_BYTES) {
    throw new AwsJsonError(
      'ValidationException',
      `1 validation error detected: Value at 'input' failed to satisfy constraint: Member must have length less than or equal to ${PAYLOAD_LIMIT_BYTES}`,
    )
  }
  try {
    return parseExactly(input)
  } catch (error) {
    throw new AwsJsonError(
      'InvalidExecutionInput',
      `Invalid State Machine Execution Input: '${(error as Error).message}'`,
    )
  }
}
