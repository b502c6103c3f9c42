import { TaskError } from '../task-error.ts'
import { type Outcome, type StateRun, scopeOf } from './state-run.ts'

/** Always rejects. A Fail state without Error has the empty name. */
export async function runFail(run: StateRun): Promise<Outcome> {
  const { Error: error, Cause } = run.state
  const scope = scopeOf(run)
  const name = error === undefined ? '' : await scope.evaluateAs(error, 'Error', 'string')
  throw new TaskError(name, Cause === undefined ? undefined : await scope.evaluateAs(Cause, 'Cause', 'string'))
}
