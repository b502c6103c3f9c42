import { BedrockError, RestError } from '../core/errors.ts'
import { pickRequestId } from '../core/model-call.ts'

/** An answer that is not a 2xx, as it came. */
export interface FailedResponse {
  readonly statusCode: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
}

/** Names and codes with which Node and the SDK say that no answer came. */
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
 * What a failed call tells the caller: Bedrock's answer with its own status, type, message and members; or that Bedrock
 * was not reached. Any other error is a fault of ours and is given back as it is.
 */
export function toRestError(error: unknown, failed: FailedResponse | undefined): unknown {
  if (failed) return readFailedResponse(failed, error)
  const { code, name } = error as { code?: string; name?: string }
  const reason = [code, name].find((word) => word !== undefined && UNREACHABLE.has(word))
  if (reason === undefined) return error
  return new BedrockError('ServiceUnavailableException', `Bedrock could not be reached: ${reason}.`, { cause: error })
}

function readFailedResponse({ statusCode, headers, body }: FailedResponse, cause: unknown): RestError {
  const { message, Message, __type, code, ...details } = readDocument(body)
  const named = [headers['x-amzn-errortype'], __type, code].find((type) => typeof type === 'string' && type !== '')
  const text = [message, Message].find((value) => typeof value === 'string')
  const retryAfter = headers['retry-after']
  return new RestError(
    // `com.amazon.coral#Name` and `Name:http://…` are forms in which services send a type; clients want the name.
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

/** For answers that no part of Bedrock wrote, such as a proxy's: the class of the status is all that is known. */
function nameByStatus(statusCode: number): string {
  if (statusCode === 429) return 'ThrottlingException'
  if (statusCode === 403) return 'AccessDeniedException'
  return statusCode < 500 ? 'ValidationException' : 'ServiceUnavailableException'
}
