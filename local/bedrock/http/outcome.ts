import type { RestReply } from '@bedrock-functions/runtime/core'
import type { AnyResponse } from '../../net/dual-protocol-server.ts'
import type { RequestSummary } from './request-summary.ts'

/** An answer and its summary before sending; `send` returns the rest of the summary. */
export interface Outcome {
  readonly statusCode: number
  readonly details: Partial<RequestSummary>
  /** True if the client may go on sending until it has the answer. */
  readonly isBidirectional?: boolean
  send(response: AnyResponse, requestId: string, signal: AbortSignal): Promise<Partial<RequestSummary>>
}

/** Describes a whole answer. */
export function describeReply(reply: RestReply, details: Partial<RequestSummary>, requestIdHeader?: string): Outcome {
  return {
    statusCode: reply.statusCode,
    details,
    async send(response, requestId) {
      const { statusCode, headers, body } = reply
      setHead(response, statusCode, { ...headers, 'content-length': String(body.length) }, requestId, requestIdHeader)
      response.end(Buffer.from(body))
      return {}
    },
  }
}

/**
 * Writes the head for both protocols, which set connection and transfer-encoding themselves. `requestIdHeader` is a further
 * header with the id, of the contract of a door.
 */
export function setHead(
  response: AnyResponse,
  statusCode: number,
  headers: Readonly<Record<string, string>>,
  requestId: string,
  requestIdHeader?: string,
): void {
  response.statusCode = statusCode
  for (const [name, value] of Object.entries({
    ...headers,
    ...(requestIdHeader !== undefined && { [requestIdHeader]: requestId }),
    'x-amzn-requestid': requestId,
  })) {
    response.setHeader(name, value)
  }
}
