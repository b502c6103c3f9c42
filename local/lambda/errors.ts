import { BUFFERED_RESPONSE_LIMIT_BYTES, REQUEST_LIMIT_BYTES } from './limits.ts'

/** Whatever keeps an invocation from giving an answer. */
export abstract class LambdaError extends Error {}

/** The function ran and failed, or could not run: what Lambda marks with `X-Amz-Function-Error: Unhandled`. */
export class FunctionError extends LambdaError {
  /** `Sandbox.Timedout`, `Runtime.ExitError` … or the name of the error that the handler threw. */
  readonly errorType: string
  readonly trace: readonly string[]

  constructor(errorType: string, message: string, trace: readonly string[] = []) {
    super(message)
    this.name = 'FunctionError'
    this.errorType = errorType
    this.trace = trace
  }

  /** The payload that a caller of Invoke gets. */
  toJSON(): Record<string, unknown> {
    return { errorType: this.errorType, errorMessage: this.message, trace: this.trace }
  }
}

/** The event is larger than Lambda takes; the function is not called. */
export class RequestTooLargeError extends LambdaError {
  constructor(options?: ErrorOptions) {
    super(`Request must be smaller than ${REQUEST_LIMIT_BYTES} bytes for the InvokeFunction operation`, options)
    this.name = 'RequestTooLargeException'
  }
}

/** More invocations wait than the queue holds; the function is not called. */
export class TooManyRequestsError extends LambdaError {
  constructor() {
    super('Rate Exceeded.')
    this.name = 'TooManyRequestsException'
  }
}

export class FunctionNotFoundError extends LambdaError {
  constructor(functionName: string) {
    super(`Function not found: ${functionName}`)
    this.name = 'ResourceNotFoundException'
  }
}

/** Nobody waits for the answer any more and the function had not been called. */
export class InvocationAbandonedError extends LambdaError {
  constructor() {
    super('The caller went away before a worker was free')
    this.name = 'InvocationAbandoned'
  }
}

export function timedOut(requestId: string, seconds: number): FunctionError {
  return new FunctionError(
    'Sandbox.Timedout',
    `RequestId: ${requestId} Error: Task timed out after ${seconds.toFixed(2)} seconds`,
  )
}

export function outOfMemory(requestId: string): FunctionError {
  return new FunctionError(
    'Runtime.OutOfMemory',
    `RequestId: ${requestId} Error: Runtime exited with error: signal: killed`,
  )
}

export function exited(requestId: string, code: number | null, signal: NodeJS.Signals | null): FunctionError {
  const how = signal ? `signal: ${SIGNAL_WORDS[signal] ?? signal}` : `exit status ${code}`
  const message = code === 0 ? 'Runtime exited without providing a reason' : `Runtime exited with error: ${how}`
  return new FunctionError('Runtime.ExitError', `RequestId: ${requestId} Error: ${message}`)
}

const SIGNAL_WORDS: Partial<Record<NodeJS.Signals, string>> = { SIGKILL: 'killed', SIGABRT: 'aborted' }

export function responseTooLarge(): FunctionError {
  return new FunctionError(
    'Function.ResponseSizeTooLarge',
    `Response payload size exceeded maximum allowed payload size (${BUFFERED_RESPONSE_LIMIT_BYTES} bytes).`,
  )
}

export function responseCut(): FunctionError {
  return new FunctionError('Runtime.TruncatedResponse', 'Response truncated')
}
