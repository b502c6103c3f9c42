import type { JsonObject } from '../../template/json.ts'
import { assertWithinLimit, TaskError } from '../task-error.ts'
import { pause } from './pause.ts'
import { type Outcome, type StateRun, scopeOf } from './state-run.ts'
import { withRetries } from './with-retries.ts'

export function runTask(run: StateRun): Promise<Outcome> {
  return withRetries(run, callResource)
}

async function callResource(run: StateRun): Promise<unknown> {
  const { name, state, input, execution, signal } = run
  const scope = scopeOf(run)
  const parameters =
    state.Arguments === undefined ? input : await scope.evaluateAs(state.Arguments, 'Arguments', 'object')
  assertWithinLimit(name, 'an input', parameters)
  const { TimeoutSeconds } = state
  const seconds =
    TimeoutSeconds === undefined
      ? Number.POSITIVE_INFINITY
      : await scope.evaluateAs(TimeoutSeconds, 'TimeoutSeconds', 'integer')
  const resource = execution.resources[state.Resource ?? '']
  if (!resource) throw new TaskError('States.Runtime', `There is no resource ${state.Resource}.`, { isTerminal: true })
  const result = await withTimeout(resource(parameters as JsonObject), seconds * 1000, signal)
  assertWithinLimit(name, 'an output', result)
  return result
}

/** Leaves a call that takes too long, or whose execution was stopped. It runs on, as in Step Functions. */
async function withTimeout(call: Promise<unknown>, ms: number, signal: AbortSignal): Promise<unknown> {
  const settled = new AbortController()
  const late = pause(ms, AbortSignal.any([signal, settled.signal])).then(() => {
    throw new TaskError('States.Timeout')
  })
  try {
    return await Promise.race([call, late])
  } finally {
    settled.abort()
  }
}
