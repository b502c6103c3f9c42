import { createRetries, matchesError } from '../retry.ts'
import { TaskError } from '../task-error.ts'
import { pause } from './pause.ts'
import { endState, type Outcome, type StateRun } from './state-run.ts'

/**
 * Runs a Task, Parallel or Map state with its Retry and Catch, which are also for failures of its expressions.
 *
 * @param attempt resolves to $states.result
 */
export async function withRetries(run: StateRun, attempt: (run: StateRun) => Promise<unknown>): Promise<Outcome> {
  const { name, state, context, execution, step, signal } = run
  const nextDelay = createRetries(state.Retry ?? [])
  for (let retryCount = 0; ; retryCount += 1) {
    const State = { ...(context.State as object), RetryCount: retryCount }
    const current = { ...run, context: { ...context, State } }
    try {
      const result = await attempt(current)
      return await endState(current, state, { result }, result)
    } catch (error) {
      if (!(error instanceof TaskError)) throw error
      const delay = nextDelay(error)
      if (delay === undefined) return await catchError(current, error)
      step.retried()
      await pause(execution.retryPauses[name] ?? delay, signal)
    }
  }
}

/** Ends the state with its Catcher for an error. Throws the error if there is none. */
async function catchError(run: StateRun, error: TaskError): Promise<Outcome> {
  const catcher = run.state.Catch?.find(({ ErrorEquals }) => matchesError(ErrorEquals, error))
  if (!catcher) throw error
  run.step.failed(error.name)
  const errorOutput = { Error: error.name, ...(error.cause !== undefined && { Cause: error.cause }) }
  return await endState(run, catcher, { errorOutput }, errorOutput)
}
