import type { ItemBatcher } from '../definition/definition.ts'
import { type StateRun, scopeOf } from '../states/state-run.ts'
import { assertWithinLimit, DATA_LIMIT_EXCEEDED, PAYLOAD_LIMIT_BYTES, payloadBytes, TaskError } from '../task-error.ts'
import type { ItemSource } from './item-source.ts'
import { asReaderFailure } from './open-items.ts'

/** Input of one child with the items that it is for. */
export interface Batch {
  /** Position of the first item. The others follow without a gap. */
  readonly first: number
  readonly count: number
  readonly input: unknown
}

/** Limits of a batch; undefined without an ItemBatcher, where each item is an input itself. */
export interface BatchLimits {
  readonly items: number
  readonly bytes: number
  readonly input: unknown
}

export async function readBatchLimits(run: StateRun): Promise<BatchLimits | undefined> {
  const { ItemBatcher: batcher } = run.state
  if (!batcher) return undefined
  const scope = scopeOf(run)
  const limitOf = async (field: 'MaxItemsPerBatch' | 'MaxInputBytesPerBatch', most: number) => {
    const value = (batcher as ItemBatcher)[field]
    if (value === undefined) return most
    const limit = await scope.evaluateAs(value, `ItemBatcher/${field}`, 'integer')
    if (limit >= 1 && limit <= most) return limit
    throw new TaskError('States.Runtime', `ItemBatcher/${field} is ${limit}, not from 1 to ${most}.`, {
      isTerminal: true,
    })
  }
  return {
    items: await limitOf('MaxItemsPerBatch', Number.POSITIVE_INFINITY),
    bytes: await limitOf('MaxInputBytesPerBatch', PAYLOAD_LIMIT_BYTES),
    input:
      batcher.BatchInput === undefined ? undefined : await scope.evaluate(batcher.BatchInput, 'ItemBatcher/BatchInput'),
  }
}

/**
 * Makes the inputs of the children, each when it is asked for: ItemSelector, then ItemBatcher. Source: Step Functions
 * developer guide, "ItemBatcher".
 */
export async function* readBatches(
  run: StateRun,
  source: ItemSource,
  isDone: (index: number) => boolean,
): AsyncGenerator<Batch> {
  const limits = await readBatchLimits(run)
  const items = selectItems(run, source, isDone)
  if (!limits) {
    for await (const { index, value } of items) yield { first: index, count: 1, input: value }
    return
  }
  const head = limits.input === undefined ? {} : { BatchInput: limits.input }
  const emptyBytes = payloadBytes({ ...head, Items: [] })
  let open: { readonly first: number; readonly values: unknown[]; bytes: number } | undefined
  const close = ({ first, values }: NonNullable<typeof open>): Batch => ({
    first,
    count: values.length,
    input: { ...head, Items: values },
  })
  for await (const { index, value } of items) {
    const bytes = payloadBytes(value)
    const isFull =
      open !== undefined &&
      (open.values.length >= limits.items ||
        open.bytes + bytes + 1 > limits.bytes ||
        // Items that are done lie between.
        open.first + open.values.length !== index)
    if (open && isFull) {
      yield close(open)
      open = undefined
    }
    if (emptyBytes + bytes > limits.bytes) {
      throw new TaskError(
        DATA_LIMIT_EXCEEDED,
        `The item ${index} makes a batch of ${emptyBytes + bytes} bytes, the limit is ${limits.bytes}.`,
      )
    }
    if (open) {
      open.values.push(value)
      open.bytes += bytes + 1
    } else open = { first: index, values: [value], bytes: emptyBytes + bytes }
  }
  if (open) yield close(open)
}

async function* selectItems(run: StateRun, source: ItemSource, isDone: (index: number) => boolean) {
  const { name, context, state } = run
  const items = source.read(isDone)
  for (;;) {
    const next = await asReaderFailure(() => items.next())
    if (next.done) return
    const { index, value: item } = next.value
    const inner = { ...run, context: { ...context, Map: { Item: { Index: index, Value: item, Source: source.name } } } }
    const { ItemSelector } = state
    const value = ItemSelector === undefined ? item : await scopeOf(inner).evaluate(ItemSelector, 'ItemSelector')
    assertWithinLimit(name, 'an input', value)
    yield { index, value }
  }
}
