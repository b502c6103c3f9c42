import type { JsonObject } from '../../template/json.ts'
import type { Definition, Ending, StateDefinition } from '../definition/definition.ts'
import { createScope, type Scope, type Variables } from '../expressions/expressions.ts'
import type { ObjectAccess } from '../resources/object-access.ts'
import type { Resource } from '../resources/resource.ts'
import { assertWithinLimit, DATA_LIMIT_EXCEEDED, payloadBytes, TaskError } from '../task-error.ts'
import type { OpenStep, Trace } from '../trace.ts'
import type { ExecutionMapRuns, Progress } from './progress.ts'

/** The parts of an execution that all its states share. */
export interface Execution {
  readonly resources: Readonly<Record<string, Resource>>
  readonly objects: ObjectAccess
  readonly trace: Trace
  /** Times in ms that replace those of a Wait or Retry, by state. */
  readonly waits: Readonly<Record<string, number>>
  readonly retryPauses: Readonly<Record<string, number>>
  readonly runStates: RunStates
  /** Aborted when the stack ends. A Standard execution goes on at the next start. */
  readonly ending: AbortSignal
  /** Undefined in an Express execution. */
  readonly mapRuns: ExecutionMapRuns | undefined
}

/** Start of a state machine, or of the inner one of a Map or Parallel state. */
export interface Start {
  readonly input: unknown
  readonly variables: Variables
  /** $states.context without State. */
  readonly context: JsonObject
  /** Its reason is thrown when it aborts. */
  readonly signal: AbortSignal
  /** Only of the outermost states of a Standard execution. */
  readonly progress?: Progress | undefined
}

/** Runs the states from StartAt to an end and resolves to the output. Rejects with a TaskError, or the signal's reason. */
export type RunStates = (definition: Definition, start: Start, execution: Execution) => Promise<unknown>

/** One entered state. */
export interface StateRun extends Start {
  readonly name: string
  readonly state: StateDefinition
  readonly execution: Execution
  readonly step: OpenStep
}

export interface Outcome {
  readonly output: unknown
  readonly variables: Variables
  /** Undefined at the end. */
  readonly next: string | undefined
}

/** Scope of a state before it has a result. */
export function scopeOf({ name, input, context, variables }: StateRun): Scope {
  return createScope(name, { input, context }, variables)
}

/** Source: Step Functions quotas, "Quotas related to variables". */
const MAX_VARIABLES_BYTES = 10 * 1024 * 1024

/**
 * Ends a state, a rule of a Choice or a Catcher. Output and Assign do not see each other's results.
 *
 * @param values members of $states that input and context are not
 * @param output output without the field Output
 */
export async function endState(
  { name, input, context, variables }: StateRun,
  { Next, Assign = {}, Output }: Ending,
  values: { readonly result?: unknown; readonly errorOutput?: unknown },
  output: unknown,
): Promise<Outcome> {
  const scope = createScope(name, { input, context, ...values }, variables)
  const assigned = (await scope.evaluate(Assign, 'Assign')) as Variables
  assertWithinLimit(name, 'variables', assigned)
  const all = { ...variables, ...assigned }
  if (payloadBytes(all) > MAX_VARIABLES_BYTES) {
    throw new TaskError(DATA_LIMIT_EXCEEDED, `The variables have more than ${MAX_VARIABLES_BYTES} bytes.`)
  }
  const result = Output === undefined ? output : await scope.evaluate(Output, 'Output')
  assertWithinLimit(name, 'an output', result)
  return { output: result, variables: all, next: Next }
}
