import { randomUUID } from 'node:crypto'
import type { JsonObject } from '../../template/json.ts'
import type { Definition } from '../definition/definition.ts'
import { MAX_EXPRESS_MS, MAX_STANDARD_MS } from '../quotas.ts'
import { TaskError } from '../task-error.ts'
import type { StateRun } from './state-run.ts'
import { withTimeout } from './with-timeout.ts'

/** Ended execution of an item. Input and output are documents. */
export interface ChildEnd {
  readonly executionArn: string
  readonly name: string
  readonly input: unknown
  readonly startDate: Date
  readonly stopDate: Date
  readonly status: 'SUCCEEDED' | 'FAILED'
  readonly output?: unknown
  readonly error?: string
  readonly cause?: string
}

/**
 * Runs an item of a distributed Map in an execution of its own, which does not see the variables around it. Rejects only with
 * the signal's reason.
 *
 * @param mapArn ARN of the state machine, with the label of the Map
 */
export async function runChild(
  { context, execution, signal }: StateRun,
  processor: Definition,
  { input, mapArn }: { readonly input: unknown; readonly mapArn: string },
): Promise<ChildEnd> {
  const isExpress = processor.ProcessorConfig?.ExecutionType === 'EXPRESS'
  const name = randomUUID()
  const executionArn = `${mapArn.replace(':stateMachine:', isExpress ? ':express:' : ':execution:')}:${name}`
  const startDate = new Date()
  const Execution = {
    ...(context.Execution as JsonObject),
    Id: executionArn,
    Input: input,
    Name: name,
    StartTime: startDate.toISOString(),
  }
  const inner = { Execution, StateMachine: context.StateMachine }
  const child = { executionArn, name, input, startDate }
  try {
    const output = await withTimeout(
      (all) => execution.runStates(processor, { input, variables: {}, context: inner, signal: all }, execution),
      isExpress ? MAX_EXPRESS_MS : MAX_STANDARD_MS,
      signal,
    )
    return { ...child, status: 'SUCCEEDED', output, stopDate: new Date() }
  } catch (error) {
    if (!(error instanceof TaskError)) throw error
    const { name: errorName, cause } = error
    return { ...child, status: 'FAILED', error: errorName, ...(cause !== undefined && { cause }), stopDate: new Date() }
  }
}
