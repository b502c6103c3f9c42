import { BUFFERED_RESPONSE_LIMIT_BYTES, REQUEST_LIMIT_BYTES } from './limits.ts'

/** Failure of an invocation. */
export abstract class LambdaError extends Error {}

/** The function failed or could not start. Lambda marks it with `X-Amz-Function-Error: Unhandled`. */
export class FunctionError extends LambdaError {
  /** `Sandbox.Timedout`, `Runtime.ExitError` or another name of Lambda's, or the name of the handler's error. */
  readonly errorType: string
  readonly trace: readonly string[]

  constructor(errorType: string, message: string, trace: readonly string[] = []) {
    super(message)
    this.name = 'FunctionError'
    this.errorType = errorType
    this.trace = trace
  }

  /** Payload for a caller of Invoke. */
  toJSON(): Record<string, unknown> {
    return { errorType: this.errorType, errorMessage: this.message, trace: this.trace }
  }
}

/** The event is larger than Lambda allows. The function was not called. */
export class RequestTooLargeError extends LambdaError {
  constructor(options?: ErrorOptions) {
    super(`Request must be smaller than ${REQUEST_LIMIT_BYTES} bytes for the InvokeFunction operation`, options)
    this.name = 'RequestTooLargeException'
  }
}

/** Too many invocations wait. The function was not called. */
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

/** The caller gave up before the function was called. */
export class InvocationAbandonedError extends LambdaError {
  constructor() {
    super('The caller gave up before a worker was free')
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
