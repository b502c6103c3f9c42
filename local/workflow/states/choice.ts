import { TaskError } from '../task-error.ts'
import { endState, type Outcome, type StateRun, scopeOf } from './state-run.ts'

/** The state's own Assign and Output are for Default. */
export async function runChoice(run: StateRun): Promise<Outcome> {
  const { name, state, input } = run
  const scope = scopeOf(run)
  for (const [index, rule] of (state.Choices ?? []).entries()) {
    const field = `Choices/${index}/Condition`
    if (await scope.evaluateAs(rule.Condition, field, 'boolean')) return await endState(run, rule, {}, input)
  }
  if (state.Default !== undefined) return await endState(run, { ...state, Next: state.Default }, {}, input)
  throw new TaskError('States.NoChoiceMatched', `No choice of the state '${name}' matches, and it has no Default.`)
}
