import { randomUUID } from 'node:crypto'
import type { Readable } from 'node:stream'
import type { LambdaError } from './errors.ts'

export interface FunctionResponse {
  readonly requestId: string
  /** True: the invocation waited for the start of its worker. */
  readonly cold: boolean
  /** `application/vnd.awslambda.http-integration-response` when the body begins with a metadata prelude. */
  readonly contentType: string
  /** The caller must read it to its end or destroy it, because an unread body blocks its worker. */
  readonly body: Readable
}

/** Call of a function, from the queue to the last byte of its answer. */
export interface Invocation {
  readonly requestId: string
  readonly payload: Buffer
  /** True if its caller reads the answer as a stream; other callers take it whole. */
  readonly isStreamed: boolean
  /** X-Ray header of this invocation. */
  readonly traceId: string
  /** Settles when the function's answer begins; its body may still fail. */
  readonly response: Promise<FunctionResponse>
  respond(response: Omit<FunctionResponse, 'requestId'>): void
  /** Rejects the answer, or cuts it off when it has begun. Must not be called after the end of the answer. */
  fail(error: LambdaError): void
}

export interface InvocationOptions {
  readonly isStreamed: boolean
  readonly requestId?: string
  /** `Root=…` of the caller's X-Ray header. */
  readonly traceRoot?: string
}

/** Missing parts of the identity get new values. */
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
