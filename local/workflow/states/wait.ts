import { queryEvaluationError } from '../task-error.ts'
import { pause } from './pause.ts'
import { endState, type Outcome, type StateRun, scopeOf } from './state-run.ts'

/** Longest wait in seconds. Source: Amazon States Language, "Wait State". */
export const MAX_WAIT_SECONDS = 99_999_999

const TIMESTAMP = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2})$/

/** Time in ms of an ISO 8601 timestamp with its offset; undefined for any other text. */
export function parseTimestamp(text: string): number | undefined {
  const time = TIMESTAMP.test(text) ? Date.parse(text) : Number.NaN
  return Number.isNaN(time) ? undefined : time
}

export async function runWait(run: StateRun): Promise<Outcome> {
  const { name, state, input, execution, signal } = run
  const ms = await waitMs(run)
  await pause(execution.waits[name] ?? ms, signal)
  return await endState(run, state, {}, input)
}

async function waitMs(run: StateRun): Promise<number> {
  const { name, state } = run
  const scope = scopeOf(run)
  if (state.Timestamp !== undefined) {
    const text = await scope.evaluateAs(state.Timestamp, 'Timestamp', 'string')
    const time = parseTimestamp(text)
    if (time !== undefined) return time - Date.now()
    throw queryEvaluationError(
      name,
      `The Timestamp field cannot be parsed as an ISO-8601 extended offset date-time format string: ${text}`,
    )
  }
  const seconds = await scope.evaluateAs(state.Seconds, 'Seconds', 'integer')
  if (seconds <= MAX_WAIT_SECONDS) return seconds * 1000
  throw queryEvaluationError(name, `The Seconds field is ${seconds}, the limit is ${MAX_WAIT_SECONDS}.`)
}
