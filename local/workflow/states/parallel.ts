import { assertWithinLimit } from '../task-error.ts'
import { runTogether } from './run-together.ts'
import { type Outcome, type StateRun, scopeOf } from './state-run.ts'
import { withRetries } from './with-retries.ts'

/** Variables that a branch assigns end with it. */
export function runParallel(run: StateRun): Promise<Outcome> {
  return withRetries(run, runBranches)
}

async function runBranches(run: StateRun): Promise<unknown> {
  const { name, state, variables, context, execution, signal } = run
  const input = state.Arguments === undefined ? run.input : await scopeOf(run).evaluate(state.Arguments, 'Arguments')
  assertWithinLimit(name, 'an input', input)
  const branches = (state.Branches ?? []).map(
    (branch) => (all: AbortSignal) =>
      execution.runStates(branch, { input, variables, context, signal: all }, execution),
  )
  const results = await runTogether(branches, branches.length, signal)
  assertWithinLimit(name, 'an output', results)
  return results
}
