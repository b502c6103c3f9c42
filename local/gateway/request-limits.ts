import type { AnyRequest } from '../net/dual-protocol-server.ts'
import { headersTooLarge } from './gateway-fault.ts'
import { readBody } from './read-body.ts'
import type { ReceivedRequest } from './received-request.ts'

/** Of the request line and all header values together, bytes. Source: API Gateway's quotas. */
const HEADER_LIMIT_BYTES = 10_240

/** The whole body of a request within its limits; rejects with a BodyTooLargeError or a GatewayFault. */
export async function readWithinLimits(
  request: AnyRequest,
  received: ReceivedRequest,
  bodyLimitBytes: number,
): Promise<Buffer> {
  // Read in any case: most clients send all of it before they look at the answer.
  const body = await readBody(request, bodyLimitBytes)
  if (headerBytes(received) > HEADER_LIMIT_BYTES) throw headersTooLarge()
  return body
}

function headerBytes({ method, rawPath, rawQuery, headers }: ReceivedRequest): number {
  const requestLine = method.length + rawPath.length + rawQuery.length
  return headers.reduce((sum, [, value]) => sum + value.length, requestLine)
}
