import { BudgetError } from '../../core/budget-error.ts'
import { BedrockError, type RestError, type RestReply } from '../../core/errors.ts'
import { BEDROCK_REQUEST_ID_HEADER } from '../../core/model-call.ts'

type Failure = readonly [statusCode: number, type: string]

/** Status and type of Anthropic's API by the name of Bedrock's error. Others follow from the status. */
const FAILURES: Readonly<Record<string, Failure>> = {
  ModelErrorException: [500, 'api_error'],
  ModelStreamErrorException: [500, 'api_error'],
  ModelNotReadyException: [529, 'overloaded_error'],
  ModelTimeoutException: [504, 'timeout_error'],
  ServiceQuotaExceededException: [429, 'rate_limit_error'],
  ServiceUnavailableException: [529, 'overloaded_error'],
}

/** Types by status; other statuses from 500 on are an `api_error`, others an `invalid_request_error`. */
const TYPES: Readonly<Record<number, string>> = {
  401: 'authentication_error',
  403: 'permission_error',
  404: 'not_found_error',
  408: 'timeout_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
}

/**
 * Errors after which the model may have answered, so that a retry would be charged again, and a used up quota, which a retry
 * does not bring back. Anthropic's SDKs retry their statuses.
 */
const FINAL_ERRORS: ReadonlySet<string> = new Set([
  'ModelErrorException',
  'ModelStreamErrorException',
  'ModelTimeoutException',
  'ServiceQuotaExceededException',
])
/** Statuses of our own time limits. */
const FINAL_STATUSES: ReadonlySet<number> = new Set([408, 504])

/** Creates the error for a member of a request. `path` is its path, e.g. `messages.0.content.1.source`. */
export function invalidMember(path: string, problem: string): BedrockError {
  return new BedrockError('ValidationException', `${path}: ${problem}`)
}

function findFailure(error: Pick<RestError, 'name' | 'statusCode'>): Failure {
  if (error instanceof BudgetError) return [429, 'billing_error']
  const { name, statusCode } = error
  const known = Object.hasOwn(FAILURES, name) ? FAILURES[name] : undefined
  return known ?? [statusCode, TYPES[statusCode] ?? (statusCode >= 500 ? 'api_error' : 'invalid_request_error')]
}

/** Describes an error as Anthropic's API does, in the body of a response and in an event of a stream. */
export function describeError(error: Pick<RestError, 'name' | 'statusCode' | 'message'>): Record<string, unknown> {
  const [, type] = findFailure(error)
  return { type: 'error', error: { type, message: error.message } }
}

/**
 * Turns any failure into an HTTP response of Anthropic's API. Bedrock's message is kept: Claude Code recovers by its words. The
 * header `x-should-retry` keeps SDKs from a retry that would be charged again or cannot help.
 */
export function toErrorReply(failure: RestError): RestReply {
  const [statusCode] = findFailure(failure)
  const isFinal = FINAL_ERRORS.has(failure.name) || FINAL_STATUSES.has(statusCode)
  const requestId = failure.headers[BEDROCK_REQUEST_ID_HEADER]
  const document = { ...describeError(failure), ...(requestId !== undefined && { request_id: requestId }) }
  return {
    statusCode,
    headers: {
      'content-type': 'application/json',
      'x-amzn-errortype': failure.name,
      ...(isFinal && { 'x-should-retry': 'false' }),
      ...(requestId !== undefined && { 'request-id': requestId }),
      ...failure.headers,
      ...(failure instanceof BudgetError && { 'retry-after': failure.secondsLeft(Date.now()) }),
    },
    body: Buffer.from(JSON.stringify(document)),
  }
}
