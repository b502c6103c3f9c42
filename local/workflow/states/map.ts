import type { Definition } from '../definition/definition.ts'
import { assertWithinLimit } from '../task-error.ts'
import { runTogether } from './run-together.ts'
import { type Outcome, type StateRun, scopeOf } from './state-run.ts'
import { withRetries } from './with-retries.ts'

/** Concurrent iterations of an inline Map. Source: Step Functions developer guide, "Inline mode". */
const MAX_INLINE_CONCURRENCY = 40

/** Variables that an iteration assigns end with it. */
export function runMap(run: StateRun): Promise<Outcome> {
  return withRetries(run, runItems)
}

async function runItems(run: StateRun): Promise<unknown> {
  const { name, state, variables, context, execution, signal } = run
  const scope = scopeOf(run)
  const items = await scope.evaluateAs(state.Items ?? run.input, 'Items', 'array')
  const limit = await scope.evaluateAs(state.MaxConcurrency ?? 0, 'MaxConcurrency', 'integer')
  const iterations = items.map((item, index) => async (all: AbortSignal) => {
    const inner = { ...context, Map: { Item: { Index: index, Value: item } } }
    const { ItemSelector } = state
    const input =
      ItemSelector === undefined
        ? item
        : await scopeOf({ ...run, context: inner }).evaluate(ItemSelector, 'ItemSelector')
    assertWithinLimit(name, 'an input', input)
    const start = { input, variables, context: inner, signal: all }
    return await execution.runStates(state.ItemProcessor as Definition, start, execution)
  })
  const results = await runTogether(iterations, limit === 0 ? MAX_INLINE_CONCURRENCY : limit, signal)
  assertWithinLimit(name, 'an output', results)
  return results
}
