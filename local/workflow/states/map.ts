import { randomUUID } from 'node:crypto'
import { type Definition, isDistributed } from '../definition/definition.ts'
import { expectType } from '../expressions/expressions.ts'
import { assertWithinLimit, TaskError } from '../task-error.ts'
import { type ChildEnd, runChild } from './child-execution.ts'
import { readItems } from './item-reader.ts'
import { writeResults } from './result-writer.ts'
import { runTogether } from './run-together.ts'
import { type Outcome, type StateRun, scopeOf } from './state-run.ts'
import { withRetries } from './with-retries.ts'

/** Concurrent iterations. Source: Step Functions developer guide, "Inline mode" and "Distributed mode". */
const MAX_INLINE_CONCURRENCY = 40
const MAX_DISTRIBUTED_CONCURRENCY = 10_000

/** Variables that an iteration assigns end with it. */
export function runMap(run: StateRun): Promise<Outcome> {
  return withRetries(run, async (attempt) => {
    const result = await (isDistributed(run.state) ? runDistributed(attempt) : runInline(attempt))
    assertWithinLimit(run.name, 'an output', result)
    return result
  })
}

async function runInline(run: StateRun): Promise<unknown> {
  const { state, variables, execution } = run
  const items = await itemsOf(run)
  return await runItems(run, items, MAX_INLINE_CONCURRENCY, (input, { context, signal }) =>
    execution.runStates(state.ItemProcessor as Definition, { input, variables, context, signal }, execution),
  )
}

async function runDistributed(run: StateRun): Promise<unknown> {
  const { state, context } = run
  const items = state.ItemReader ? await readItems(run, state.ItemReader) : await itemsOf(run)
  const tolerated = await toleratedFailures(run, items.length)
  const { Id } = context.StateMachine as { readonly Id: string }
  const mapArn = `${Id}/${state.Label ?? randomUUID()}`
  let failures = 0
  const children = await runItems(run, items, MAX_DISTRIBUTED_CONCURRENCY, async (input, inner): Promise<ChildEnd> => {
    const child = await runChild(inner, state.ItemProcessor as Definition, { input, mapArn })
    if (child.status === 'FAILED') failures += 1
    if (failures <= tolerated) return child
    throw new TaskError(
      'States.ExceedToleratedFailureThreshold',
      'The specified tolerated failure threshold was exceeded',
    )
  })
  return await writeResults(run, state.ResultWriter ?? {}, { children, mapArn })
}

async function itemsOf(run: StateRun): Promise<readonly unknown[]> {
  const { name, state, input } = run
  if (state.Items === undefined) return expectType(name, input, 'Items', 'array')
  return await scopeOf(run).evaluateAs(state.Items, 'Items', 'array')
}

/** Runs a function for each item with its input, at most MaxConcurrency at a time. */
async function runItems<Result>(
  run: StateRun,
  items: readonly unknown[],
  maxConcurrency: number,
  runItem: (input: unknown, inner: StateRun) => Promise<Result>,
): Promise<Result[]> {
  const { name, state, context, signal } = run
  const limit = await scopeOf(run).evaluateAs(state.MaxConcurrency ?? 0, 'MaxConcurrency', 'integer')
  const tasks = items.map((item, index) => async (all: AbortSignal) => {
    const inner = { ...run, context: { ...context, Map: { Item: { Index: index, Value: item } } }, signal: all }
    const { ItemSelector } = state
    const input = ItemSelector === undefined ? item : await scopeOf(inner).evaluate(ItemSelector, 'ItemSelector')
    assertWithinLimit(name, 'an input', input)
    return await runItem(input, inner)
  })
  return await runTogether(tasks, limit === 0 ? maxConcurrency : Math.min(limit, maxConcurrency), signal)
}

/** Number of items that may fail. Of a count and a percentage, the lower limit holds. */
async function toleratedFailures(run: StateRun, items: number): Promise<number> {
  const { ToleratedFailureCount: count, ToleratedFailurePercentage: percentage } = run.state
  if (count === undefined && percentage === undefined) return 0
  const scope = scopeOf(run)
  const most = count === undefined ? items : await scope.evaluateAs(count, 'ToleratedFailureCount', 'integer')
  const share =
    percentage === undefined ? 100 : await scope.evaluateAs(percentage, 'ToleratedFailurePercentage', 'number')
  return Math.min(most, (items * share) / 100)
}
