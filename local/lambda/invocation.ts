import { randomUUID } from 'node:crypto'
import type { Readable } from 'node:stream'
import type { LambdaError } from './errors.ts'

export interface FunctionResponse {
  readonly requestId: string
  /** The invocation has waited for the start of its worker. */
  readonly cold: boolean
  /** `application/vnd.awslambda.http-integration-response` when a metadata prelude begins the body. */
  readonly contentType: string
  /** To be read to its end or destroyed: unread, it holds its worker up. */
  readonly body: Readable
}

/** One call of a function, from the queue to the last byte of its answer. */
export interface Invocation {
  readonly requestId: string
  readonly payload: Buffer
  /** Whether its caller reads the answer as a stream; others take it whole. */
  readonly isStreamed: boolean
  /** The X-Ray header of this invocation. */
  readonly traceId: string
  /** Settles when the function's answer begins; its body may still fail. */
  readonly response: Promise<FunctionResponse>
  respond(response: Omit<FunctionResponse, 'requestId'>): void
  /** Rejects the answer, or cuts it where it has begun. Not for an invocation whose answer is complete. */
  fail(error: LambdaError): void
}

export interface InvocationOptions {
  readonly isStreamed: boolean
  readonly requestId?: string
  /** `Root=…` of the caller's X-Ray header. */
  readonly traceRoot?: string
}

/** A part of the identity that is not given is new. */
export function createInvocation(
  payload: Buffer,
  { isStreamed, requestId = randomUUID(), traceRoot = newTraceRoot() }: InvocationOptions,
): Invocation {
  const { promise, resolve, reject } = Promise.withResolvers<FunctionResponse>()
  let body: Readable | undefined
  return {
    requestId,
    payload,
    isStreamed,
    traceId: `${traceRoot};Parent=${randomHex(16)};Sampled=0`,
    response: promise,
    respond(response) {
      body = response.body
      resolve({ requestId, ...response })
    },
    fail(error) {
      reject(error)
      body?.destroy(error)
    },
  }
}

export function newTraceRoot(): string {
  return `Root=1-${Math.floor(Date.now() / 1000).toString(16)}-${randomHex(24)}`
}

function randomHex(digits: number): string {
  return randomUUID().replaceAll('-', '').slice(0, digits)
}
