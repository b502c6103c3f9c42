import { headersTooLarge } from './gateway-fault.ts'
import type { ReceivedRequest } from './received-request.ts'

/** Bytes of the request line and all header values. Source: API Gateway's quotas. */
const MAX_HEADER_BYTES = 10_240

/** Throws the GatewayFault of a request whose headers are too large. */
export function requireHeadersWithinLimit({ method, rawPath, rawQuery, headers }: ReceivedRequest): void {
  const requestLine = method.length + rawPath.length + rawQuery.length
  const bytes = headers.reduce((sum, [, value]) => sum + value.length, requestLine)
  if (bytes > MAX_HEADER_BYTES) throw headersTooLarge()
}
