import type { Writable } from 'node:stream'

/** Operation that calls a model. */
export type ModelOperation =
  | 'Converse'
  | 'ConverseAudio'
  | 'ConverseStream'
  | 'InvokeModel'
  | 'InvokeModelWithResponseStream'
  | DoorOperation

/** Operation of a contract that Bedrock serves beside its own. Its body says whether the answer streams. */
export type DoorOperation = 'AnthropicMessages' | 'OpenAIChatCompletions' | 'OpenAIResponses'

/** Call of a model, as it is sent to Bedrock. */
export interface ModelCall {
  readonly operation: ModelOperation
  /** Id or ARN of a model or inference profile, decoded. */
  readonly modelId: string
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
  /** True if the caller gets the answer only as a whole, though the model streams it, as in a job. */
  readonly isShownWhole?: boolean
  /** Identity of the caller; undefined for an unauthenticated caller. */
  readonly caller: string | undefined
  /** Headers that the suite adds to the answer. */
  readonly replyHeaders: Readonly<Record<string, string>>
  /** Makes the call for another model, if its body was translated for one. It is used for fallbacks. */
  readonly translate?: (modelId: string) => Pick<ModelCall, 'operation' | 'headers' | 'body'>
}

/** Facts about a call for log, metrics and traces: ids, counts and names, never its content. */
export type Facts = Record<string, string | number>

/**
 * Header with Bedrock's request id, which AWS Support asks for. API Gateway and function URLs write their own id into
 * x-amzn-requestid.
 */
export const BEDROCK_REQUEST_ID_HEADER = 'x-bedrock-functions-bedrock-request-id'

/** Picks Bedrock's request id from Bedrock's headers, as a header for the caller. */
export function pickRequestId(headers: Readonly<Record<string, string>>): Record<string, string> {
  const id = headers['x-amzn-requestid']
  return id === undefined ? {} : { [BEDROCK_REQUEST_ID_HEADER]: id }
}

/** Tests whether the body of the operation is a Converse document, not a native body. */
export function isConverse(operation: ModelOperation): boolean {
  return operation.startsWith('Converse')
}

/** Tests whether the operation is of another contract. */
export function isDoor(operation: ModelOperation): operation is DoorOperation {
  return operation === 'AnthropicMessages' || operation.startsWith('OpenAI')
}

/**
 * Defers work until the answer has been sent, so that the caller does not wait for it. A failure is logged.
 *
 * @param name name in the log, e.g. `ActivityLog`
 */
export type Defer = (name: string, task: () => Promise<void>) => void

/** Usage of one call, as Bedrock states it. Members that Bedrock does not state are absent. */
export interface Usage {
  /** Input tokens that were neither read from nor written to a cache. */
  readonly inputTokens?: number
  readonly outputTokens?: number
  readonly cacheReadInputTokens?: number
  /** All tokens that were written to a cache. */
  readonly cacheWriteInputTokens?: number
  readonly stopReason?: string
}

/** Usage with all facts that the price of a call depends on. */
export interface DetailedUsage extends Usage {
  /** Part of the input tokens that was speech. */
  readonly inputSpeechTokens?: number
  /** Part of the output tokens that was speech. */
  readonly outputSpeechTokens?: number
  /** Tokens written to a cache for five minutes. */
  readonly cacheWrite5mInputTokens?: number
  /** Tokens written to a cache for an hour. */
  readonly cacheWrite1hInputTokens?: number
  /** Service tier that served the call: `default`, `flex`, `priority`, `reserved`. */
  readonly serviceTier?: string
  /** `standard` or `optimized`. */
  readonly latency?: string
}

/** Reduces a usage to the members that logs, metrics, events and jobs show. */
export function summarizeUsage(usage: DetailedUsage): Usage {
  const { inputTokens, outputTokens, cacheReadInputTokens, cacheWriteInputTokens, stopReason } = usage
  return {
    ...(inputTokens !== undefined && { inputTokens }),
    ...(outputTokens !== undefined && { outputTokens }),
    ...(cacheReadInputTokens !== undefined && { cacheReadInputTokens }),
    ...(cacheWriteInputTokens !== undefined && { cacheWriteInputTokens }),
    ...(stopReason !== undefined && { stopReason }),
  }
}

/** Counts the tokens written to a cache for an unknown time. */
export function unknownCacheWrites(usage: DetailedUsage): number {
  const { cacheWriteInputTokens = 0, cacheWrite5mInputTokens = 0, cacheWrite1hInputTokens = 0 } = usage
  return Math.max(0, cacheWriteInputTokens - cacheWrite5mInputTokens - cacheWrite1hInputTokens)
}

/** Target of an answer: Lambda's response stream, which has the methods of a Writable but not its class. */
export type Sink = Pick<Writable, 'write' | 'end' | 'on'>

/** A streaming reply. Its status and headers are final. */
export interface StreamReply {
  readonly statusCode: number
  readonly headers: Readonly<Record<string, string>>
  /**
   * Writes the whole stream and ends the sink.
   *
   * @param remainingMs milliseconds until the function must have ended
   */
  forward(sink: Sink, remainingMs: number): Promise<StreamEnd>
}

/** Facts about a stream that has ended. */
export interface StreamEnd {
  /**
   * `complete`: the model ended it. `client-gone`: the caller closed the connection. Otherwise the type of the error sent.
   */
  readonly ended: string
  readonly events: number
  /** Time from the first event to the first part of the answer, in milliseconds; absent if no part came. */
  readonly begunAfterMs?: number
  /** Time from the first event to the last, in milliseconds. */
  readonly streamingMs: number
  readonly usage: Usage
  /** Cause of a broken stream, for the log; absent if Bedrock reported it in the stream. */
  readonly cause?: unknown
}
