import { FunctionError, RequestTooLargeError, TooManyRequestsError } from '../lambda/errors.ts'
import { BodyTooLargeError, BodyTooSlowError } from '../net/read-body.ts'
import { GatewayFault } from './gateway-fault.ts'
import type { RenderedResponse } from './gateway-server.ts'
import { MalformedResponseError } from './response-head.ts'

/**
 * The one place where a failure becomes an answer of the function URL.
 *
 * Known of AWS: 429 beyond the concurrency (developer guide, "Throttling function URLs"); 502 with this very text, under
 * the content type of JSON, for a function that fails or whose answer cannot be read; `{"Message":…}` and
 * x-amzn-errortype for a refusal (seen for 403, of which there is none here). 413 follows from the 6 MB of an event; its
 * message and that of 429 are ours. There is no 404: every path is the function's.
 */
export function renderFunctionUrlFault(error: unknown): RenderedResponse {
  if (error instanceof FunctionError || error instanceof MalformedResponseError) {
    return { statusCode: 502, headers: { 'content-type': 'application/json' }, body: 'Internal Server Error' }
  }
  if (error instanceof RequestTooLargeError || error instanceof BodyTooLargeError) {
    return refuse(413, 'RequestEntityTooLargeException', 'Request Entity Too Large')
  }
  if (error instanceof BodyTooSlowError) return refuse(408, 'RequestTimeoutException', error.message)
  if (error instanceof TooManyRequestsError) return refuse(429, 'TooManyRequestsException', error.message)
  if (error instanceof GatewayFault) return refuse(error.statusCode, error.errorType, error.message)
  return refuse(500, 'InternalServerErrorException', 'Internal Server Error')
}

function refuse(statusCode: number, errorType: string, message: string): RenderedResponse {
  return {
    statusCode,
    headers: { 'content-type': 'application/json', 'x-amzn-errortype': errorType },
    body: JSON.stringify({ Message: message }),
  }
}
