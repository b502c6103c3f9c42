import { randomUUID } from 'node:crypto'
import { rm } from 'node:fs/promises'
import type { MapRun, MapRunSettings } from '../executions/map-run.ts'
import type { ItemSource } from '../items/item-source.ts'
import { asReaderFailure, openItems } from '../items/open-items.ts'
import { readBatches, readBatchLimits } from '../items/read-batches.ts'
import { TaskError } from '../task-error.ts'
import { writeResults } from './result-writer.ts'
import { runChildren } from './run-children.ts'
import { type StateRun, scopeOf } from './state-run.ts'

/**
 * Runs a distributed Map. A map run that an earlier attempt has left goes on with the items that are not done. When the stack
 * ends, the map run stays as it is.
 */
export async function runDistributed(run: StateRun): Promise<unknown> {
  const { mapRuns, ending } = run.execution
  if (!mapRuns) {
    throw new TaskError('States.Runtime', 'A distributed Map needs a Standard workflow.', { isTerminal: true })
  }
  const { mapRun, source } = (await continueMapRun(run)) ?? (await startMapRun(run, mapRuns))
  const batches = readBatches(run, source, (index) => mapRun.isDone(index))
  try {
    await runChildren(run, mapRun, batches)
    const result = await writeResults(run, mapRun, batches)
    mapRuns.stop(mapRun)
    return result
  } catch (error) {
    if (ending.aborted) {
      mapRuns.release(mapRun)
      throw error
    }
    await keepResults(run, mapRun, source)
    const failure = error instanceof TaskError ? error : undefined
    mapRuns.stop(mapRun, {
      status: failure ? 'FAILED' : 'ABORTED',
      ...(failure && { error: failure.name }),
      ...(failure?.cause !== undefined && { cause: failure.cause }),
    })
    throw error
  }
}

/** Exports what a failed map run has. Its own failure is not reported, because the map run has one already. */
async function keepResults(run: StateRun, mapRun: MapRun, source: ItemSource): Promise<void> {
  if (run.state.ResultWriter?.Arguments === undefined) return
  const pending = readBatches(run, source, (index) => mapRun.isDone(index))
  await writeResults(run, mapRun, pending).catch(() => undefined)
}

interface OpenMapRun {
  readonly mapRun: MapRun
  readonly source: ItemSource
}

async function continueMapRun(run: StateRun): Promise<OpenMapRun | undefined> {
  const mapRun = run.progress?.takeMapRun()
  if (!mapRun) return undefined
  try {
    const source = await openItems(run, { directory: mapRun.directory, etag: mapRun.start.etag })
    return { mapRun, source }
  } catch (error) {
    const { name, cause } = error as TaskError
    run.execution.mapRuns?.stop(mapRun, { status: 'FAILED', error: name, ...(cause !== undefined && { cause }) })
    throw error
  }
}

async function startMapRun(run: StateRun, mapRuns: NonNullable<StateRun['execution']['mapRuns']>): Promise<OpenMapRun> {
  const { state, context, progress } = run
  const id = randomUUID()
  const settings = await readSettings(run)
  const limits = await readBatchLimits(run)
  const directory = mapRuns.reserve(id)
  const { source, total } = await openCounted(run, directory)
  const { Id } = context.StateMachine as { readonly Id: string }
  const stateMachineArn = `${Id}/${state.Label ?? randomUUID()}`
  const mapRun = mapRuns.start(
    {
      mapRunArn: `${stateMachineArn.replace(':stateMachine:', ':mapRun:')}:${id}`,
      stateMachineArn,
      settings,
      total,
      itemsPerExecution: Number.isFinite(limits?.items) ? (limits?.items ?? 1) : 1,
      ...(source.etag && { etag: source.etag }),
    },
    progress !== undefined,
  )
  return { mapRun, source }
}

/** A map run whose items cannot be read does not start. */
async function openCounted(run: StateRun, directory: string) {
  try {
    const source = await openItems(run, { directory, etag: undefined })
    return { source, total: await asReaderFailure(() => source.count()) }
  } catch (error) {
    await rm(directory, { recursive: true, force: true })
    throw error
  }
}

async function readSettings(run: StateRun): Promise<MapRunSettings> {
  const { MaxConcurrency, ToleratedFailureCount, ToleratedFailurePercentage } = run.state
  const scope = scopeOf(run)
  return {
    maxConcurrency: await scope.evaluateAs(MaxConcurrency ?? 0, 'MaxConcurrency', 'integer'),
    ...(ToleratedFailureCount !== undefined && {
      toleratedFailureCount: await scope.evaluateAs(ToleratedFailureCount, 'ToleratedFailureCount', 'integer'),
    }),
    ...(ToleratedFailurePercentage !== undefined && {
      toleratedFailurePercentage: await scope.evaluateAs(
        ToleratedFailurePercentage,
        'ToleratedFailurePercentage',
        'number',
      ),
    }),
  }
}
