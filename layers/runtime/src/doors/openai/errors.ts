import { BudgetError } from '../../core/budget-error.ts'
import { BedrockError, type RestError, type RestReply } from '../../core/errors.ts'
import { BEDROCK_REQUEST_ID_HEADER } from '../../core/model-call.ts'

/** Error of OpenAI's API, in the body of an HTTP response and in an event of a stream. */
export interface OpenAiError {
  readonly message: string
  readonly type: string
  /** Path of the member that is wrong, e.g. `messages[0].content`. */
  readonly param: string | null
  readonly code: string | null
}

interface OpenAiFailure {
  readonly statusCode: number
  readonly error: OpenAiError
}

/** Difference of an error of Bedrock's from what its status alone says. */
interface ErrorRule {
  readonly statusCode?: number
  readonly type?: string
  readonly code?: string
}

/**
 * Errors of Bedrock's that have another status or code in OpenAI's API. OpenAI's SDKs have no class for the status 424, and
 * they read a used up quota from the code, since a request that comes later does not help.
 */
const RULES: Readonly<Record<string, ErrorRule>> = {
  ModelErrorException: { statusCode: 502, code: 'model_error' },
  ModelStreamErrorException: { statusCode: 502, code: 'model_error' },
  ModelNotReadyException: { type: 'server_error', code: 'model_not_ready' },
  ModelTimeoutException: { code: 'timeout' },
  ResourceNotFoundException: { code: 'model_not_found' },
  ServiceQuotaExceededException: { statusCode: 429, type: 'insufficient_quota', code: 'insufficient_quota' },
  ServiceUnavailableException: { code: 'service_unavailable' },
  ThrottlingException: { code: 'rate_limit_exceeded' },
}

/** Types by status; other statuses from 500 on are a `server_error`, others an `invalid_request_error`. */
const TYPES: Readonly<Record<number, string>> = {
  401: 'authentication_error',
  403: 'permission_error',
  408: 'server_error',
  429: 'rate_limit_error',
}

const CODES: Readonly<Record<number, string>> = { 401: 'invalid_api_key', 413: 'request_too_large' }

/**
 * Statuses after which the model may have answered. OpenAI's SDKs retry them, and a retry would be charged again. 502 is the
 * error of a model, 504 the end of our own time.
 */
const CHARGED_STATUSES: ReadonlySet<number> = new Set([408, 502, 504])

/** Creates the error for a member that is wrong, or that has no counterpart in Bedrock. `param` is its path. */
export function invalidRequest(param: string, message: string, code?: string): BedrockError {
  return new BedrockError('ValidationException', message, {
    details: { param, ...(code !== undefined && { code }) },
  })
}

/** Turns an error of Bedrock's into one of OpenAI's. Its message is kept. */
export function toOpenAiFailure(failure: RestError): OpenAiFailure {
  const { name, statusCode: given, message, details } = failure
  const rule = RULES[failure instanceof BudgetError ? 'ServiceQuotaExceededException' : name] ?? {}
  const statusCode = rule.statusCode ?? given
  const code = asText(details.code) ?? rule.code ?? CODES[statusCode] ?? null
  const param = asText(details.param) ?? (code === 'model_not_found' ? 'model' : null)
  const type = rule.type ?? TYPES[statusCode] ?? (statusCode >= 500 ? 'server_error' : 'invalid_request_error')
  return { statusCode, error: { message, type, param, code } }
}

/**
 * Turns any failure into an HTTP response of OpenAI's API. The type of Bedrock's error stays in its header, and the header
 * `x-should-retry` keeps OpenAI's SDKs from a retry that would be charged again or cannot help.
 */
export function toErrorReply(failure: RestError): RestReply {
  const { statusCode, error } = toOpenAiFailure(failure)
  const requestId = failure.headers[BEDROCK_REQUEST_ID_HEADER]
  const isFinal = CHARGED_STATUSES.has(statusCode) || error.code === 'insufficient_quota'
  return {
    statusCode,
    headers: {
      'content-type': 'application/json',
      'x-amzn-errortype': failure.name,
      ...(isFinal && { 'x-should-retry': 'false' }),
      ...(requestId !== undefined && { 'x-request-id': requestId }),
      ...failure.headers,
      ...(failure instanceof BudgetError && { 'retry-after': failure.secondsLeft(Date.now()) }),
    },
    body: Buffer.from(JSON.stringify({ error })),
  }
}

function asText(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}
