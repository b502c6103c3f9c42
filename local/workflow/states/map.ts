import { type Definition, isDistributed } from '../definition/definition.ts'
import { itemsOf } from '../items/open-items.ts'
import { assertWithinLimit } from '../task-error.ts'
import { runDistributed } from './distributed-map.ts'
import { runTogether } from './run-together.ts'
import { type Outcome, type StateRun, scopeOf } from './state-run.ts'
import { withRetries } from './with-retries.ts'

/** Concurrent iterations. Source: Step Functions developer guide, "Inline mode". */
const MAX_INLINE_CONCURRENCY = 40

/** Variables that an iteration assigns end with it. */
export function runMap(run: StateRun): Promise<Outcome> {
  return withRetries(run, async (attempt) => {
    const result = await (isDistributed(run.state) ? runDistributed(attempt) : runInline(attempt))
    assertWithinLimit(run.name, 'an output', result)
    return result
  })
}

async function runInline(run: StateRun): Promise<unknown> {
  const { name, state, variables, context, execution, signal } = run
  const { ItemSelector, ItemProcessor, MaxConcurrency = 0 } = state
  const items = await itemsOf(run)
  const limit = await scopeOf(run).evaluateAs(MaxConcurrency, 'MaxConcurrency', 'integer')
  const tasks = items.map((item, index) => async (all: AbortSignal) => {
    const inner = { ...context, Map: { Item: { Index: index, Value: item } } }
    const scope = scopeOf({ ...run, context: inner })
    const input = ItemSelector === undefined ? item : await scope.evaluate(ItemSelector, 'ItemSelector')
    assertWithinLimit(name, 'an input', input)
    const start = { input, variables, context: inner, signal: all }
    return await execution.runStates(ItemProcessor as Definition, start, execution)
  })
  const concurrency = limit === 0 ? MAX_INLINE_CONCURRENCY : Math.min(limit, MAX_INLINE_CONCURRENCY)
  return await runTogether(tasks, concurrency, signal)
}
