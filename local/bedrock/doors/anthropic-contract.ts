import type { BedrockErrorType, RestError } from '@bedrock-functions/runtime/core'
import type { JsonObject } from '../shapes/json.ts'
import type { Contract } from './contract.ts'
import { statusReply } from './json-reply.ts'

type Failure = readonly [status: number, type: string]

/** Status and type by Bedrock's error. Source of the types: Anthropic's API. Which one Bedrock chooses is assumed. */
const FAILURES: Readonly<Record<BedrockErrorType, Failure>> = {
  AccessDeniedException: [403, 'permission_error'],
  ConflictException: [400, 'invalid_request_error'],
  InternalServerException: [500, 'api_error'],
  ModelErrorException: [500, 'api_error'],
  ModelNotReadyException: [529, 'overloaded_error'],
  ModelStreamErrorException: [500, 'api_error'],
  ModelTimeoutException: [504, 'timeout_error'],
  ResourceNotFoundException: [404, 'not_found_error'],
  ServiceQuotaExceededException: [429, 'rate_limit_error'],
  ServiceUnavailableException: [529, 'overloaded_error'],
  ThrottlingException: [429, 'rate_limit_error'],
  UnknownOperationException: [404, 'not_found_error'],
  ValidationException: [400, 'invalid_request_error'],
}

const TOO_LARGE: Failure = [413, 'request_too_large']

/** A body that comes too slowly has another name than Bedrock's errors. */
const TIMEOUT: Failure = [408, 'timeout_error']

function findFailure({ name, statusCode }: RestError): Failure {
  if (statusCode === 413) return TOO_LARGE
  return FAILURES[name as BedrockErrorType] ?? (statusCode === 408 ? TIMEOUT : [500, 'api_error'])
}

/** Renders Anthropic's error object, also for the event `error` of a stream. */
export function renderAnthropicError(error: RestError): JsonObject {
  const [, type] = findFailure(error)
  return { type: 'error', error: { type, message: error.message } }
}

export const anthropicContract: Contract = {
  requestIdHeader: 'request-id',
  toErrorReply(error, requestId) {
    const [status] = findFailure(error)
    return statusReply(status, { ...renderAnthropicError(error), request_id: requestId })
  },
}
