import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { parseExactly } from '@bedrock-functions/runtime/json'
import { AwsJsonError } from '../../events/http/aws-json-error.ts'
import type { JsonObject } from '../../template/json.ts'
import type { StateMachineModel } from '../../template/model.ts'
import type { Durable, ExecutionEnd } from '../run-execution.ts'
import type { ExecutionMapRuns, Progress } from '../states/progress.ts'
import { TaskError } from '../task-error.ts'
import { MAX_HISTORY_EVENTS } from './history.ts'
import type { MapRun } from './map-run.ts'
import { createMapRuns, type MapRuns } from './map-runs.ts'
import { type ExecutionState, StandardExecution } from './standard-execution.ts'

export interface StandardExecutionsOptions {
  readonly directory: string
  readonly stateMachines: readonly StateMachineModel[]
  run(
    model: StateMachineModel,
    input: unknown,
    context: JsonObject,
    signal: AbortSignal,
    durable: Durable,
  ): Promise<ExecutionEnd>
  /** Called after each tenth of a map run's items. */
  onMapRun(model: StateMachineModel, run: MapRun): void
  /** Called once after each end, also of an attempt that a redrive follows. */
  onEnd(model: StateMachineModel, state: ExecutionState, end: ExecutionEnd, durationMs: number): void
}

/** Executions of Standard workflows, which survive the process. */
export interface StandardExecutions {
  readonly mapRuns: MapRuns
  /** Starts an execution. The same name and input of a running one give that one. Throws an AwsJsonError. */
  start(model: StateMachineModel, name: string, input: string): ExecutionState
  /** Throws an AwsJsonError, as the functions below. */
  find(executionArn: string): StandardExecution
  /** Newest first. */
  list(stateMachineArn: string): ExecutionState[]
  stop(executionArn: string, reason: { readonly error?: string; readonly cause?: string }): Promise<ExecutionState>
  redrive(executionArn: string, token: string | undefined): Promise<ExecutionState>
  /** Goes on with the executions that ran when the process ended. */
  resume(): void
  /** Leaves all executions as they are. They go on at the next start. */
  close(): Promise<void>
}

/** Executions that can be described. Older ones that ended are deleted. */
const MAX_KEPT_EXECUTIONS = 1000

/** Source: Step Functions developer guide, "Restarting state machine executions with redrive". */
const MAX_REDRIVES = 1000
const REDRIVABLE_MS = 14 * 24 * 60 * 60_000

/** Source: Step Functions API Reference, RedriveExecution. */
const MAX_REDRIVE_TOKENS = 10
const REDRIVE_TOKEN_MS = 15 * 60_000

export function createStandardExecutions(options: StandardExecutionsOptions): StandardExecutions {
  const { stateMachines, run, onEnd, onMapRun } = options
  const directory = join(options.directory, 'executions')
  mkdirSync(directory, { recursive: true })
  const mapRuns = createMapRuns(join(options.directory, 'map-runs'))
  const executions = loadExecutions(directory)
  const ending = new AbortController()
  const running = new Map<string, { readonly stop: AbortController; readonly ended: Promise<void> }>()
  const redriveTokens = new Map<string, { readonly token: string; readonly time: number }[]>()

  function find(executionArn: string): StandardExecution {
    const execution = executions.get(executionArn)
    if (execution) return execution
    throw new AwsJsonError('ExecutionDoesNotExist', `Execution Does Not Exist: '${executionArn}'`)
  }

  function forgetOldest(): void {
    for (const [arn, execution] of executions) {
      if (executions.size <= MAX_KEPT_EXECUTIONS) return
      if (execution.state.status === 'RUNNING' || running.has(arn)) continue
      for (const mapRunArn of execution.state.mapRunArns) mapRuns.delete(mapRunArn)
      rmSync(execution.path, { force: true })
      executions.delete(arn)
    }
  }

  function begin(model: StateMachineModel, execution: StandardExecution): void {
    const { executionArn, name, startTime, redriveTime, redriveCount } = execution.state
    const stop = new AbortController()
    const input = parseExactly(execution.texts().input)
    const context = {
      Execution: {
        Id: executionArn,
        Input: input,
        Name: name,
        RedriveCount: redriveCount,
        ...(redriveTime !== undefined && { RedriveTime: new Date(redriveTime).toISOString() }),
        RoleArn: '',
        StartTime: new Date(startTime).toISOString(),
      },
      StateMachine: { Id: model.arn, Name: model.name },
    }
    const startedAt = performance.now()
    const durable = {
      progress: createProgress(execution, model.definition.StartAt, mapRuns),
      mapRuns: createExecutionMapRuns(execution, mapRuns, (mapRun) => onMapRun(model, mapRun)),
      ending: ending.signal,
      elapsedMs: Date.now() - (redriveTime ?? startTime),
    }
    const signal = AbortSignal.any([ending.signal, stop.signal])
    const ended = run(model, input, context, signal, durable).then((end) => {
      running.delete(executionArn)
      if (ending.signal.aborted && end.status !== 'SUCCEEDED') return execution.close()
      if (execution.state.status === 'RUNNING') recordEnd(execution, end)
      onEnd(model, execution.state, end, performance.now() - startedAt)
      forgetOldest()
    })
    running.set(executionArn, { stop, ended })
  }

  /** @returns the state machine of an execution */
  function modelOf({ stateMachineArn }: ExecutionState): StateMachineModel {
    const model = stateMachines.find(({ arn }) => arn === stateMachineArn)
    if (model) return model
    throw new AwsJsonError('StateMachineDoesNotExist', `State Machine Does Not Exist: '${stateMachineArn}'`)
  }

  return {
    mapRuns,
    find,
    start(model, name, input) {
      const executionArn = `${model.arn.replace(':stateMachine:', ':execution:')}:${name}`
      const known = executions.get(executionArn)
      if (known) {
        if (known.state.status === 'RUNNING' && known.texts().input === input) return known.state
        throw new AwsJsonError('ExecutionAlreadyExists', `Execution Already Exists: '${executionArn}'`)
      }
      const identity = { executionArn, stateMachineArn: model.arn, name }
      const execution = StandardExecution.create(join(directory, fileName(executionArn)), identity, input)
      executions.set(executionArn, execution)
      begin(model, execution)
      return execution.state
    },
    list: (stateMachineArn) =>
      [...executions.values()]
        .map(({ state }) => state)
        .filter((state) => state.stateMachineArn === stateMachineArn)
        .reverse(),
    async stop(executionArn, reason) {
      const execution = find(executionArn)
      if (execution.state.status !== 'RUNNING') return execution.state
      running.get(executionArn)?.stop.abort(new Error('the execution is stopped'))
      execution.append('ExecutionAborted', reason)
      return execution.state
    },
    async redrive(executionArn, token) {
      const execution = find(executionArn)
      const model = modelOf(execution.state)
      const now = Date.now()
      const tokens = (redriveTokens.get(executionArn) ?? []).filter(({ time }) => now - time < REDRIVE_TOKEN_MS)
      if (token !== undefined && tokens.some((used) => used.token === token)) return execution.state
      // A map run that was stopped waits for its Express children.
      if (execution.state.status !== 'RUNNING') await running.get(executionArn)?.ended
      const reason = describeNotRedrivable(execution.state)
      if (reason !== undefined || ending.signal.aborted) {
        throw new AwsJsonError('ExecutionNotRedrivable', reason ?? 'The local stack is ending')
      }
      execution.append('ExecutionRedriven', { redriveCount: execution.state.redriveCount + 1 })
      if (token !== undefined) {
        redriveTokens.set(executionArn, [...tokens, { token, time: now }].slice(-MAX_REDRIVE_TOKENS))
      }
      begin(model, execution)
      return execution.state
    },
    resume() {
      for (const execution of executions.values()) {
        const model = stateMachines.find(({ arn }) => arn === execution.state.stateMachineArn)
        if (execution.state.status === 'RUNNING' && model) begin(model, execution)
      }
    },
    async close() {
      ending.abort(new Error('the stack is ending'))
      await Promise.all([...running.values()].map(({ ended }) => ended))
    },
  }
}

/** Reason for which an execution cannot be redriven; undefined if it can. */
export function describeNotRedrivable({ status, stopTime, redriveCount, events }: ExecutionState): string | undefined {
  if (status === 'RUNNING' || status === 'SUCCEEDED') return `Execution is ${status} and cannot be redriven`
  if (stopTime !== undefined && Date.now() - stopTime > REDRIVABLE_MS) return 'Execution redrivable period exceeded'
  if (redriveCount >= MAX_REDRIVES) return `Execution has been redriven ${MAX_REDRIVES} times`
  return events >= MAX_HISTORY_EVENTS ? 'Execution history event limit exceeded' : undefined
}

/** Names are case-sensitive and may have any characters, unlike files. */
function fileName(executionArn: string): string {
  return `${createHash('sha256').update(executionArn).digest('hex').slice(0, 32)}.jsonl`
}

/** Oldest first. */
function loadExecutions(directory: string): Map<string, StandardExecution> {
  const loaded: StandardExecution[] = []
  for (const name of readdirSync(directory)) {
    const path = join(directory, name)
    const execution = name.endsWith('.jsonl') && existsSync(path) ? StandardExecution.load(path) : undefined
    if (execution) loaded.push(execution)
    else rmSync(path, { force: true })
  }
  loaded.sort((one, other) => one.state.startTime - other.state.startTime)
  return new Map(loaded.map((execution) => [execution.state.executionArn, execution]))
}

function recordEnd(execution: StandardExecution, { status, output, error, cause }: ExecutionEnd): void {
  const failure = { ...(error !== undefined && { error }), ...(cause !== undefined && { cause }) }
  if (status === 'SUCCEEDED') execution.append('ExecutionSucceeded', { output, outputDetails: { truncated: false } })
  else execution.append(status === 'TIMED_OUT' ? 'ExecutionTimedOut' : 'ExecutionFailed', failure)
}

function createProgress(execution: StandardExecution, startAt: string, mapRuns: MapRuns): Progress {
  const position = execution.position(startAt)
  let { mapRunArn } = position
  return {
    position,
    entered(name, type, input) {
      if (execution.isFull) {
        throw new TaskError(
          'States.Runtime',
          `The execution reached the maximum number of history events (${MAX_HISTORY_EVENTS}).`,
          { isTerminal: true },
        )
      }
      // The execution may have been stopped.
      if (execution.state.status !== 'RUNNING') return
      const text = JSON.stringify(input)
      execution.append(`${type}StateEntered`, { name, input: text, inputDetails: { truncated: false } })
    },
    exited(name, type, { output, assigned, next }) {
      if (execution.state.status !== 'RUNNING') return
      const texts = Object.entries(assigned).map(([variable, value]) => [variable, JSON.stringify(value)])
      execution.append(
        `${type}StateExited`,
        {
          name,
          output: JSON.stringify(output),
          outputDetails: { truncated: false },
          ...(texts.length > 0 && { assignedVariables: Object.fromEntries(texts) }),
        },
        { next: next ?? null },
      )
    },
    takeMapRun() {
      const arn = mapRunArn
      mapRunArn = undefined
      const run = arn === undefined ? undefined : mapRuns.open(arn)
      if (!run) return undefined
      if (run.status === 'RUNNING' || run.status === 'SUCCEEDED') return run
      if (!run.isRedrivable) {
        mapRuns.release(run)
        return undefined
      }
      run.redrive()
      const { mapRunArn: redriven } = run.start
      execution.append('MapRunRedriven', { mapRunArn: redriven, redriveCount: run.redriveCount })
      return run
    },
  }
}

function createExecutionMapRuns(
  execution: StandardExecution,
  mapRuns: MapRuns,
  onTenth: (run: MapRun) => void,
): ExecutionMapRuns {
  const tenths = new WeakMap<MapRun, number>()
  const { executionArn } = execution.state
  const isRunning = () => execution.state.status === 'RUNNING'
  return {
    reserve: (id) => mapRuns.reserve(id),
    start(start, isOutermost) {
      const run: MapRun = mapRuns.create({ ...start, executionArn })
      // The execution may have been stopped meanwhile.
      if (isRunning())
        execution.append('MapRunStarted', { mapRunArn: start.mapRunArn }, isOutermost ? { isOutermost } : {})
      return run
    },
    advanced(run) {
      const tenth = Math.floor((run.endedItems * 10) / run.start.total)
      // A map run of an earlier attempt does not begin at 0.
      if (tenth > (tenths.get(run) ?? 0)) onTenth(run)
      tenths.set(run, tenth)
    },
    stop(run, failure) {
      run.stop(failure?.status ?? 'SUCCEEDED', failure?.error)
      mapRuns.release(run)
      // The history of a stopped execution has ended.
      if (!isRunning()) return
      const { error, cause } = failure ?? {}
      if (!failure) execution.append('MapRunSucceeded')
      else if (failure.status === 'ABORTED') execution.append('MapRunAborted')
      else
        execution.append('MapRunFailed', {
          ...(error !== undefined && { error }),
          ...(cause !== undefined && { cause }),
        })
    },
    release: (run) => mapRuns.release(run),
  }
}
