import type { MapRun, MapRunStart } from '../executions/map-run.ts'
import type { Position } from '../executions/standard-execution.ts'
import type { Variables } from '../expressions/expressions.ts'

/** Durable progress of an execution's outermost states. */
export interface Progress {
  readonly position: Position
  /** Throws a TaskError when the history is too long. */
  entered(name: string, type: string, input: unknown): void
  exited(name: string, type: string, exit: StateExit): void
  /** Returns the map run that an earlier attempt of the entered state has left, once. */
  takeMapRun(): MapRun | undefined
}

export interface StateExit {
  readonly output: unknown
  readonly assigned: Variables
  readonly next: string | undefined
}

/** Map runs of an execution. */
export interface ExecutionMapRuns {
  /** Makes the directory for a map run. */
  reserve(id: string): string
  /** @param isOutermost true if the execution goes on with this map run after a new start */
  start(start: Omit<MapRunStart, 'executionArn'>, isOutermost: boolean): MapRun
  /** Called after each end of a child. */
  advanced(run: MapRun): void
  /** Records the end of a map run. */
  stop(
    run: MapRun,
    failure?: { readonly status: 'FAILED' | 'ABORTED'; readonly error?: string; readonly cause?: string },
  ): void
  /** Gives up the files of a map run, which stays as it is. */
  release(run: MapRun): void
}
