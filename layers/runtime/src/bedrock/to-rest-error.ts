import type { BedrockRuntimeServiceException as ServiceException } from '@aws-sdk/client-bedrock-runtime'
import { BedrockError, RestError, statusOfType } from '../core/errors.ts'
import { pickRequestId } from '../core/model-call.ts'
import { readDoorError } from './follow-door.ts'

/** Response that is not a 2xx. */
export interface FailedResponse {
  readonly statusCode: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
}

/** Error names and codes of Node.js and the SDK for a missing answer. */
const UNREACHABLE = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ETIMEDOUT',
  'TimeoutError',
])

/**
 * Turns the error of a failed call into the caller's error: Bedrock's status, type, message and members, or
 * ServiceUnavailableException if Bedrock was not reached. Any other error is an internal fault and is returned unchanged.
 */
export function toRestError(error: unknown, failed: FailedResponse | undefined): unknown {
  if (failed) return readFailedResponse(failed, error)
  const { code, name } = error as { code?: string; name?: string }
  const reason = [code, name].find((word) => word !== undefined && UNREACHABLE.has(word))
  if (reason === undefined) return error
  return new BedrockError('ServiceUnavailableException', `Bedrock could not be reached: ${reason}.`, { cause: error })
}

/**
 * Describes the response behind a typed error of the SDK, as if its bytes had been kept. An exception in the first event of a
 * stream has no status of its own.
 *
 * @returns undefined for an error that is not Bedrock's
 */
export function readTypedError(error: unknown): FailedResponse | undefined {
  const { name, message, $fault, $metadata } = error as Partial<ServiceException>
  if ($fault === undefined || name === undefined) return undefined
  const { httpStatusCode: statusCode = statusOfType(name), requestId } = $metadata ?? {}
  return {
    statusCode,
    headers: { 'x-amzn-errortype': name, ...(requestId !== undefined && { 'x-amzn-requestid': requestId }) },
    body: Buffer.from(JSON.stringify({ message })),
  }
}

/** Reads the error in a response that is not a 2xx. */
export function readFailedResponse({ statusCode, headers, body }: FailedResponse, cause?: unknown): RestError {
  const { message, Message, __type, code, error, ...details } = readDocument(body)
  const ofDoor = error === undefined ? undefined : readDoorError(body)
  const named = [headers['x-amzn-errortype'], __type, code, ofDoor?.name].find(
    (type) => typeof type === 'string' && type !== '',
  )
  const text = [message, Message, ofDoor?.message].find((value) => typeof value === 'string')
  const retryAfter = headers['retry-after']
  return new RestError(
    // Services also send types as `com.amazon.coral#Name` and `Name:http://…`. Clients need the name.
    named === undefined ? nameByStatus(statusCode) : String(named).replace(/:.*$/s, '').replace(/^.*#/s, ''),
    statusCode,
    text === undefined ? `Bedrock answered ${statusCode} without a message.` : String(text),
    {
      details,
      cause,
      headers: { ...(retryAfter !== undefined && { 'retry-after': retryAfter }), ...pickRequestId(headers) },
    },
  )
}

function readDocument(body: Uint8Array): Record<string, unknown> {
  try {
    const document: unknown = JSON.parse(new TextDecoder().decode(body))
    return typeof document === 'object' && document !== null && !Array.isArray(document) ? { ...document } : {}
  } catch {
    return {}
  }
}

/** Names an error by its status, for answers that are not from Bedrock, such as a proxy's. */
function nameByStatus(statusCode: number): string {
  if (statusCode === 429) return 'ThrottlingException'
  if (statusCode === 403) return 'AccessDeniedException'
  return statusCode < 500 ? 'ValidationException' : 'ServiceUnavailableException'
}
