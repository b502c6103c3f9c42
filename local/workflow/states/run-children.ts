import type { Definition } from '../definition/definition.ts'
import type { MapRun } from '../executions/map-run.ts'
import type { Batch } from '../items/read-batches.ts'
import { TaskError } from '../task-error.ts'
import { isExpress, runChild } from './child-execution.ts'
import { describeChild } from './describe-child.ts'
import type { StateRun } from './state-run.ts'

/** Most children at a time. Source: Step Functions developer guide, "Distributed mode". */
const MAX_CONCURRENCY = 10_000

/** Children at a time where MaxConcurrency is 0. The workers of the local functions are far fewer. */
const DEFAULT_CONCURRENCY = 1000

/**
 * Runs a child for each batch. A batch is read when a child can start. After a failure of the Map, or when it is stopped, no
 * child starts, and Express children run to their ends. Rejects with a TaskError, or the signal's reason.
 */
export async function runChildren(run: StateRun, mapRun: MapRun, batches: AsyncIterator<Batch>): Promise<void> {
  const { signal, execution } = run
  const processor = run.state.ItemProcessor as Definition
  const stopping = new AbortController()
  const all = AbortSignal.any([signal, stopping.signal])
  const childSignal = isExpress(processor) ? execution.ending : all
  const failures: unknown[] = []
  const running = new Set<Promise<void>>()
  let wake = Promise.withResolvers<void>()
  const changed = () => wake.resolve()
  mapRun.onSettings(changed)
  all.addEventListener('abort', changed, { once: true })

  const fail = (error: unknown) => {
    failures.push(error)
    stopping.abort()
  }
  const runBatch = async (batch: Batch) => {
    const exit = mapRun.enter(batch)
    try {
      const start = {
        name: mapRun.childName(batch),
        input: batch.input,
        mapArn: mapRun.start.stateMachineArn,
        redriveCount: mapRun.redrivesOf(batch),
      }
      const end = await runChild({ ...run, signal: childSignal }, processor, start)
      mapRun.end(batch, end.status, describeChild(end))
      execution.mapRuns?.advanced(mapRun)
      if (!all.aborted && isAboveThreshold(mapRun)) fail(thresholdExceeded())
    } catch (error) {
      fail(error)
    } finally {
      exit()
    }
  }

  try {
    while (!all.aborted) {
      if (running.size >= concurrencyOf(mapRun)) {
        await wake.promise
        wake = Promise.withResolvers<void>()
        continue
      }
      const next = await batches.next()
      if (next.done) break
      const child = runBatch(next.value)
      running.add(child)
      void child.finally(() => {
        running.delete(child)
        changed()
      })
    }
  } catch (error) {
    fail(error)
  }
  await Promise.all(running)
  if (failures.length > 0) throw failures[0]
  signal.throwIfAborted()
}

function concurrencyOf({ settings: { maxConcurrency } }: MapRun): number {
  return maxConcurrency === 0 ? DEFAULT_CONCURRENCY : Math.min(maxConcurrency, MAX_CONCURRENCY)
}

/** Of a count and a percentage, the lower limit holds. Without both, no item may fail. */
function isAboveThreshold({ failedItems, settings, start }: MapRun): boolean {
  const { toleratedFailureCount: count, toleratedFailurePercentage: percentage } = settings
  if (count === undefined && percentage === undefined) return failedItems > 0
  return failedItems > Math.min(count ?? Number.POSITIVE_INFINITY, (start.total * (percentage ?? 100)) / 100)
}

function thresholdExceeded(): TaskError {
  return new TaskError(
    'States.ExceedToleratedFailureThreshold',
    'The specified tolerated failure threshold was exceeded',
  )
}
