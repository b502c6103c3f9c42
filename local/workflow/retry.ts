import { DATA_LIMIT_EXCEEDED, type TaskError } from './task-error.ts'

/** Element of Retry. Times are in seconds. */
export interface Retrier {
  readonly ErrorEquals: readonly string[]
  readonly IntervalSeconds?: number
  readonly MaxAttempts?: number
  readonly BackoffRate?: number
  readonly MaxDelaySeconds?: number
  readonly JitterStrategy?: 'FULL' | 'NONE'
}

/** Element of Catch. */
export interface Catcher {
  readonly ErrorEquals: readonly string[]
  readonly Next: string
  readonly Assign?: Readonly<Record<string, unknown>>
  readonly Output?: unknown
}

/**
 * Tests whether a Retrier or Catcher is for an error. The wildcards do not match States.DataLimitExceeded, and
 * States.TaskFailed does not match States.Timeout. Source: Step Functions developer guide, "Handling errors".
 */
export function matchesError(errorEquals: readonly string[], { name, isTerminal }: TaskError): boolean {
  if (isTerminal) return false
  if (errorEquals.includes(name)) return true
  if (name === DATA_LIMIT_EXCEEDED) return false
  return errorEquals.includes('States.ALL') || (errorEquals.includes('States.TaskFailed') && name !== 'States.Timeout')
}

/**
 * Counts the retries of one state. The returned function gives the time in ms before the next one, or undefined if there is
 * none. The first Retrier that matches decides, also when its attempts are used.
 */
export function createRetries(retriers: readonly Retrier[]): (error: TaskError) => number | undefined {
  const used = new Map<Retrier, number>()
  return (error) => {
    const retrier = retriers.find(({ ErrorEquals }) => matchesError(ErrorEquals, error))
    if (!retrier) return undefined
    const { IntervalSeconds = 1, MaxAttempts = 3, BackoffRate = 2, MaxDelaySeconds, JitterStrategy } = retrier
    const attempts = used.get(retrier) ?? 0
    if (attempts >= MaxAttempts) return undefined
    used.set(retrier, attempts + 1)
    const seconds = Math.min(IntervalSeconds * BackoffRate ** attempts, MaxDelaySeconds ?? Number.POSITIVE_INFINITY)
    return seconds * 1000 * (JitterStrategy === 'FULL' ? Math.random() : 1)
  }
}
