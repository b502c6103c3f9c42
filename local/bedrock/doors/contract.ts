import type { RestError, RestReply } from '@bedrock-functions/runtime/core'

/** Contract of a door: what differs from Bedrock's own for every operation. */
export interface Contract {
  /** Header with the request's id, besides Bedrock's. */
  readonly requestIdHeader: string
  /** Turns a failure before the first byte into an answer of the contract, with Bedrock's message. */
  toErrorReply(error: RestError, requestId: string): RestReply
}
