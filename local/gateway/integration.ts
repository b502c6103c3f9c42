import type { LambdaService } from '../lambda/lambda-service.ts'
import type { AnyResponse } from '../net/dual-protocol-server.ts'
import type { LambdaIntegrationModel } from '../template/model.ts'
import type { StreamedAnswer } from './metadata-prelude.ts'
import type { ResponseHead } from './response-head.ts'

/** One request on its way to its function. */
export interface IntegrationCall {
  readonly method: string
  readonly integration: LambdaIntegrationModel
  readonly lambda: LambdaService
  readonly event: Buffer
  readonly traceRoot: string
  /** Aborted when the client is gone. */
  readonly clientGone: AbortSignal
  readonly response: AnyResponse
  /** Headers that the gateway adds to every answer. */
  readonly gatewayHeaders: Readonly<Record<string, string>>
  /** A streamed answer may be silent this long. */
  readonly idleMs: number
  readonly format: AnswerFormat
}

/** How a service reads what a function answers. Both throw a MalformedResponseError. */
export interface AnswerFormat {
  readBuffered(payload: Buffer): BufferedAnswer
  /** `contentType` is what the function's runtime announced; `chunks` is read as far as the head needs it. */
  readStreamed(contentType: string, chunks: AsyncIterator<Buffer>): Promise<StreamedAnswer>
}

export interface BufferedAnswer extends ResponseHead {
  readonly body: string | Buffer
}

export interface IntegrationOutcome {
  /** A worker was started for the request. */
  readonly cold: boolean
}

/** API Gateway's and function URLs' default where a function names no content type. */
const DEFAULT_CONTENT_TYPE = 'application/json'

/** Statuses whose answers have no body (RFC 9110). */
const BODILESS = new Set([204, 205, 304])

/** Writes status and headers; false when the answer is thereby complete. */
export function writeHead(
  { method, response, gatewayHeaders }: Pick<IntegrationCall, 'method' | 'response' | 'gatewayHeaders'>,
  head: ResponseHead,
): boolean {
  response.statusCode = head.statusCode
  response.setHeader('content-type', DEFAULT_CONTENT_TYPE)
  for (const [name, values] of head.headers) {
    const [only, ...others] = values
    if (only !== undefined) response.setHeader(name, others.length === 0 ? only : [...values])
  }
  for (const [name, value] of Object.entries(gatewayHeaders)) response.setHeader(name, value)
  return method !== 'HEAD' && !BODILESS.has(head.statusCode)
}
