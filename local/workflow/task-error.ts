/** Failure of a state, with its name for Retry and Catch. */
export class TaskError extends Error {
  /** True if no Retry or Catch may match, not even by name. */
  readonly isTerminal: boolean
  /** Undefined where Step Functions gives no cause. */
  override readonly cause: string | undefined

  constructor(name: string, cause?: string, { isTerminal = false }: { isTerminal?: boolean } = {}) {
    super(cause)
    this.name = name
    this.cause = cause
    this.isTerminal = isTerminal
  }
}

/** Limit of inputs and outputs of states and executions, in bytes of UTF-8. Source: Step Functions quotas. */
export const PAYLOAD_LIMIT_BYTES = 262_144

export const DATA_LIMIT_EXCEEDED = 'States.DataLimitExceeded'

/**
 * Checks a document against the limit of 256 KiB.
 *
 * @throws TaskError States.DataLimitExceeded, which a Catch can only match by name. Source: Step Functions developer guide,
 *   "Handling errors".
 */
export function assertWithinLimit(stateName: string, what: string, payload: unknown): void {
  if (payloadBytes(payload) <= PAYLOAD_LIMIT_BYTES) return
  throw new TaskError(
    DATA_LIMIT_EXCEEDED,
    `The state/task '${stateName}' returned a result or has ${what} with a size exceeding the maximum number of bytes service limit.`,
  )
}

export function payloadBytes(payload: unknown): number {
  return Buffer.byteLength(JSON.stringify(payload) ?? '')
}

/** Failure of an expression, or of a field whose value is not as it must be. */
export function queryEvaluationError(stateName: string, problem: string): TaskError {
  return new TaskError(
    'States.QueryEvaluationError',
    `An error occurred while executing the state '${stateName}'. ${problem}`,
  )
}
