import { expectType } from '../expressions/expressions.ts'
import { assertWithinLimit, TaskError } from '../task-error.ts'
import { type Outcome, type StateRun, scopeOf } from './state-run.ts'
import { withRetries } from './with-retries.ts'
import { withTimeout } from './with-timeout.ts'

export function runTask(run: StateRun): Promise<Outcome> {
  return withRetries(run, callResource)
}

async function callResource(run: StateRun): Promise<unknown> {
  const { name, state, input, execution, signal } = run
  const scope = scopeOf(run)
  const parameters =
    state.Arguments === undefined
      ? expectType(name, input, 'Arguments', 'object')
      : await scope.evaluateAs(state.Arguments, 'Arguments', 'object')
  assertWithinLimit(name, 'an input', parameters)
  const { TimeoutSeconds } = state
  const seconds =
    TimeoutSeconds === undefined
      ? Number.POSITIVE_INFINITY
      : await scope.evaluateAs(TimeoutSeconds, 'TimeoutSeconds', 'integer')
  const resource = execution.resources[state.Resource ?? '']
  if (!resource) throw new TaskError('States.Runtime', `There is no resource ${state.Resource}.`, { isTerminal: true })
  const result = await withTimeout(() => resource(parameters), seconds * 1000, signal)
  assertWithinLimit(name, 'an output', result)
  return result
}
