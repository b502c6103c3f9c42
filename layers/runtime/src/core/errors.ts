import { BEDROCK_REQUEST_ID_HEADER, type Facts } from './model-call.ts'

/**
 * Bedrock's errors as they travel over REST: a status, the type in the header `x-amzn-errortype`, `{"message"}` as body.
 *
 * Source: the service model of bedrock-runtime 2023-09-30 (status codes). The functions and the Bedrock emulator share them.
 */
export const BEDROCK_ERROR_STATUS = {
  AccessDeniedException: 403,
  ConflictException: 400,
  InternalServerException: 500,
  ModelErrorException: 424,
  ModelNotReadyException: 429,
  ModelStreamErrorException: 424,
  ModelTimeoutException: 408,
  ResourceNotFoundException: 404,
  ServiceQuotaExceededException: 400,
  ServiceUnavailableException: 503,
  ThrottlingException: 429,
  ValidationException: 400,
  // Not in the model: AWS's REST services answer it on a path without an operation.
  UnknownOperationException: 404,
} as const

export type BedrockErrorType = keyof typeof BEDROCK_ERROR_STATUS

export function isBedrockErrorType(name: string): name is BedrockErrorType {
  return Object.hasOwn(BEDROCK_ERROR_STATUS, name)
}

/** The status of an error's type; 500 for a type that Bedrock's model does not list. */
export function statusOfType(type: string): number {
  return isBedrockErrorType(type) ? BEDROCK_ERROR_STATUS[type] : 500
}

/** The type of an exception inside a stream, where its name begins with a small letter: `modelStreamErrorException`. */
export function errorTypeOf(memberName: string): string {
  return memberName.charAt(0).toUpperCase() + memberName.slice(1)
}

/** An answer as REST carries it; header names are lower case. */
export interface RestReply {
  readonly statusCode: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
}

/** A document as a 200; `headers` beside its media type. */
export function jsonReply(document: unknown, headers: Readonly<Record<string, string>> = {}): RestReply {
  return {
    statusCode: 200,
    headers: { 'content-type': 'application/json', ...headers },
    body: Buffer.from(JSON.stringify(document)),
  }
}

export interface RestErrorOptions extends ErrorOptions {
  /** Members beside `message`, such as ModelErrorException's `originalStatusCode`. */
  readonly details?: Readonly<Record<string, unknown>>
  /** Headers beside the type, such as `retry-after`. */
  readonly headers?: Readonly<Record<string, string>>
}

/**
 * A failure in Bedrock's own shape. `name` is the error's type: Lambda reports it as `errorType` to Step Functions and direct
 * callers, and SDKs make their exception class from it. Used itself only for Bedrock's answers, where the type may be one
 * that its model does not list; our own errors are BedrockErrors.
 */
export class RestError extends Error {
  /** The same as `name`. The runtime's log line takes it from here; otherwise it would show the name of the class. */
  readonly errorType: string
  readonly statusCode: number
  readonly details: Readonly<Record<string, unknown>>
  readonly headers: Readonly<Record<string, string>>

  constructor(type: string, statusCode: number, message: string, options: RestErrorOptions = {}) {
    super(message, options)
    this.name = type
    this.errorType = type
    this.statusCode = statusCode
    this.details = options.details ?? {}
    this.headers = options.headers ?? {}
  }

  /** The body of its answer. Not `toJSON`, which would take the type from the runtime's log line. */
  toDocument(): Record<string, unknown> {
    return { message: this.message, ...this.details }
  }
}

/** One of Bedrock's own errors, with the status that its service model gives it. */
export class BedrockError extends RestError {
  constructor(type: BedrockErrorType, message: string, options?: RestErrorOptions) {
    super(type, BEDROCK_ERROR_STATUS[type], message, options)
  }
}

/** Facts about a failed call for the log: Bedrock's id of the request, where Bedrock answered it. */
export function describeRequestId({ headers }: RestError): Facts {
  const bedrockRequestId = headers[BEDROCK_REQUEST_ID_HEADER]
  return bedrockRequestId === undefined ? {} : { bedrockRequestId }
}

/** The one place where an error becomes an HTTP answer. */
export function errorReply(error: RestError): RestReply {
  return {
    statusCode: error.statusCode,
    headers: {
      'content-type': 'application/json',
      'x-amzn-errortype': error.name,
      // AWS SDKs do not repeat a 408. The Anthropic SDK would, and heeds this: the first call may have been paid for.
      ...(error.statusCode === 408 && { 'x-should-retry': 'false' }),
      ...error.headers,
    },
    body: new TextEncoder().encode(JSON.stringify(error.toDocument())),
  }
}
