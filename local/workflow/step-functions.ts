import { randomUUID } from 'node:crypto'
import { parseExactly } from '@bedrock-functions/runtime/json'
import { AwsJsonError } from '../events/http/aws-json-error.ts'
import type { StateMachineModel } from '../template/model.ts'
import { MAX_STANDARD_MS } from './quotas.ts'
import { createResources, type ResourcesOptions } from './resources/create-resources.ts'
import { createRunner, type ExecutionEnd, type RunExecution, type RunnerOptions } from './run-execution.ts'
import { PAYLOAD_LIMIT_BYTES } from './task-error.ts'

/** Names and numbers of one execution, without inputs and outputs. */
export interface ExecutionSummary extends Pick<ExecutionEnd, 'status' | 'error' | 'trace'> {
  readonly stateMachineName: string
  readonly executionName: string
  readonly durationMs: number
}

export interface StepFunctionsOptions extends ResourcesOptions {
  readonly stateMachines: readonly StateMachineModel[]
  /** Called once after the end of each execution. */
  readonly onExecution?: (summary: ExecutionSummary) => void
  /** Times for tests that replace those of the definition. */
  readonly timing?: Pick<RunnerOptions, 'waits' | 'retryPauses' | 'limitMs'>
}

export interface StartedExecution {
  readonly executionArn: string
  readonly startDate: Date
}

/** Execution of a Standard workflow. */
export interface DescribedExecution extends StartedExecution, Omit<ExecutionEnd, 'status' | 'trace'> {
  readonly stateMachineArn: string
  readonly name: string
  readonly status: ExecutionEnd['status'] | 'RUNNING'
  readonly stopDate?: Date
  readonly input: string
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
   * AwsJsonError.
   */
  startExecution(options: StartOptions): StartedExecution
  /** Describes an execution of a Standard workflow. Throws an AwsJsonError. */
  describeExecution(executionArn: string): DescribedExecution
  /** Throws an AwsJsonError for an unknown state machine. */
  find(arn: string): StateMachineModel
  /** Stops all executions and waits for their ends. */
  close(): Promise<void>
}

/** Pattern of an execution's name. Source: Step Functions API Reference, StartExecution. */
const EXECUTION_NAME = /^[^\s\p{Cc}<>{}[\]?*"#%\\^|~`$&,;:/]{1,80}$/u

/** Standard executions that can be described. Older ones that ended are forgotten. */
const MAX_KEPT_EXECUTIONS = 1000

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
  const standard = new Map<string, DescribedExecution>()

  function keep(execution: DescribedExecution): void {
    standard.set(execution.executionArn, execution)
    for (const [arn, { status }] of standard) {
      if (standard.size <= MAX_KEPT_EXECUTIONS) return
      if (status !== 'RUNNING') standard.delete(arn)
    }
  }

  function find(arn: string): StateMachineModel {
    const model = stateMachines.find((candidate) => candidate.arn === arn)
    if (model) return model
    throw new AwsJsonError('StateMachineDoesNotExist', `State Machine Does Not Exist: '${arn}'`)
  }

  function begin({ arn, input, name = randomUUID() }: StartOptions) {
    const model = find(arn)
    const run = runners.get(arn)
    if (!run || stopping.signal.aborted) throw new AwsJsonError('StateMachineDeleting', 'The local stack is ending')
    if (!EXECUTION_NAME.test(name)) throw new AwsJsonError('InvalidName', `Invalid Name: '${name}'`)
    const document = parseInput(input)
    const startDate = new Date()
    const isStandard = model.type === 'STANDARD'
    const executionArn = isStandard
      ? `${arn.replace(':stateMachine:', ':execution:')}:${name}`
      : `${arn.replace(':stateMachine:', ':express:')}:${name}:${randomUUID()}`
    if (standard.has(executionArn)) {
      throw new AwsJsonError('ExecutionAlreadyExists', `Execution Already Exists: '${executionArn}'`)
    }
    const started = { executionArn, stateMachineArn: arn, name, startDate, input }
    if (isStandard) keep({ ...started, status: 'RUNNING' })
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
    const ended = run(document, context, stopping.signal).then((end) => {
      const { trace: _, ...outcome } = end
      if (isStandard) keep({ ...started, ...outcome, stopDate: new Date() })
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
    async startSyncExecution(start) {
      if (find(start.arn).type === 'STANDARD') {
        throw new AwsJsonError(
          'StateMachineTypeNotSupported',
          'This operation is not supported by this type of state machine',
        )
      }
      const { started, ended } = begin(start)
      const { trace: _, ...end } = await ended
      return { ...started, ...end, stopDate: new Date() }
    },
    startExecution(start) {
      const same = [...standard.values()].find(
        ({ stateMachineArn, name, input, status }) =>
          stateMachineArn === start.arn && name === start.name && input === start.input && status === 'RUNNING',
      )
      const { executionArn, startDate } = same ?? begin(start).started
      return { executionArn, startDate }
    },
    describeExecution(executionArn) {
      const execution = standard.get(executionArn)
      if (execution) return execution
      throw new AwsJsonError('ExecutionDoesNotExist', `Execution Does Not Exist: '${executionArn}'`)
    },
    async close() {
      stopping.abort()
      await Promise.all(running)
      resources.close()
    },
  }
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
