/** Failure of a state, with its name for Retry and Catch. */
export class TaskError extends Error {
  /** Read by aws-local-stepfunctions: false if no Retry or Catch may match. */
  readonly isRetryable: boolean
  readonly isCatchable: boolean

  constructor(name: string, cause: string, { isTerminal = false }: { isTerminal?: boolean } = {}) {
    super(cause)
    this.name = name
    this.isRetryable = !isTerminal
    this.isCatchable = !isTerminal
  }
}

/** Limit of inputs and outputs of states and executions, in bytes of UTF-8. Source: Step Functions quotas. */
export const PAYLOAD_LIMIT_BYTES = 262_144

/** Error that States.ALL does not catch. Source: Step Functions developer guide, "Handling errors". */
export function dataLimitExceeded(stateName: string, what: string): TaskError {
  return new TaskError(
    'States.DataLimitExceeded',
    `The state/task '${stateName}' returned a result or has ${what} with a size exceeding the maximum number of bytes service limit.`,
    { isTerminal: true },
  )
}

export function payloadBytes(payload: unknown): number {
  return Buffer.byteLength(JSON.stringify(payload) ?? '')
}
