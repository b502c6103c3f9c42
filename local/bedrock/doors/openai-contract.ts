import type { RestError } from '@bedrock-functions/runtime/core'
import type { JsonObject, JsonValue } from '../shapes/json.ts'
import type { Contract } from './contract.ts'
import { statusReply } from './json-reply.ts'

/** Types by status. Source: the error classes of the openai package. Which one Bedrock chooses is assumed. */
const TYPES: Readonly<Record<number, string>> = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  403: 'permission_error',
  404: 'invalid_request_error',
  413: 'invalid_request_error',
  429: 'rate_limit_error',
}

const CODES: Readonly<Record<string, string>> = {
  ServiceQuotaExceededException: 'insufficient_quota',
  ThrottlingException: 'rate_limit_exceeded',
}

/** Statuses of Bedrock's errors that OpenAI does not have. */
const STATUSES: Readonly<Record<string, number>> = {
  ModelErrorException: 500,
  ModelNotReadyException: 503,
  ModelStreamErrorException: 500,
  ServiceQuotaExceededException: 429,
}

function findStatus({ name, statusCode }: RestError): number {
  return STATUSES[name] ?? statusCode
}

/** Renders the members of OpenAI's error, also for streams. */
export function renderOpenaiError(error: RestError): JsonObject {
  const { param = null, code = null } = error.details as { param?: JsonValue; code?: JsonValue }
  return {
    message: error.message,
    type: TYPES[findStatus(error)] ?? 'server_error',
    param,
    code: code ?? CODES[error.name] ?? null,
  }
}

export const openaiContract: Contract = {
  requestIdHeader: 'x-request-id',
  toErrorReply: (error) => statusReply(findStatus(error), { error: renderOpenaiError(error) }),
}
