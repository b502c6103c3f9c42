import { BEDROCK_REQUEST_ID_HEADER, type Facts } from './model-call.ts'

/**
 * HTTP status of each Bedrock error. Over REST, the header `x-amzn-errortype` has the type and the body is `{"message"}`.
 *
 * Source: the service model of bedrock-runtime 2023-09-30.
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
  // Not in the service model. AWS's REST services answer it for a path without an operation.
  UnknownOperationException: 404,
} as const

export type BedrockErrorType = keyof typeof BEDROCK_ERROR_STATUS

export function isBedrockErrorType(name: string): name is BedrockErrorType {
  return Object.hasOwn(BEDROCK_ERROR_STATUS, name)
}

/** Returns the status of an error type; 500 for a type that the service model does not list. */
export function statusOfType(type: string): number {
  return isBedrockErrorType(type) ? BEDROCK_ERROR_STATUS[type] : 500
}

/**
 * Returns the error type of an exception in a stream, whose name begins with a small letter: `modelStreamErrorException`.
 */
export function errorTypeOf(memberName: string): string {
  return memberName.charAt(0).toUpperCase() + memberName.slice(1)
}

/** HTTP response; header names are lower case. */
export interface RestReply {
  readonly statusCode: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
}

/** Makes a response with status 200 and a JSON document. `headers` are added to its content type. */
export function jsonReply(document: unknown, headers: Readonly<Record<string, string>> = {}): RestReply {
  return {
    statusCode: 200,
    headers: { 'content-type': 'application/json', ...headers },
    body: Buffer.from(JSON.stringify(document)),
  }
}

export interface RestErrorOptions extends ErrorOptions {
  /** Members of the body in addition to `message`, such as `originalStatusCode` of ModelErrorException. */
  readonly details?: Readonly<Record<string, unknown>>
  /** Headers in addition to the type, such as `retry-after`. */
  readonly headers?: Readonly<Record<string, string>>
}

/**
 * Failure in Bedrock's shape. `name` is the error type: Lambda reports it as `errorType` to Step Functions and direct
 * callers, and SDKs derive their exception class from it. Use this class for errors from Bedrock, whose type may be
 * missing in the service model, and BedrockError for our own.
 */
export class RestError extends Error {
  /** Same as `name`. Lambda's runtime logs this member if it exists, and the name of the class if not. */
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

  /**
   * Returns the body of the HTTP response. Its name is not `toJSON`, which would remove the type from the runtime's log
   * line.
   */
  toDocument(): Record<string, unknown> {
    return { message: this.message, ...this.details }
  }
}

/** Error of the service model, with its status. */
export class BedrockError extends RestError {
  constructor(type: BedrockErrorType, message: string, options?: RestErrorOptions) {
    super(type, BEDROCK_ERROR_STATUS[type], message, options)
  }
}

/** Returns Bedrock's request id of a failed call for the log, if Bedrock answered it. */
export function describeRequestId({ headers }: RestError): Facts {
  const bedrockRequestId = headers[BEDROCK_REQUEST_ID_HEADER]
  return bedrockRequestId === undefined ? {} : { bedrockRequestId }
}

/** Turns an error into an HTTP response. */
export function errorReply(error: RestError): RestReply {
  return {
    statusCode: error.statusCode,
    headers: {
      'content-type': 'application/json',
      'x-amzn-errortype': error.name,
      // The Anthropic SDK retries a 408 unless this header forbids it. A retry could be charged twice.
      ...(error.statusCode === 408 && { 'x-should-retry': 'false' }),
      ...error.headers,
    },
    body: new TextEncoder().encode(JSON.stringify(error.toDocument())),
  }
}
