import type { RestError, RestReply } from '../core/errors.ts'
import type { DoorOperation, Facts, ModelCall } from '../core/model-call.ts'
import type { StreamFormat } from '../event-stream/stream-format.ts'

/** Another contract on the same engine, such as OpenAI's chat completions. */
export interface Door {
  /** Name in log and metrics. */
  readonly operation: DoorOperation
  /**
   * Reads the parts of a request that every way needs.
   *
   * @throws BedrockError ValidationException that names the member
   */
  read(request: DoorHttpRequest): DoorRequest
  /** Turns a failure into an HTTP response of the contract, with Bedrock's message. */
  toErrorReply(error: RestError, request?: DoorHttpRequest): RestReply
}

/** HTTP request to a door. Header names are lower case. */
export interface DoorHttpRequest {
  readonly headers: Readonly<Record<string, string>>
  readonly query: Readonly<Record<string, string>>
  readonly body: Uint8Array
}

/**
 * Way in which a call is served: by Bedrock's own door with the caller's bytes, by InvokeModel with the native body, or
 * translated onto Converse.
 */
export type DoorWay = 'bedrock' | 'native' | 'converse'

export interface DoorRequest {
  /** Model as the caller named it. */
  readonly modelId: string
  /** True if the answer is to be an event stream. */
  readonly streams: boolean
  /** Facts for the log: who the call is for, as the caller says. */
  readonly facts?: Facts
  /** Tests whether the request has something that only the translation onto Converse understands, such as a file in S3. */
  needsConverse(modelId: string): boolean
  /**
   * Plans the call of a resolved model.
   *
   * @throws BedrockError ValidationException for a member that has no counterpart
   */
  plan(way: DoorWay, model: { readonly modelId: string }): DoorCall
}

/** Call to Bedrock that serves a request of a door. */
export interface DoorCall extends Pick<ModelCall, 'operation' | 'headers' | 'body' | 'replyHeaders'> {
  /** Translates Bedrock's whole answer, which has a status 2xx, into the contract's answer. */
  toAnswer(reply: RestReply): RestReply
  /** Makes the format of a stream. It has a state, so each stream needs its own. */
  createFormat(): StreamFormat
  /**
   * Plans the call again after Bedrock refused it. Returns undefined if nothing can be left out.
   */
  replan?(error: RestError): DoorCall | undefined
}
