import type { JsonObject } from '../../template/json.ts'
import type { Definition } from '../definition/definition.ts'
import type { ChildStatus } from '../executions/map-run.ts'
import { MAX_EXPRESS_MS, MAX_STANDARD_MS } from '../quotas.ts'
import { TaskError } from '../task-error.ts'
import { createTrace } from '../trace.ts'
import type { StateRun } from './state-run.ts'
import { withTimeout } from './with-timeout.ts'

/** Execution of a batch. Input and output are documents. */
export interface ChildStart {
  readonly name: string
  readonly input: unknown
  /** ARN of the state machine, with the label of the Map. */
  readonly mapArn: string
  readonly redriveCount: number
}

export interface ChildEnd extends ChildStart {
  readonly executionArn: string
  readonly startDate: Date
  readonly stopDate: Date
  readonly status: ChildStatus
  readonly output?: unknown
  readonly error?: string
  readonly cause?: string
}

export function isExpress({ ProcessorConfig }: Definition): boolean {
  return ProcessorConfig?.ExecutionType === 'EXPRESS'
}

/**
 * Runs items of a distributed Map in an execution of its own, which does not see the variables around it. Rejects when the
 * stack ends: the items run again then.
 */
export async function runChild(
  { context, execution, signal }: StateRun,
  processor: Definition,
  start: ChildStart,
): Promise<ChildEnd> {
  const { name, input, mapArn, redriveCount } = start
  const executionArn = `${mapArn.replace(':stateMachine:', isExpress(processor) ? ':express:' : ':execution:')}:${name}`
  const startDate = new Date()
  const Execution = {
    ...(context.Execution as JsonObject),
    Id: executionArn,
    Input: input,
    Name: name,
    RedriveCount: redriveCount,
    StartTime: startDate.toISOString(),
  }
  const inner = { Execution, StateMachine: context.StateMachine }
  const child = { ...start, executionArn, startDate }
  const end = (status: ChildStatus, more: Pick<ChildEnd, 'output' | 'error' | 'cause'> = {}): ChildEnd => ({
    ...child,
    status,
    ...more,
    stopDate: new Date(),
  })
  // The trace of a Map would grow with its items.
  const own = { ...execution, trace: createTrace() }
  try {
    return await withTimeout(
      async (all) => {
        try {
          const output = await execution.runStates(
            processor,
            { input, variables: {}, context: inner, signal: all },
            own,
          )
          return end('SUCCEEDED', { output })
        } catch (error) {
          if (error instanceof TaskError) return end('FAILED', describeError(error))
          throw error
        }
      },
      isExpress(processor) ? MAX_EXPRESS_MS : MAX_STANDARD_MS,
      signal,
    )
  } catch (error) {
    if (error instanceof TaskError) return end('TIMED_OUT', describeError(error))
    if (execution.ending.aborted || !signal.aborted) throw error
    return end('ABORTED')
  }
}

function describeError({ name, cause }: TaskError) {
  return { error: name, ...(cause !== undefined && { cause }) }
}
