import type { ExecutionSummary, MapRunProgress } from './step-functions.ts'
import type { TraceStep } from './trace.ts'

/** States that only test or rearrange their input. */
const PASSING = new Set(['Pass', 'Choice', 'Succeed'])

/**
 * Formats `workflow SUCCEEDED 32 ms Workflow: InvokeWithPrompt 20 ms`: states that take time, with retries and failures.
 * Repetitions of a state are one entry.
 */
export function formatExecution({ status, durationMs, stateMachineName, error, trace }: ExecutionSummary): string {
  const shown = trace.filter(({ type, error: failed }) => !PASSING.has(type) || failed !== undefined)
  const steps = joinRounds(shown).map(formatStep)
  return [
    `workflow ${status} ${durationMs.toFixed(0)} ms ${stateMachineName}`,
    ...(steps.length === 0 ? [] : [`: ${steps.join(', ')}`]),
    ...(error === undefined ? [] : [` - ${error}`]),
  ].join('')
}

/** Formats `workflow RUNNING Batch Records: 4000 of 10000 items, 12 failed`. */
export function formatMapRun({ stateMachineName, label, ended, failed, total }: MapRunProgress): string {
  const failures = failed === 0 ? '' : `, ${failed} failed`
  return `workflow RUNNING ${stateMachineName} ${label}: ${ended} of ${total} items${failures}`
}

interface Round extends TraceStep {
  readonly times: number
}

/** Merges the rounds of a loop: one entry for each of its states. */
function joinRounds(steps: readonly TraceStep[]): Round[] {
  const rounds = new Map<string, Round>()
  for (const step of steps) {
    const known = rounds.get(step.state)
    rounds.set(step.state, {
      ...step,
      durationMs: step.durationMs + (known?.durationMs ?? 0),
      retries: step.retries + (known?.retries ?? 0),
      times: (known?.times ?? 0) + 1,
    })
  }
  return [...rounds.values()]
}

function formatStep({ state, type, durationMs, retries, error, times }: Round): string {
  if (type === 'Fail') return state
  const notes = [
    times > 1 ? `${times} times` : undefined,
    retries > 0 ? `${retries} retried` : undefined,
    error,
  ].filter((note) => note !== undefined)
  return `${state} ${durationMs} ms${notes.length === 0 ? '' : ` (${notes.join(', ')})`}`
}
